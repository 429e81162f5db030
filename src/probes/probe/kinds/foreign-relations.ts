import type { CompiledRole, Relation, SliceTable } from '../../../policy/compiled.js';
import { type Attempt, rowsOf } from '../attempt.js';
import type { Probe } from '../contract.js';
import { keyWhere } from '../forge.js';
import { tablesWith } from '../ground.js';

/** Relations: what is included must be ours, and `has` must not tell of rows that are not. */
export const foreignRelations: Probe = {
  id: 'cross_tenant.relations',
  title: 'relations that lead to rows outside the boundary',
  advice:
    'A foreign key leads across tenants, or a view was changed: "ringfence check" names such keys, "ringfence plan" such views.',
  none: 'no role with the tool query sees a relation',
  cases: ({ policy }) =>
    tablesWith(policy, 'query')
      .filter(
        ({ role, table }) =>
          role.limits.joinDepth > 0 && table.relations.some((one) => role.tables.has(one.table)),
      )
      .map(({ role, table }) => ({
        subject: { role: role.name, tool: 'query', table: table.name },
        run: (attempt) => ask(attempt, role, table),
      })),
};

async function ask(attempt: Attempt, role: CompiledRole, table: SliceTable): Promise<void> {
  for (const relation of table.relations) {
    const other = role.tables.get(relation.table);
    if (other !== undefined) await follow(attempt, role, table, relation, other);
  }
}

async function follow(
  attempt: Attempt,
  role: CompiledRole,
  table: SliceTable,
  relation: Relation,
  other: SliceTable,
): Promise<void> {
  const known = await attempt.ground.knowledge.table(role.name, other);
  const query = (input: object) =>
    attempt.call({
      role: role.name,
      tool: 'query',
      input: { table: table.name, ...input },
      tables: [table, other],
    });
  const included = await query({ include: { [relation.name]: true }, limit: 50 });
  await attempt.rowsAreOurs(included, table, rowsOf(included));
  await attempt.rowsAreOurs(
    included,
    other,
    rowsOf(included).flatMap((row) => row[relation.name] ?? []),
  );
  const outsiders = [...known.foreign, ...known.beside];
  const [one] = outsiders;
  if (one === undefined) return;
  const has = await query({ where: { has: { [relation.name]: keyWhere(other, one) } } });
  if (rowsOf(has).length > 0)
    attempt.fault(`A row of ${other.name} outside the boundary is told of through a relation.`, has);
  const filtered = await query({
    include: { [relation.name]: { where: { or: outsiders.map((row) => keyWhere(other, row)) } } },
    limit: 50,
  });
  if (rowsOf(filtered).some((row) => isSomething(row[relation.name])))
    attempt.fault(`Rows of ${other.name} outside the boundary came along with others.`, filtered);
}

function isSomething(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined;
}
