/** The results of a query, by name, and the order they come in. */
import type { Expr, Item, Key, NamedColumn, Ordering } from '../statement/ast.js';
import type { Maker } from './maker.js';

export function maybeOrdering(maker: Maker, results: number): Ordering | null {
  const { random } = maker;
  if (random.chance(0.6)) return null;
  const ties = random.chance(0.06);
  const keys = someKeys(maker, results);
  const by = random.pick(['position', 'position', 'name', 'expression'] as const);
  if (ties && keys.length > 0) return { keys, limit: random.between(1, 10), offset: null, ties, by };
  const limit = random.chance(0.4) ? random.pick([1, 2, 3, 5, 10, 25, 0]) : null;
  return { keys, limit, offset: random.chance(0.15) ? random.between(0, 5) : null, ties: false, by };
}

export function someKeys(maker: Maker, results: number): Key[] {
  const { random } = maker;
  const all = Array.from({ length: results }, (_, at) => at);
  return random.shuffled(random.some(all)).map((at) => ({
    at,
    descending: random.chance(0.4),
    nulls: random.pick([null, null, 'first', 'last'] as const),
  }));
}

export function item(at: number, expr: Expr): Item {
  return { name: `c${at + 1}`, expr };
}

export function named(items: readonly Item[]): NamedColumn[] {
  return items.map(({ name, expr }) => ({ name, type: expr.type }));
}
