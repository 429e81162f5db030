import type { SliceTable } from '../../../policy/compiled.js';
import { type Attempt, codeOf, rowsOf } from '../attempt.js';
import type { Probe } from '../contract.js';
import { keyWhere } from '../forge.js';
import { tablesWith } from '../ground.js';

/** `query` with conditions that would hold for rows of others: by key, by tautology, by the tenant's own column. */
export const foreignFilters: Probe = {
  id: 'cross_tenant.filters',
  title: 'conditions that hold for rows outside the boundary',
  advice:
    'Run "ringfence plan": the views and policies of this table are not what the policy makes. "ringfence check" says who else reaches it.',
  none: 'no role has the tool query',
  cases: ({ policy }) =>
    tablesWith(policy, 'query').map(({ role, table }) => ({
      subject: { role: role.name, tool: 'query', table: table.name },
      run: (attempt) => ask(attempt, role.name, table),
    })),
};

async function ask(attempt: Attempt, role: string, table: SliceTable): Promise<void> {
  const { knowledge, theirs, policy } = attempt.ground;
  const known = await knowledge.table(role, table);
  if (known.unread !== undefined) attempt.skip(known.unread);
  const query = async (input: object) => {
    const made = await attempt.call({
      role,
      tool: 'query',
      input: { table: table.name, ...input },
      tables: [table],
    });
    await attempt.rowsAreOurs(made, table, rowsOf(made));
    return made;
  };
  await query({});
  await query({ limit: 1_000_000_000 });
  const outsiders = [...known.foreign, ...known.beside];
  if (outsiders.length > 0) {
    const one = outsiders[0];
    const where = one === undefined ? {} : keyWhere(table, one);
    const found = await query({ where });
    if (rowsOf(found).length > 0) attempt.fault('A row outside the boundary was found by its key.', found);
    const any = await query({ where: { or: outsiders.map((row) => keyWhere(table, row)) } });
    if (rowsOf(any).length > 0) attempt.fault('Rows outside the boundary were found by their keys.', any);
    await query({ where: { or: [where, { not: where }] } });
    await query({ where: { not: { and: [where, { not: where }] } } });
  }
  const scope = policy.tables.get(table.name)?.scope;
  for (const { axis, column } of scope?.kind === 'scoped' ? scope.columns : []) {
    if (axis !== 'tenant') continue;
    const value = theirs.tenant;
    for (const where of [{ [column]: value }, { or: [{ [column]: value }, { not: { [column]: value } }] }]) {
      const made = await query({ where });
      if (made.decision?.decision === 'allowed')
        attempt.fault(`A condition may name the tenant's column ${column}.`, made);
    }
    for (const input of [{ columns: [column] }, { order: [column] }]) {
      const made = await query(input);
      if (made.decision?.decision === 'allowed')
        attempt.fault(`The tenant's column ${column} may be named.`, made);
    }
  }
  for (const beside of [{ tenant: theirs.tenant }, { boundary: { tenant: theirs.tenant } }]) {
    const made = await query(beside);
    if (codeOf(made) !== 'input_invalid')
      attempt.fault('A tenant beside the input was not refused as input_invalid.', made);
  }
}
