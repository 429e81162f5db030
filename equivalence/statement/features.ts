/** What a statement is made of. */
import type { Expr, From, Query } from './ast.js';

/** What the statement is made of, by the names that are counted. */
export function featuresOf(query: Query): ReadonlySet<string> {
  const found = new Set<string>();
  const visitExpr = (expr: Expr): void => {
    if (expr.node === 'literal') found.add(`literal ${expr.type.kind}`);
    if (expr.node !== 'form') return;
    found.add(expr.feature);
    for (const part of expr.parts) {
      if (typeof part === 'string' || part.node === 'every') continue;
      if (part.node === 'select' || part.node === 'combined' || part.node === 'values') visit(part);
      else visitExpr(part);
    }
  };
  const visitFrom = (from: From): void => {
    if (from.node === 'join') {
      const { on } = from;
      found.add(
        `${on === 'natural' ? 'natural ' : on !== null && !('node' in on) ? 'using ' : ''}${from.how} join`,
      );
      if (on !== null && on !== 'natural' && 'node' in on) visitExpr(on);
      visitFrom(from.left);
      visitFrom(from.right);
    } else if (from.node === 'derived') {
      found.add(from.lateral ? 'lateral' : 'subquery in FROM');
      visit(from.query);
    } else if (from.node === 'function') {
      found.add(`${from.call.feature} in FROM`);
      visitExpr(from.call);
    } else if (from.node === 'table' && from.product !== null) found.add("product's name");
  };
  const visit = (one: Query): void => {
    for (const common of one.commons) {
      found.add(
        one.recursive
          ? 'recursive'
          : common.materialized === null
            ? 'with'
            : common.materialized
              ? 'with materialized'
              : 'with not materialized',
      );
      visit(common.query);
    }
    if (one.ordering !== null)
      found.add(one.ordering.ties ? 'with ties' : one.ordering.limit === null ? 'order by' : 'limit');
    if (one.ordering?.offset) found.add('offset');
    if (one.ordering !== null) found.add(`order by ${one.ordering.by}`);
    if (one.node === 'combined') {
      found.add(`${one.how}${one.all ? ' all' : ''}`);
      visit(one.left);
      visit(one.right);
    } else if (one.node === 'values') {
      found.add('values');
      one.rows.flat().forEach(visitExpr);
    } else {
      if (one.distinct !== null) found.add(one.distinct === 'all' ? 'distinct' : 'distinct on');
      if (one.star !== null) found.add('star');
      if (one.group !== null)
        found.add(
          one.group.sets === null
            ? 'group by'
            : typeof one.group.sets === 'string'
              ? one.group.sets
              : 'grouping sets',
        );
      if (one.having !== null) found.add('having');
      if (one.from !== null) visitFrom(one.from);
      const parts = [...one.items.map(({ expr }) => expr), one.where, one.having, ...(one.group?.keys ?? [])];
      for (const expr of parts) if (expr !== null) visitExpr(expr);
    }
  };
  visit(query);
  return found;
}
