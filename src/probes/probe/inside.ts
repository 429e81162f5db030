/**
 * "Inside a boundary", as SQL over the product's own tables, written here once more and by itself: what the probes measure answers
 * with must not share a mistake with what they measure.
 */
import { quoteIdent, quoteName } from '../../compile/quote.js';
import type { CompiledPolicy, Scope, ScopeAxis } from '../../policy/compiled.js';
import type { Side } from './side.js';

const AXES: readonly ScopeAxis[] = ['tenant', 'workspace', 'user'];

/** Values of a statement, numbered as they come. */
export class Values {
  readonly list: unknown[] = [];

  add(value: unknown): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
}

/** The axes that a role of this reach is held to. */
export function axesWithin(reach: ScopeAxis): ReadonlySet<ScopeAxis> {
  return new Set(AXES.slice(0, AXES.indexOf(reach) + 1));
}

/** The condition that a row of a table, called `alias`, is inside a side's boundary on these axes; `true` where it belongs to nobody. */
export function insideCondition(
  policy: Pick<CompiledPolicy, 'tables'>,
  scope: Scope,
  alias: string,
  { side, axes }: { readonly side: Side; readonly axes: ReadonlySet<ScopeAxis> },
  values: Values,
  depth = 0,
): string {
  if (scope.kind !== 'scoped') return 'true';
  const own = scope.columns
    .filter(({ axis }) => axes.has(axis))
    .map(
      ({ axis, column, castType }) =>
        `${alias}.${quoteIdent(column)} = ${values.add(side[axis])}::${castType}`,
    );
  const parent = scope.via === null ? undefined : policy.tables.get(scope.via.parent);
  if (scope.via !== null && parent !== undefined) {
    const above = `p${depth}`;
    const joined = scope.via.columns.map(
      (column, at) =>
        `${above}.${quoteIdent(scope.via?.parentColumns[at] ?? column)} = ${alias}.${quoteIdent(column)}`,
    );
    const inside = insideCondition(policy, parent.scope, above, { side, axes }, values, depth + 1);
    own.push(
      `exists (select from ${quoteName(parent.schema, parent.table)} ${above} where ${[...joined, inside].join(' and ')})`,
    );
  }
  return own.length === 0 ? 'true' : own.join(' and ');
}

/** Whether anything but the tenant decides about the rows of a table, for a role of this reach. */
export function isNarrower(
  policy: Pick<CompiledPolicy, 'tables'>,
  scope: Scope,
  axes: ReadonlySet<ScopeAxis>,
): boolean {
  if (scope.kind !== 'scoped') return false;
  if (scope.columns.some(({ axis }) => axis !== 'tenant' && axes.has(axis))) return true;
  const parent = scope.via === null ? undefined : policy.tables.get(scope.via.parent);
  return parent !== undefined && isNarrower(policy, parent.scope, axes);
}
