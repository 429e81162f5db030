/**
 * The transaction control of lent code, as what it becomes inside a transaction that is not the code's to end: `begin` a savepoint, `commit`
 * its release, `rollback` a rollback to it.
 */
import type { StatementRecord } from './statement-record.js';
import type { TransactionControl } from './transaction-text.js';

/** What to send in its place, and what the answer is called. */
export interface Mapped {
  readonly text: string;
  readonly command: string;
  /** Called where the server would not have it. */
  failed(): void;
}

/** The savepoint that stands for the code's own transaction. */
const OWN = 'ringfence_own';
/** Savepoints with it are not the code's. */
const RESERVED = /^ringfence_/i;
/** What a transaction of the call is anyway. */
const AS_IT_IS: ReadonlySet<string> = new Set([
  'isolation level read committed',
  'isolation level read uncommitted',
  'read write',
  'not deferrable',
]);
const COMMANDS: ReadonlySet<string> = new Set([
  'BEGIN',
  'START',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT',
  'RELEASE',
]);

/** Whether the server did something to a transaction that {@link mapControl} was not asked for. */
export function isControl(command: string): boolean {
  return COMMANDS.has(command);
}

/** Says no to what a transaction of the call cannot be. Null: it may go to the server as it is. */
export function mapControl(control: TransactionControl, record: StatementRecord): Mapped | Error | null {
  const nothing = (): void => {};
  switch (control.kind) {
    case 'begin': {
      const other = control.modes.find((mode) => !AS_IT_IS.has(mode));
      if (other !== undefined) return otherMode(other);
      if (record.has(OWN)) {
        return new Error(
          'A transaction is open on this connection already, and there is one connection in a call: use a savepoint inside of it, or begin when it has ended.',
        );
      }
      return { text: `savepoint ${OWN}`, command: 'BEGIN', failed: record.savepoint(OWN) };
    }
    case 'commit':
      if (!record.has(OWN)) return notYours();
      record.release(OWN);
      if (!control.chain) return { text: `release savepoint ${OWN}`, command: 'COMMIT', failed: nothing };
      return {
        text: `release savepoint ${OWN}; savepoint ${OWN}`,
        command: 'COMMIT',
        failed: record.savepoint(OWN),
      };
    case 'rollback': {
      if (!record.has(OWN)) return notYours();
      record.rollbackTo(OWN);
      const back = `rollback to savepoint ${OWN}`;
      if (control.chain) return { text: back, command: 'ROLLBACK', failed: nothing };
      record.release(OWN);
      return { text: `${back}; release savepoint ${OWN}`, command: 'ROLLBACK', failed: nothing };
    }
    case 'savepoint':
      if (RESERVED.test(control.name)) return reserved(control.name);
      return {
        text: `savepoint ${quoted(control.name)}`,
        command: 'SAVEPOINT',
        failed: record.savepoint(control.name),
      };
    case 'release':
      if (RESERVED.test(control.name)) return reserved(control.name);
      record.release(control.name);
      return { text: `release savepoint ${quoted(control.name)}`, command: 'RELEASE', failed: nothing };
    case 'rollback_to':
      if (RESERVED.test(control.name)) return reserved(control.name);
      record.rollbackTo(control.name);
      return { text: `rollback to savepoint ${quoted(control.name)}`, command: 'ROLLBACK', failed: nothing };
    case 'set': {
      const other = control.modes.find((mode) => !AS_IT_IS.has(mode));
      return other === undefined ? null : otherMode(other);
    }
    case 'prepared':
      return new Error('Two-phase commit is not for a call: it commits with its event.');
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function otherMode(mode: string): Error {
  return new Error(
    `The transaction is the call's, read committed, and cannot be made "${mode}": lock the rows that must not change (select … for update).`,
  );
}

function notYours(): Error {
  return new Error('The transaction belongs to the call: throw to take it back, return to commit it.');
}

function reserved(name: string): Error {
  return new Error(`A savepoint cannot be called ${name}: names that begin with ringfence_ are taken.`);
}
