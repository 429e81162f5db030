/** What is taken for a lost connection, and what is not: a fault of Ringfence's must stay one. */
import pg from 'pg';
import { expect, it } from 'vitest';
import { lostConnection } from '../../src/database/database-error.js';
import { RingfenceError } from '../../src/errors.js';

function fromServer(code: string, severity = 'ERROR'): Error {
  const error = new pg.DatabaseError('as PostgreSQL says it', 20, 'error');
  return Object.assign(error, { code, severity });
}

it.each([
  ['an administrator ended it', fromServer('57P01', 'FATAL')],
  ['the server starts up or shuts down', fromServer('57P03', 'FATAL')],
  ['a crash of another backend', fromServer('57P02')],
  ['a broken protocol', fromServer('08P01')],
  ['a socket that was reset', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
  ['a socket that closed', new Error('Connection terminated unexpectedly')],
  [
    'a client that had broken before',
    new Error('Client has encountered a connection error and is not queryable'),
  ],
  ['one of these as the cause', new Error('outer', { cause: fromServer('57P01', 'FATAL') })],
])('%s: the connection was lost', (_, error) => {
  expect(lostConnection(error, 'localhost/shop')).toMatchObject({
    code: 'database_lost',
    message: 'The connection to localhost/shop was lost.',
    cause: error,
  });
});

it.each([
  ['a statement that was cancelled', fromServer('57014')],
  ['a right that is not there', fromServer('42501')],
  ['a fault of ours', new TypeError('undefined is not a function')],
  [
    'what has its words already',
    new RingfenceError('policy_unapplied', 'No policy.', { cause: fromServer('57P01', 'FATAL') }),
  ],
])('%s stays what it is', (_, error) => {
  expect(lostConnection(error, 'localhost/shop')).toBe(error);
});
