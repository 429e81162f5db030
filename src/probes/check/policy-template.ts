/** What row security on a table should say, copied from a table of the same database that has it right. */

import { quoteIdent, quoteName } from '../../compile/quote.js';
import type { PolicyFact, RelationFact } from '../../database/inspect/access.js';
import { printName } from '../../policy/name.js';
import { type Lens, roleSql, type TenantTable } from './lens.js';
import { keepsToTenant } from './policy-scope.js';
import type { World } from './rule.js';

/** A rule for a column of one type: the text with the column at its beginning, `(tenant_id = ( SELECT …))`. */
interface Template {
  readonly rest: string;
  readonly type: string;
  readonly schema: string;
  readonly roles: readonly string[];
  readonly name: string;
}

const templates = new WeakMap<World, readonly Template[]>();

/** The expression that keeps a table to its tenant, where another table of the database shows how; else undefined. */
export function ruleFor(
  world: World,
  lens: Lens,
  of: TenantTable,
): { expression: string; roles: readonly string[]; name: string } | undefined {
  const column = of.tenancy.kind === 'via' ? undefined : of.columns[0];
  if (column === undefined) return undefined;
  const type = columnType(world, of.relation, column);
  const found = templatesOf(world, lens).filter((template) => template.type === type);
  const best = found.find(({ schema }) => schema === of.relation.schema) ?? found[0];
  if (best === undefined) return undefined;
  return { expression: `(${printName([column])} = ${best.rest}`, roles: best.roles, name: best.name };
}

/** Statements that put row security on a table as its neighbours have it; none where there are no neighbours to copy. */
export function fenceLike(world: World, lens: Lens, of: TenantTable): readonly string[] {
  const rule = ruleFor(world, lens, of);
  if (rule === undefined) return [];
  const { relation } = of;
  const on = quoteName(relation.schema, relation.name);
  const taken = new Set(lens.policies(relation).map(({ name }) => name));
  let name = rule.name;
  for (let n = 2; taken.has(name); n += 1) name = `${rule.name}_${n}`;
  return [
    `create policy ${quoteIdent(name)} on ${on} for all to ${rule.roles.map(roleSql).join(', ')} using ${rule.expression} with check ${rule.expression}`,
  ];
}

function templatesOf(world: World, lens: Lens): readonly Template[] {
  const known = templates.get(world);
  if (known !== undefined) return known;
  const counted = new Map<string, { readonly template: Template; count: number }>();
  for (const { relation, tenancy, columns } of lens.tenantTables) {
    const [column] = columns;
    const policies = lens.policies(relation);
    if (tenancy.kind === 'via' || column === undefined || !relation.rowSecurity) continue;
    // A table with an escape beside its rule is no model.
    const row = { table: relation.name, tenantColumns: columns };
    const keeps = (policy: PolicyFact): boolean => {
      const using = lens.expression(policy.using);
      const check = lens.expression(policy.check ?? policy.using);
      return (
        using !== undefined && check !== undefined && keepsToTenant(using, row) && keepsToTenant(check, row)
      );
    };
    const [policy] = policies;
    if (policy === undefined || policies.length > 1 || policy.command !== 'all' || !policy.permissive)
      continue;
    const lead = `(${printName([column])} = `;
    const text = policy.using ?? '';
    if (!keeps(policy) || !text.startsWith(lead)) continue;
    const template: Template = {
      rest: text.slice(lead.length),
      type: columnType(world, relation, column),
      schema: relation.schema,
      roles: policy.roles,
      name: policy.name,
    };
    const key = JSON.stringify([template.rest, template.type, template.schema, template.roles]);
    const before = counted.get(key);
    if (before === undefined) counted.set(key, { template, count: 1 });
    else before.count += 1;
  }
  const found = [...counted.values()].sort((a, b) => b.count - a.count).map(({ template }) => template);
  templates.set(world, found);
  return found;
}

function columnType(world: World, relation: RelationFact, column: string): string {
  const table = tables(world).get(JSON.stringify([relation.schema, relation.name]));
  return table?.get(column) ?? '';
}

const types = new WeakMap<World, ReadonlyMap<string, ReadonlyMap<string, string>>>();

function tables(world: World): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const known = types.get(world);
  if (known !== undefined) return known;
  const made = new Map(
    world.shape.catalog.tables.map((table) => [
      JSON.stringify([table.schema, table.name]),
      new Map(table.columns.map((column) => [column.name, column.castType])),
    ]),
  );
  types.set(world, made);
  return made;
}
