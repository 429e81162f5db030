import type { Idea } from '../support/attack.js';

/** What is local to a transaction ends with it, whoever ends it. */
export const transactions: Idea = {
  name: 'transaction control',
  about: 'the transaction ended, begun, split, prepared or set from inside',
  attacks: [
    {
      name: 'COMMIT, and then as the login',
      text: `commit; update payroll set holder = 'kept'`,
      aim: 'session',
      raw: { where: 'apart', next: ['rollback; select distinct holder from payroll', /kept/] },
    },
    {
      name: 'COMMIT',
      text: `commit`,
      aim: 'session',
      raw: { next: ['rollback', /no transaction in progress/] },
    },
    {
      name: 'ROLLBACK, which takes the local settings along',
      text: `rollback`,
      aim: 'session',
      raw: { next: ['show statement_timeout', /"0"/] },
    },
    {
      name: 'ABORT',
      text: `abort`,
      aim: 'session',
      raw: { next: ['rollback', /no transaction in progress/] },
    },
    {
      name: 'COMMIT AND CHAIN',
      text: `commit and chain`,
      aim: 'session',
      raw: { next: ['show statement_timeout', /"0"/] },
    },
    {
      name: 'END',
      text: `end transaction`,
      aim: 'session',
      raw: { next: ['rollback', /no transaction in progress/] },
    },
    {
      name: 'BEGIN, which keeps the transaction open past the call',
      text: `begin`,
      aim: 'session',
      raw: { where: 'session', next: [`savepoint here`, /\[\]/] },
    },
    {
      name: 'START TRANSACTION READ WRITE',
      text: `start transaction isolation level serializable read write`,
      aim: 'writes',
      raw: { where: 'session', next: ['show transaction_isolation', /serializable/] },
    },
    {
      name: 'SAVEPOINT',
      text: `savepoint mine`,
      aim: 'session',
      raw: { next: ['rollback to savepoint mine', /\[\]/] },
    },
    {
      name: 'ROLLBACK TO a savepoint of the driver’s',
      text: `rollback to savepoint attack`,
      aim: 'session',
      raw: { state: 'ok' },
    },
    { name: 'RELEASE of one', text: `release savepoint attack`, aim: 'session', raw: { state: 'ok' } },
    {
      name: 'PREPARE TRANSACTION, which leaves it to somebody else',
      text: `prepare transaction 'orphan'`,
      aim: 'session',
      raw: { refused: '55000' },
    },
    {
      name: 'COMMIT PREPARED',
      text: `commit prepared 'orphan'`,
      aim: 'writes',
      raw: { where: 'session', state: '42704' },
    },
    {
      name: 'SET TRANSACTION READ WRITE',
      text: `set transaction read write`,
      aim: 'writes',
      raw: { moot: 'a product’s own transactions are not read-only' },
    },
    {
      name: 'SET TRANSACTION SNAPSHOT of another session',
      text: `set transaction snapshot '00000003-0000001B-1'`,
      aim: 'rows',
      raw: { refused: '25001' },
    },
    {
      name: 'a snapshot exported for another session',
      text: `select pg_export_snapshot()`,
      aim: 'session',
      raw: { where: 'session', says: /[0-9A-F]{8}-/ },
    },
    {
      name: 'SET SESSION CHARACTERISTICS',
      text: `set session characteristics as transaction read only`,
      aim: 'session',
      raw: {
        where: 'session',
        next: [`update ticket set status = status where id = 1`, /read-only transaction/],
      },
    },
    { name: 'SET CONSTRAINTS', text: `set constraints all deferred`, aim: 'session', raw: { state: 'ok' } },
    {
      name: 'a transaction number drawn',
      text: `select pg_current_xact_id(), txid_current()`,
      aim: 'writes',
      raw: { state: 'ok' },
      onlyTheGuard: { what: 'statement', shows: /^\[\["[0-9]+"/ },
    },
  ],
};
