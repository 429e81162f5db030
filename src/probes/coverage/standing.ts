/** How the rows of one table are kept apart, and for whom. */
import { isOurRole } from '../../compile/names.js';
import type { RelationFact } from '../../database/inspect/access.js';
import type { ShapeTable } from '../../database/inspect/shape.js';
import { printName } from '../../policy/name.js';
import { few, type Lens } from '../check/lens.js';
import type { World } from '../check/rule.js';
import { type TableTenancy, tenancyOf } from '../check/tenancy.js';
import { policiesOn, users, whyUnbound } from './bypass.js';
import { type Bypass, type CoveredTable, type Standing, standingText } from './report.js';

/**
 * @param whole what is said of the table that this one is a part of
 * @param anywhere the logins that nothing binds anywhere
 * @param note told of every login that this table does not bind
 */
export function coveredTable(
  world: World,
  lens: Lens,
  table: ShapeTable,
  whole: CoveredTable | null,
  anywhere: ReadonlySet<string>,
  note: (bypass: Bypass) => void,
): CoveredTable {
  const tenancy = tenancyOf(world.tenancy, table);
  const relation = lens.relation(table);
  const logins = relation === undefined ? [] : users(lens, relation).filter((login) => !anywhere.has(login));
  const columns =
    tenancy.kind === 'column'
      ? [tenancy.column]
      : tenancy.kind === 'via'
        ? tenancy.columns
        : tenancy.kind === 'root'
          ? [tenancy.key]
          : [];
  const base = {
    schema: table.schema,
    name: table.name,
    kind: KINDS[table.kind] ?? 'table',
    tenant: tenantText(tenancy),
    decidedBy: decidedBy(world, table),
    partOf: table.parent === null ? null : printName([table.parent.schema, table.parent.name]),
  } as const;
  const judged = (
    standing: Standing,
    why: string,
    bound: readonly string[] = [],
    unbound: readonly string[] = [],
  ) => ({ ...base, standing, why, bound, unbound }) satisfies CoveredTable;

  if (tenancy.kind === 'shared') return judged('shared', tenancy.why, [], logins);
  if (whole !== null && granted(lens, relation).every((login) => anywhere.has(login))) {
    const holds = whole.standing === 'protected' || whole.standing === 'through_parent';
    // Who owns a part reads it by itself, where only the policies of the whole would be asked.
    if (holds && relation?.rowSecurity === false)
      for (const role of logins)
        note({
          role,
          login: true,
          reason: 'owner',
          why: 'it is the owner of a part that has no row security itself, or can become it',
          tables: null,
        });
    return judged(
      holds ? 'through_parent' : whole.standing,
      `it is reached through ${base.partOf} alone, which is ${standingText(whole.standing)}`,
      [],
      holds ? logins : whole.unbound,
    );
  }
  if (relation !== undefined && logins.length === 0) {
    if (isClosed(world, relation))
      return judged(
        'protected',
        'no login can use it: nothing is granted on it, and nobody can become its owner',
      );
    if (heldBySlices(table, relation))
      return judged('protected', 'only Ringfence’s roles may use it, and their views hold the boundary');
  }
  const only = logins.length === 0 ? '; today no login may use it but those that are listed as bypasses' : '';
  if (tenancy.kind === 'unknown')
    return judged('unprotected', `nobody can say whose its rows are: ${tenancy.why}${only}`, [], logins);
  if (relation === undefined || !relation.rowSecurity)
    return judged(
      'application',
      `${table.kind === 'materialized_view' || table.kind === 'foreign' ? 'PostgreSQL has no row security for it' : 'it has no row security'}: only the product’s own queries ask for ${base.tenant}${only}`,
      [],
      logins,
    );

  const reasons = new Map(logins.map((login) => [login, whyUnbound(world, lens, relation, columns, login)]));
  const unbound = logins.filter((login) => reasons.get(login) !== null);
  const bound = logins.filter((login) => reasons.get(login) === null);
  const open = policiesOn(world, table).some(
    (policy) =>
      policy.roles.includes('public') &&
      unbound.some((login) => reasons.get(login)?.why.startsWith(`policy ${printName([policy.name])} `)),
  );
  if (open && bound.length === 0)
    return judged('application', 'its row security lets everybody through, whosever the row', [], unbound);
  for (const [login, reason] of reasons)
    if (reason !== null) note({ role: login, login: true, ...reason, tables: null });
  const by =
    tenancy.kind === 'via'
      ? 'by its parent’s row'
      : `by ${columns.map((column) => printName([column])).join(', ')}`;
  return judged(
    tenancy.kind === 'via' ? 'through_parent' : 'protected',
    `row security${relation.forceRowSecurity ? ', forced,' : ''} keeps rows apart ${by}${unbound.length === 0 ? '' : `, but not for ${few(unbound)}`}`,
    bound,
    unbound,
  );
}

/** The logins that something was granted to, as against those that own the table. */
function granted(lens: Lens, relation: RelationFact | undefined): readonly string[] {
  return relation === undefined
    ? []
    : lens.holders(relation.grants, ['select', 'insert', 'update', 'delete']);
}

/** A table behind functions: its owner is no login's and no superuser, and nobody else has a right on it. */
function isClosed({ access }: World, { owner, grants }: RelationFact): boolean {
  const role = access.roles.find(({ name }) => name === owner);
  return grants.length === 0 && role !== undefined && !role.superuser && !role.canLogin;
}

/** What has no row security and is served through the slices’ views. */
function heldBySlices({ kind }: ShapeTable, { grants }: RelationFact): boolean {
  return (
    kind === 'materialized_view' && grants.length > 0 && grants.every(({ grantee }) => isOurRole(grantee))
  );
}

const KINDS: Readonly<Partial<Record<ShapeTable['kind'], CoveredTable['kind']>>> = {
  materialized_view: 'materialized view',
  foreign: 'foreign table',
};

function tenantText(tenancy: TableTenancy): string | null {
  switch (tenancy.kind) {
    case 'column':
      return printName([tenancy.column]);
    case 'root':
      return printName([tenancy.key]);
    case 'via':
      return `${tenancy.columns.map((column) => printName([column])).join(', ')} → ${printName([tenancy.parent.schema, tenancy.parent.name])}`;
    default:
      return null;
  }
}

function decidedBy({ policy, tenancy }: World, table: ShapeTable): string {
  if (policy === null)
    return tenancy.source === 'policy'
      ? 'the policy that is applied, which was not given'
      : 'nobody: no policy';
  const top = table.parent ?? table;
  const listed = [...policy.tables.values()].some(
    ({ schema, table: name }) =>
      (schema === top.schema && name === top.name) || (schema === table.schema && name === table.name),
  );
  return listed ? policy.owners.tenant : 'nobody: not in the policy';
}
