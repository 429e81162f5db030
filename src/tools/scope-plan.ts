/**
 * How the rows of one table are tied to a boundary, for one role: worked out once per table.
 *
 * This is the layer above row-level security. The two do not share a cause: here the boundary's values are bind parameters of the
 * statement itself, there the policy compares with the seal.
 */
import { viewName } from '../compile/names.js';
import { quoteIdent, quoteName } from '../compile/quote.js';
import type { CompiledPolicy, CompiledRole, Scope, ScopeAxis, SliceTable } from '../policy/compiled.js';

export interface ScopePlan {
  /** Own columns that must hold the boundary's values. */
  readonly columns: readonly ScopeEquation[];
  readonly via: ScopeThrough | null;
}

export interface ScopeEquation {
  readonly axis: ScopeAxis;
  /** The column, quoted. */
  readonly ident: string;
  readonly castType: string;
}

/** A parent whose key must be among those of the boundary. */
export interface ScopeThrough {
  readonly parent: string;
  /** The child's columns, in the order of `keys`; `idents` are the same, quoted. */
  readonly columns: readonly string[];
  readonly idents: readonly string[];
  /** The scope view, schema-qualified and quoted. */
  readonly view: string;
  /** The parent's key columns, quoted. */
  readonly keys: readonly string[];
  readonly equations: readonly ScopeEquation[];
}

const WIDTH: Readonly<Record<ScopeAxis, number>> = { tenant: 0, workspace: 1, user: 2 };
const AXES: readonly ScopeAxis[] = ['tenant', 'workspace', 'user'];

/** The plan for a table of a role's slice. Axes narrower than the role's reach are left out. */
export function scopePlan(table: SliceTable, role: CompiledRole, policy: CompiledPolicy): ScopePlan {
  if (table.scope.kind !== 'scoped') return { columns: [], via: null };
  const applies = (axis: ScopeAxis) => WIDTH[axis] <= WIDTH[role.reach];
  const columns = table.scope.columns
    .filter(({ axis }) => applies(axis))
    .map(({ axis, column, castType }) => ({ axis, ident: quoteIdent(column), castType }));
  const { via } = table.scope;
  if (via === null) return { columns, via: null };

  const equations: ScopeEquation[] = [];
  for (const axis of AXES.filter(applies)) {
    const castType = axisType(via.parent, axis, policy);
    if (castType !== undefined) equations.push({ axis, ident: quoteIdent(`ringfence_${axis}`), castType });
  }
  return {
    columns,
    via: {
      parent: via.parent,
      columns: via.columns,
      idents: via.columns.map(quoteIdent),
      view: quoteName(role.scopeSchema, viewName(via.parent)),
      keys: via.parentColumns.map(quoteIdent),
      equations,
    },
  };
}

/** The type of an axis as a scope view shows it: the nearest column up the chain of parents. */
function axisType(table: string, axis: ScopeAxis, policy: CompiledPolicy): string | undefined {
  let scope: Scope | undefined = policy.tables.get(table)?.scope;
  while (scope?.kind === 'scoped') {
    const own = scope.columns.find((column) => column.axis === axis);
    if (own !== undefined) return own.castType;
    scope = scope.via === null ? undefined : policy.tables.get(scope.via.parent)?.scope;
  }
  return undefined;
}
