/**
 * Refreshing materialised views. Only a view's owner may refresh it, so each gets one function of its owner's that does that and nothing
 * else; the scheduler in schema `ringfence` calls it, and nobody else may. See `sql/0006_refresh.sql`.
 */
import { RingfenceError } from '../errors.js';
import type { Catalog, CatalogTable } from '../policy/catalog.js';
import type { CompiledPolicy } from '../policy/compiled.js';
import { printName } from '../policy/name.js';
import { CatalogIndex } from './catalog-index.js';
import type { DesiredObject } from './desired-object.js';
import { OWNER_ROLE, refreshFunction } from './names.js';
import { quoteIdent, quoteLiteral, quoteName } from './quote.js';

/**
 * One object for each materialised view that the policy has refreshed.
 *
 * @throws RingfenceError `database_refused` where whoever applies may not act for a view's owner
 */
export function refreshObjects(policy: CompiledPolicy, catalog: Catalog): readonly DesiredObject[] {
  const index = new CatalogIndex(catalog);
  return [...policy.tables.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ schema, table, refreshMinutes }) => {
      if (refreshMinutes === null) return [];
      const view = index.table(schema, table);
      requireOwner(catalog, view);
      return [refreshObject(view, refreshMinutes)];
    });
}

/** A function can only be given to a role that whoever gives it is a member of. */
function requireOwner({ currentUser, currentUserIsSuperuser, roles }: Catalog, view: CatalogTable): void {
  if (currentUserIsSuperuser) return;
  const memberOf = new Map(roles.map((role) => [role.name, role.memberOf]));
  const reached = new Set([currentUser]);
  for (const name of reached) for (const group of memberOf.get(name) ?? []) reached.add(group);
  if (reached.has(view.owner)) return;
  throw new RingfenceError(
    'database_refused',
    `${view.schema}.${view.name} can only be refreshed as its owner, ${view.owner}, and ${currentUser} is no member of that role. Nothing was changed.`,
    {
      suggestion: `Run "grant ${printName([view.owner])} to ${printName([currentUser])}" or apply as a superuser; or take refresh_minutes away, and refresh it elsewhere.`,
    },
  );
}

function refreshObject({ schema, name, owner }: CatalogTable, minutes: number): DesiredObject {
  const routine = refreshFunction(schema, name);
  const signature = `ringfence.${quoteIdent(routine)}()`;
  const view = quoteName(schema, name);
  const row = [schema, name, routine].map(quoteLiteral).join(', ');
  const create = [
    `create function ${signature} returns pg_catalog.void\nlanguage plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp\nas ${quoteLiteral(body(schema, name, view))}`,
    `revoke all on function ${signature} from public`,
    `grant execute on function ${signature} to ${quoteIdent(OWNER_ROLE)}`,
    // PostgreSQL wants the new owner to be able to create in the schema, for as long as this takes.
    `grant create on schema ringfence to ${quoteIdent(owner)}`,
    `alter function ${signature} owner to ${quoteIdent(owner)}`,
    `revoke create on schema ringfence from ${quoteIdent(owner)}`,
    `insert into ringfence.refresh as r (schema_name, view_name, routine, minutes) values (${row}, ${minutes})\non conflict (schema_name, view_name) do update set routine = excluded.routine, minutes = excluded.minutes,\n  due_at = least(r.due_at, r.refreshed_at + pg_catalog.make_interval(mins => excluded.minutes))`,
  ];
  return {
    address: { kind: 'function', schema: 'ringfence', name: routine },
    identity: `ringfence.${quoteIdent(routine)}`,
    create,
    repair: [`drop function if exists ${signature}`, ...create],
    drop: [
      `drop function ${signature}`,
      `delete from ringfence.refresh where schema_name = ${quoteLiteral(schema)} and view_name = ${quoteLiteral(name)}`,
    ],
    for: [owner],
    why: `${schema}.${name} is refreshed every ${minutes} minute${minutes === 1 ? '' : 's'}, as its owner ${owner}; nobody but Ringfence's scheduler may call it`,
  };
}

/** CONCURRENTLY lets readers go on; a view without rows yet has no readers, and cannot be refreshed so. */
function body(schema: string, name: string, view: string): string {
  return `
begin
  if exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${quoteLiteral(schema)} and c.relname = ${quoteLiteral(name)} and c.relispopulated
  ) then
    refresh materialized view concurrently ${view};
  else
    refresh materialized view ${view};
  end if;
end
`;
}
