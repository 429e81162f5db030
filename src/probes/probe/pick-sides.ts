/** Which two tenants a run stands between, and as whom, where nobody says. Read by an administrator. */
import { quoteIdent, quoteName } from '../../compile/quote.js';
import type { Administrator } from '../../database/administrator.js';
import { RingfenceError } from '../../errors.js';
import type { CompiledPolicy, PolicyTable, ScopeColumn } from '../../policy/compiled.js';
import { Values } from './inside.js';
import type { Sides } from './knowledge.js';
import type { Side } from './side.js';

export interface SidesAsked {
  /** None, or two: ours first. */
  readonly tenants: readonly string[];
  readonly workspace?: string;
  readonly user?: string;
}

/** Tenants that are looked at before two are chosen. */
const LOOKED_AT = 40;
/** What stands for a user where no row belongs to one. */
const NOBODY = 'ringfence-probe';

/**
 * The two tenants that were named, or the two with rows in the most tables; in each the workspace and the user with the most rows.
 * @throws {RingfenceError} `config_invalid` where there are not two.
 */
export async function pickSides(
  administrator: Pick<Administrator, 'query'>,
  policy: CompiledPolicy,
  asked: SidesAsked,
): Promise<Sides> {
  const tenants = asked.tenants.length > 0 ? asked.tenants : await likelyTenants(administrator, policy);
  const [ours, theirs] = tenants;
  if (ours === undefined || theirs === undefined || ours === theirs) throw notTwo();
  const side = async (name: Side['name'], tenant: string): Promise<Side> => ({
    name,
    tenant,
    ...(await somebodyOf(administrator, policy, tenant, name === 'ours' ? asked : {})),
  });
  return { ours: await side('ours', ours), theirs: await side('theirs', theirs) };
}

function notTwo(): RingfenceError {
  return new RingfenceError('config_invalid', 'There are no two tenants to stand between.', {
    suggestion:
      'Name two with --tenant A --tenant B; on a staging database, --plant makes two and takes them away again.',
  });
}

interface TenantColumn {
  readonly table: PolicyTable;
  readonly column: ScopeColumn;
}

function tenantColumns({ tables }: CompiledPolicy): readonly TenantColumn[] {
  return [...tables.values()].flatMap((table) =>
    table.scope.kind === 'scoped'
      ? table.scope.columns.filter(({ axis }) => axis === 'tenant').map((column) => ({ table, column }))
      : [],
  );
}

async function likelyTenants(
  administrator: Pick<Administrator, 'query'>,
  policy: CompiledPolicy,
): Promise<readonly string[]> {
  const columns = tenantColumns(policy);
  const scores = new Map<string, number>();
  for (const { table, column } of columns) {
    if (scores.size >= LOOKED_AT) break;
    for (const tenant of await distinctValues(administrator, table, column)) scores.set(tenant, 0);
  }
  for (const { table, column } of columns) {
    const values = new Values();
    const list = values.add([...scores.keys()]);
    const { rows } = await administrator.query(
      `select c from unnest(${list}::pg_catalog.text[]) c
       where exists (select from ${quoteName(table.schema, table.table)} t where t.${quoteIdent(column.column)} = c::${column.castType})`,
      values.list,
    );
    for (const { c } of rows) scores.set(String(c), (scores.get(String(c)) ?? 0) + 1);
  }
  return [...scores]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, 2)
    .map(([tenant]) => tenant);
}

/** The first values of a column, each found from the one before it: an index serves this, however many rows there are. */
async function distinctValues(
  administrator: Pick<Administrator, 'query'>,
  table: PolicyTable,
  { column }: ScopeColumn,
): Promise<readonly string[]> {
  const from = quoteName(table.schema, table.table);
  const name = quoteIdent(column);
  const { rows } = await administrator.query(
    `with recursive found (v, n) as (
       (select ${name}, 1 from ${from} where ${name} is not null order by ${name} limit 1)
       union all
       select (select t.${name} from ${from} t where t.${name} > found.v order by t.${name} limit 1), found.n + 1
       from found where found.v is not null and found.n < ${LOOKED_AT}
     ) select v::pg_catalog.text as v from found where v is not null`,
  );
  return rows.map(({ v }) => String(v));
}

/** The workspace and the user whose rows are the most, among the tables that know such. */
async function somebodyOf(
  administrator: Pick<Administrator, 'query'>,
  policy: CompiledPolicy,
  tenant: string,
  asked: Pick<SidesAsked, 'workspace' | 'user'>,
): Promise<Pick<Side, 'workspace' | 'user'>> {
  const most = async (
    axis: 'workspace' | 'user',
    within: { readonly workspace?: string },
  ): Promise<string | null> => {
    for (const table of policy.tables.values()) {
      const { scope } = table;
      if (scope.kind !== 'scoped') continue;
      const own = scope.columns.find((column) => column.axis === axis);
      const owner = scope.columns.find((column) => column.axis === 'tenant');
      if (own === undefined || owner === undefined) continue;
      const room = scope.columns.find((column) => column.axis === 'workspace');
      const values = new Values();
      const conditions = [
        `${quoteIdent(owner.column)} = ${values.add(tenant)}::${owner.castType}`,
        `${quoteIdent(own.column)} is not null`,
        ...(within.workspace === undefined || room === undefined
          ? []
          : [`${quoteIdent(room.column)} = ${values.add(within.workspace)}::${room.castType}`]),
      ];
      const { rows } = await administrator.query(
        `select v from (select ${quoteIdent(own.column)}::pg_catalog.text as v from ${quoteName(table.schema, table.table)}
         where ${conditions.join(' and ')} limit 1000) few group by v order by count(*) desc, v limit 1`,
        values.list,
      );
      if (rows[0] !== undefined) return String(rows[0].v);
    }
    return null;
  };
  const workspace = asked.workspace ?? (await most('workspace', {}));
  const user = asked.user ?? (await most('user', workspace === null ? {} : { workspace }));
  return { workspace, user: user ?? NOBODY };
}
