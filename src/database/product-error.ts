/**
 * What an error of the database's means where the product's own code met it. Conditions of the moment are told as for every call, and what the
 * data would not have as that, without a word of PostgreSQL's: which table and which column is the product's business. What only the
 * code can have got wrong stays a failure of the tool's.
 */
import type pg from 'pg';
import { judgeStatementError, type StatementVerdict } from './database-error.js';

const TAKEN: StatementVerdict = {
  kind: 'denied',
  code: 'conflict',
  reason: 'Something with these unique values exists already, and nothing was done.',
  suggestion: 'Look it up, or give other values.',
};
const BROKEN_RULE: StatementVerdict = {
  kind: 'denied',
  code: 'constraint_failed',
  reason: 'The values break a rule of the data, and nothing was done.',
  suggestion: 'Check the ids and the values that you gave.',
};

/** The code did not come to an end. */
export const TOOK_TOO_LONG: StatementVerdict = {
  kind: 'failed',
  code: 'timeout',
  reason: 'The tool took longer than it may, and nothing was done.',
  suggestion: 'Ask for less at a time.',
};

/** Null where it is a fault of the code's, which the operator has to see. */
export function judgeProductError(error: pg.DatabaseError): StatementVerdict | null {
  const state = error.code ?? '';
  if (state === '23505' || state === '23P01') return TAKEN;
  if (state.startsWith('23')) return BROKEN_RULE;
  const verdict = judgeStatementError(error);
  // A trigger of the product's that said no: RAISE, with whatever code.
  if (verdict.code === 'constraint_failed') return verdict;
  const ofTheMoment = /^(08|53|57)|^(40001|40P01|55P03)$/.test(state);
  return ofTheMoment ? verdict : null;
}
