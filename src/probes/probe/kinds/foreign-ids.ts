import type { SliceTable } from '../../../policy/compiled.js';
import { type Attempt, codeOf, faceOf } from '../attempt.js';
import type { Probe } from '../contract.js';
import { absentId, idOf } from '../forge.js';
import { tablesWith } from '../ground.js';

/** `get` with ids of the other tenant's: found nothing, in the same words as for an id that nobody has. */
export const foreignIds: Probe = {
  id: 'cross_tenant.ids',
  title: 'ids of rows outside the boundary, asked for one by one',
  advice:
    'Run "ringfence plan": the views and policies of this table are not what the policy makes. "ringfence check" says who else reaches it.',
  none: 'no role has the tool get',
  cases: ({ policy }) =>
    tablesWith(policy, 'get').map(({ role, table }) => ({
      subject: { role: role.name, tool: 'get', table: table.name },
      run: (attempt) => ask(attempt, role.name, table),
    })),
};

/** Rows of each kind that are tried. */
const TRIED = 3;

async function ask(attempt: Attempt, role: string, table: SliceTable): Promise<void> {
  const known = await attempt.ground.knowledge.table(role, table);
  if (table.primaryKey.length === 0) attempt.skip('the role sees no key of it');
  if (known.unread !== undefined) attempt.skip(known.unread);
  const rows = [...known.foreign.slice(0, TRIED), ...known.beside.slice(0, TRIED)];
  if (rows.length === 0) attempt.skip('there is no row outside the boundary with a key of its own');
  for (const row of rows) {
    const asking = { role, tool: 'get', tables: [table] };
    const made = await attempt.call({ ...asking, input: { table: table.name, id: idOf(table, row) } });
    if (codeOf(made) !== 'not_found') {
      attempt.fault('A row outside the boundary was not answered with not_found.', made);
      continue;
    }
    const absent = absentId(table, row);
    if (absent === null) continue;
    const none = await attempt.call({ ...asking, input: { table: table.name, id: absent } });
    if (faceOf(none) !== faceOf(made))
      attempt.fault('A row that is hidden and a row that is not there are answered differently.', [
        made,
        none,
      ]);
  }
}
