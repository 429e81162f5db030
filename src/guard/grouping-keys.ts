/** The expressions of a SELECT that others of it must be equal to. */
import type { Node, ResTarget, SelectStmt } from 'libpg-query';

/** What it groups by or is distinct in, but for bare columns, and constants: those are positions or not compared. */
export function groupingKeys(select: SelectStmt): Node[] {
  const { groupClause = [], distinctClause = [], targetList = [], sortClause } = select;
  const targets = targetList.flatMap((target) => ('ResTarget' in target ? [target.ResTarget] : []));
  const keys = flattened(groupClause).flatMap((key) => [key, ...targetsMeant(key, targets)]);
  keys.push(...flattened(distinctClause));
  // With DISTINCT, ORDER BY may have expressions of the select list alone.
  if (distinctClause.length > 0 && sortClause !== undefined) keys.push(...values(targets));
  return keys.filter((key) => !('A_Const' in key || 'ColumnRef' in key));
}

/** The entries of a GROUP BY or DISTINCT ON, out of grouping sets and rows. DISTINCT without ON is a list with a gap in it. */
function flattened(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => {
    if ('GroupingSet' in node) return flattened(node.GroupingSet.content ?? []);
    if ('RowExpr' in node) return flattened(node.RowExpr.args ?? []);
    return Object.keys(node).length === 0 ? [] : [node];
  });
}

/** The results that an entry of GROUP BY may stand for, by its position or its name. */
function targetsMeant(key: Node, targets: readonly ResTarget[]): Node[] {
  if ('A_Const' in key) {
    const position = key.A_Const.ival?.ival ?? 0;
    // A star before it shifts the positions: then it may be any.
    const shifted = targets.slice(0, position).some(({ val }) => val !== undefined && isStar(val));
    return values(shifted ? targets : targets.slice(position - 1, position));
  }
  const [name, ...more] = 'ColumnRef' in key ? (key.ColumnRef.fields ?? []) : [];
  if (name === undefined || more.length > 0 || !('String' in name)) return [];
  return values(targets.filter((target) => target.name === name.String.sval));
}

function values(targets: readonly ResTarget[]): Node[] {
  return targets.flatMap(({ val }) => (val === undefined ? [] : [val]));
}

function isStar(node: Node): boolean {
  if ('A_Indirection' in node) return endsWithStar(node.A_Indirection.indirection);
  return 'ColumnRef' in node && endsWithStar(node.ColumnRef.fields);
}

function endsWithStar(names: readonly Node[] | undefined): boolean {
  const last = names?.at(-1);
  return last !== undefined && 'A_Star' in last;
}
