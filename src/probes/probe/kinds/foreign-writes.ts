import type { CompiledRole, SliceTable } from '../../../policy/compiled.js';
import { type Attempt, faceOf, type Made } from '../attempt.js';
import type { Probe } from '../contract.js';
import { absentId, absentValue, asInput, idOf, plainValue } from '../forge.js';
import { mayWrite, rolesWith, type WritingTool } from '../ground.js';

const WRITES: readonly WritingTool[] = ['update', 'delete', 'create'];
const WHY = { reason: 'A probe of isolation: this must not be done.' } as const;

/** Writes to rows that are not ours, and references to them. Each is tried and taken back: nothing is changed even where it is not refused. */
export const foreignWrites: Probe = {
  id: 'cross_tenant.writes',
  title: 'changes to rows outside the boundary, and references to them',
  advice:
    'Run "ringfence plan": row-level security of this table, or a guarded key, is not as it was applied. "ringfence check" names keys that cross tenants.',
  none: 'no role may write',
  cases: ({ policy }) =>
    WRITES.flatMap((tool) =>
      rolesWith(policy, tool).flatMap((role) =>
        [...role.tables.values()]
          .filter((table) => mayWrite(table, tool))
          .map((table) => ({
            subject: { role: role.name, tool, table: table.name },
            run: (attempt: Attempt) =>
              tool === 'create' ? refer(attempt, role, table, tool) : change(attempt, role, table, tool),
          })),
      ),
    ),
};

async function change(
  attempt: Attempt,
  role: CompiledRole,
  table: SliceTable,
  tool: WritingTool,
): Promise<void> {
  const known = await attempt.ground.knowledge.table(role.name, table);
  if (table.primaryKey.length === 0) attempt.skip('the role sees no key of it');
  const values = tool === 'update' ? someValue(table) : {};
  const write = (id: unknown) =>
    attempt.call({
      role: role.name,
      tool,
      input: { table: table.name, id, ...(tool === 'update' ? { values } : {}), ...WHY },
      options: { dry: true },
      tables: [table],
    });
  for (const row of values === null ? [] : [...known.foreign.slice(0, 2), ...known.beside.slice(0, 2)]) {
    const made = await write(idOf(table, row));
    if (made.decision?.decision === 'allowed')
      attempt.fault(`A row outside the boundary took ${tool === 'delete' ? 'a delete' : 'an update'}.`, made);
    const absent = absentId(table, row);
    if (absent === null) continue;
    const none = await write(absent);
    if (faceOf(none) !== faceOf(made))
      attempt.fault('A row that is hidden and a row that is not there are answered differently.', [
        made,
        none,
      ]);
  }
  if (tool === 'update') await refer(attempt, role, table, tool);
  else if (attempt.calls === 0) attempt.skip('there is no row outside the boundary with a key of its own');
}

/** References to rows of parents that are outside. */
async function refer(
  attempt: Attempt,
  role: CompiledRole,
  table: SliceTable,
  tool: 'create' | 'update' | 'delete',
): Promise<void> {
  if (tool === 'delete') return;
  const { knowledge } = attempt.ground;
  const known = await knowledge.table(role.name, table);
  const writable = table.write[tool] ?? [];
  for (const { columns, parent, parentColumns } of table.write.guardedKeys) {
    const other = role.tables.get(parent);
    const given = columns.filter((name) => writable.includes(name));
    const [own] = known.ours.filter(({ key }) => key !== null);
    if (other === undefined || given.length === 0 || (tool === 'update' && own === undefined)) continue;
    const { foreign, beside } = await knowledge.table(role.name, other);
    const [row] = [...foreign, ...beside];
    if (row === undefined) continue;
    const write = async (valueFor: (name: string) => unknown): Promise<Made | null> => {
      const values: Record<string, unknown> = tool === 'create' ? needed(table, given) : {};
      for (const name of given) {
        const value = valueFor(name);
        if (value === undefined) return null;
        values[name] = value;
      }
      const id = tool === 'update' && own !== undefined ? { id: idOf(table, own) } : {};
      return attempt.call({
        role: role.name,
        tool,
        input: { table: table.name, ...id, values, ...WHY },
        options: { dry: true },
        tables: [table, other],
      });
    };
    const made = await write((name) => {
      const column = table.columns.find((one) => one.name === name);
      const text = row.values.get(parentColumns[columns.indexOf(name)] ?? '');
      return column === undefined || text === null || text === undefined ? undefined : asInput(column, text);
    });
    if (made === null) continue;
    if (made.decision?.decision === 'allowed')
      attempt.fault(`A row may refer to a row of ${parent} outside the boundary.`, made);
    const none = await write((name) => {
      const column = table.columns.find((one) => one.name === name);
      return column === undefined ? undefined : absentValue(column);
    });
    if (none !== null && faceOf(none) !== faceOf(made))
      attempt.fault(`A hidden row of ${parent} and one that is not there are answered differently.`, [
        made,
        none,
      ]);
  }
  if (attempt.calls === 0) attempt.skip('it refers to no row outside the boundary that could be named');
}

/** One column that may be changed and is no key, with a value that fits it; null where there is none. */
function someValue(table: SliceTable): Readonly<Record<string, unknown>> | null {
  const keys = new Set(table.write.guardedKeys.flatMap(({ columns }) => columns));
  const set = new Set(table.write.presets.map(({ column }) => column));
  for (const name of table.write.update ?? []) {
    const column = table.columns.find((one) => one.name === name && one.mask === null);
    const value = column === undefined || keys.has(name) || set.has(name) ? undefined : plainValue(column);
    if (value !== undefined) return { [name]: value };
  }
  return null;
}

/** What a new row must be given, beside the columns that are named already. */
function needed(table: SliceTable, given: readonly string[]): Record<string, unknown> {
  const set = new Set([...given, ...table.write.presets.map(({ column }) => column)]);
  const must = table.columns.filter(
    ({ name, notNull, hasDefault }) =>
      notNull && !hasDefault && !set.has(name) && table.write.create?.includes(name),
  );
  return Object.fromEntries(
    must.flatMap((column) => {
      const value = plainValue(column);
      return value === undefined || value === null ? [] : [[column.name, value]];
    }),
  );
}
