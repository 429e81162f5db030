/** How many rows a statement may fetch: the limit of the role and one more, which tells whether there are more. */
import type { A_Const, Node, SelectStmt } from 'libpg-query';

/**
 * Limits the statement as a whole, in place: its own limit if that is lower, whatever it is an expression of. WITH TIES stays: it may
 * give more rows, which the executor cuts.
 */
export function limitRows(select: SelectStmt, rows: number): void {
  const limit = rows + 1;
  const own = select.limitCount;
  if (select.limitOption !== 'LIMIT_OPTION_WITH_TIES') select.limitOption = 'LIMIT_OPTION_COUNT';
  if (own === undefined) select.limitCount = integer(limit);
  else if ('A_Const' in own) select.limitCount = lowerConstant(own.A_Const, limit) ?? least(own, limit);
  else select.limitCount = least(own, limit);
}

/** Undefined for a constant that PostgreSQL must read first: a text, a fraction. */
function lowerConstant({ isnull, ival, fval }: A_Const, limit: number): Node | undefined {
  if (isnull === true) return integer(limit);
  if (ival !== undefined) return integer(Math.min(ival.ival ?? 0, limit));
  // An integer that does not fit into four bytes.
  if (fval?.fval !== undefined && /^\d+$/.test(fval.fval)) return integer(limit);
  return undefined;
}

/** LIMIT casts to bigint as an assignment does, and NULL is no limit: LEAST passes it over. */
function least(own: Node, limit: number): Node {
  const bigint = {
    names: [{ String: { sval: 'pg_catalog' } }, { String: { sval: 'int8' } }],
    typemod: -1,
  };
  return {
    MinMaxExpr: {
      op: 'IS_LEAST',
      args: [{ TypeCast: { arg: own, typeName: bigint } }, integer(limit)],
    },
  };
}

function integer(value: number): Node {
  return { A_Const: { ival: value === 0 ? {} : { ival: value } } };
}
