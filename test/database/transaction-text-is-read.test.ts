/** What lent code says of transactions is understood as PostgreSQL understands it; everything else goes to the server as it is. */
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { transactionControl } from '../../src/database/transaction-text.js';

const parser = createRequire(import.meta.url)('libpg-query') as typeof import('libpg-query');
beforeAll(() => parser.loadModule());

/** PostgreSQL's own reading of the same text. */
function asPostgresReads(text: string): { readonly kind: string; readonly name: string } | null {
  const { stmts = [] } = parser.parseSync(text);
  const statement = stmts[0]?.stmt as
    | {
        TransactionStmt?: { kind: string; savepoint_name?: string };
        VariableSetStmt?: { kind: string; name: string };
      }
    | undefined;
  if (stmts.length !== 1 || statement === undefined) return null;
  const { TransactionStmt: control, VariableSetStmt: set } = statement;
  if (set?.kind === 'VAR_SET_MULTI' && set.name !== 'TRANSACTION SNAPSHOT') return { kind: 'set', name: '' };
  if (control === undefined) return null;
  const kinds: Readonly<Record<string, string>> = {
    TRANS_STMT_BEGIN: 'begin',
    TRANS_STMT_START: 'begin',
    TRANS_STMT_COMMIT: 'commit',
    TRANS_STMT_ROLLBACK: 'rollback',
    TRANS_STMT_SAVEPOINT: 'savepoint',
    TRANS_STMT_RELEASE: 'release',
    TRANS_STMT_ROLLBACK_TO: 'rollback_to',
    TRANS_STMT_PREPARE: 'prepared',
    TRANS_STMT_COMMIT_PREPARED: 'prepared',
    TRANS_STMT_ROLLBACK_PREPARED: 'prepared',
  };
  return { kind: kinds[control.kind] ?? '', name: control.savepoint_name ?? '' };
}

const TEXTS = [
  'begin',
  'BEGIN;',
  '  begin  work ; ',
  'begin transaction',
  'begin isolation level serializable, read only, not deferrable',
  'start transaction',
  'start transaction read write',
  '/* a /* nested */ comment */ begin -- and more',
  'commit',
  'commit and no chain',
  'commit work and chain',
  'end',
  'end transaction',
  'abort',
  'abort work',
  'rollback',
  'rollback and chain',
  'rollback to a',
  'rollback to savepoint a',
  'rollback work to savepoint a',
  'rollback transaction to "A ""b"""',
  'savepoint a',
  'savepoint "Mixed Case"',
  'SAVEPOINT Upper',
  'release a',
  'release savepoint "x y"',
  "prepare transaction 'a'",
  "commit prepared 'a'",
  "rollback prepared 'a'",
  'set transaction isolation level serializable',
  'set local transaction isolation level repeatable read',
  'set session characteristics as transaction read only',
  // Something else.
  'select 1',
  'commit; select 1',
  'select 1; commit',
  'prepare a as select 1',
  "set work_mem = '1MB'",
  'set local transaction_read_only = on',
  'set session authorization default',
  "select 'commit'",
  'set constraints all immediate',
  'do $$ begin commit; end $$',
  'update begin_here set a = 1',
];

describe('a text of transaction control', () => {
  it.each(TEXTS)('%s', (text) => {
    const read = transactionControl(text);
    const told = read === null ? null : { kind: read.kind, name: 'name' in read ? read.name : '' };
    expect(told).toEqual(asPostgresReads(text));
  });

  it('tells its modes, and whether another follows', () => {
    expect(transactionControl('begin isolation level serializable, read only deferrable')).toEqual({
      kind: 'begin',
      modes: ['isolation level serializable', 'read only', 'deferrable'],
    });
    expect(transactionControl('start transaction')).toEqual({ kind: 'begin', modes: [] });
    expect(transactionControl('commit and chain')).toEqual({ kind: 'commit', chain: true });
    expect(transactionControl('commit and no chain')).toEqual({ kind: 'commit', chain: false });
    expect(transactionControl('set session characteristics as transaction read only')).toEqual({
      kind: 'set',
      modes: ['read only'],
    });
  });
});
