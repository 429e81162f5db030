import type { SliceTable } from '../../../policy/compiled.js';
import { kindOf } from '../../../policy/value.js';
import { type Attempt, rowsOf } from '../attempt.js';
import type { Probe } from '../contract.js';
import { keyWhere } from '../forge.js';
import { tablesWith } from '../ground.js';

/** Counts, groups and extremes over rows that are not ours. */
export const foreignAggregates: Probe = {
  id: 'cross_tenant.aggregates',
  title: 'counts, groups and extremes over rows outside the boundary',
  advice:
    'Run "ringfence plan": the views and policies of this table are not what the policy makes. "ringfence check" says who else reaches it.',
  none: 'no role has the tool aggregate',
  cases: ({ policy }) =>
    tablesWith(policy, 'aggregate').map(({ role, table }) => ({
      subject: { role: role.name, tool: 'aggregate', table: table.name },
      run: (attempt) => ask(attempt, role.name, table),
    })),
};

/** Columns of a table that are grouped by. */
const GROUPED = 4;

async function ask(attempt: Attempt, role: string, table: SliceTable): Promise<void> {
  const { knowledge, policy } = attempt.ground;
  const known = await knowledge.table(role, table);
  if (known.unread !== undefined) attempt.skip(known.unread);
  const aggregate = (input: object) =>
    attempt.call({ role, tool: 'aggregate', input: { table: table.name, ...input }, tables: [table] });
  const count = [{ fn: 'count' }];

  const before = await knowledge.count(role, table);
  const all = await aggregate({ metrics: count });
  const after = before === null ? null : await knowledge.count(role, table);
  const told = rowsOf(all)[0]?.count;
  // Whoever writes meanwhile changes what is right.
  if (told !== undefined && before !== null && before === after && Number(told) !== before)
    attempt.fault(`The count of ${table.name} is not the number of rows inside the boundary.`, all);

  const outsiders = [...known.foreign, ...known.beside];
  if (outsiders.length > 0) {
    const made = await aggregate({
      metrics: count,
      where: { or: outsiders.map((row) => keyWhere(table, row)) },
    });
    if (Number(rowsOf(made)[0]?.count ?? 0) !== 0)
      attempt.fault(`Rows of ${table.name} outside the boundary were counted.`, made);
  }
  const asked = table.columns.filter((column) => column.mask === null && kindOf(column) !== 'opaque');
  for (const { name } of asked.filter((column) => known.telling.has(column.name)).slice(0, GROUPED)) {
    const grouped = await aggregate({ metrics: count, group_by: [name] });
    await attempt.rowsAreOurs(grouped, table, rowsOf(grouped));
    const extremes = await aggregate({
      metrics: [
        { fn: 'min', column: name, as: 'least' },
        { fn: 'max', column: name, as: 'most' },
      ],
    });
    const seen = rowsOf(extremes).flatMap(({ least, most }) => [String(least), String(most)]);
    if (seen.some((text) => known.telling.get(name)?.has(text)))
      attempt.fault(`An extreme of ${table.name}.${name} is the other tenant's.`, extremes, seen);
  }
  const scope = policy.tables.get(table.name)?.scope;
  for (const { axis, column } of scope?.kind === 'scoped' ? scope.columns : []) {
    if (axis !== 'tenant') continue;
    const made = await aggregate({ metrics: count, group_by: [column] });
    if (made.decision?.decision === 'allowed')
      attempt.fault(`Rows may be grouped by the tenant's column ${column}.`, made);
  }
}
