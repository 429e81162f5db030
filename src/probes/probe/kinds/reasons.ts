import type { CompiledRole, SliceTable } from '../../../policy/compiled.js';
import { type Attempt, codeOf } from '../attempt.js';
import type { Probe } from '../contract.js';
import { mayWrite } from '../ground.js';

const WRITES = ['create', 'update', 'delete'] as const;

/** Writes that do not say why, where the policy wants to know. */
export const reasons: Probe = {
  id: 'reasons',
  title: 'writes without a reason, where the policy requires one',
  advice:
    'The gate that answered does not enforce this policy: look at which version of Ringfence runs, and restart it.',
  none: 'no write of the policy requires a reason',
  cases: ({ policy }) =>
    [...policy.roles.values()].flatMap((role) =>
      [...role.tables.values()]
        .filter(({ write }) => write.reasonRequired)
        .flatMap((table) =>
          WRITES.filter((tool) => role.tools.has(tool) && mayWrite(table, tool)).map((tool) => ({
            subject: { role: role.name, tool, table: table.name },
            run: (attempt: Attempt) => ask(attempt, role, table, tool),
          })),
        ),
    ),
};

async function ask(
  attempt: Attempt,
  role: CompiledRole,
  table: SliceTable,
  tool: (typeof WRITES)[number],
): Promise<void> {
  const [column] = (tool === 'delete' ? [] : table.write[tool]) ?? [];
  for (const reason of [undefined, '', '  ']) {
    const made = await attempt.call({
      role: role.name,
      tool,
      input: {
        table: table.name,
        ...(tool === 'create' ? {} : { id: 1 }),
        ...(column === undefined ? {} : { values: { [column]: null } }),
        ...(reason === undefined ? {} : { reason }),
      },
      options: { dry: true },
    });
    if (codeOf(made) !== 'reason_required')
      attempt.fault('A write without a reason was not refused with reason_required.', made);
  }
}
