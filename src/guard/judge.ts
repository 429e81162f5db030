/**
 * Whether one SELECT may be run, and what each name in it means. Everything is refused that is not known: nodes, fields, functions, types,
 * tables. Pure, and a function of its arguments alone.
 */
import type { SelectStmt } from 'libpg-query';
import type { Denial } from '../errors.js';
import { orDenial } from '../refusal.js';
import { expressionRules } from './judge/expressions.js';
import { Judging, ruleBook } from './judge/judging.js';
import { Scope } from './judge/scope.js';
import { selectRules } from './judge/select.js';
import type { Judged } from './judged.js';
import type { GuardSlice } from './slice.js';

const RULES = ruleBook({ ...expressionRules, ...selectRules });

/**
 * Judges a SELECT that {@link parseSelect} read. `text` is what it read it from: refusals name places in it.
 */
export function judge(select: SelectStmt, slice: GuardSlice, text: string): Judged | Denial {
  return orDenial(() => {
    const judging = new Judging(slice, text, RULES);
    judging.unwrapped('SelectStmt', select, new Scope());
    return {
      select,
      tables: judging.tables,
      functions: judging.functions,
      types: judging.types,
      touched: {
        tables: [...judging.touchedTables].sort(),
        columns: [...judging.touchedColumns].sort(),
      },
      cacheable: judging.cacheable,
    };
  });
}
