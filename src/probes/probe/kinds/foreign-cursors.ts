import type { SliceTable } from '../../../policy/compiled.js';
import { type Attempt, codeOf } from '../attempt.js';
import type { Probe } from '../contract.js';
import { tablesWith } from '../ground.js';

/** Cursors: one of the other tenant's, and one of ours that was changed. */
export const foreignCursors: Probe = {
  id: 'cross_tenant.cursors',
  title: 'cursors of the other tenant, and cursors that were changed',
  advice:
    'The cursor key is shared with something else, or cursors are not checked: see docs/tools.md on paging.',
  none: 'no role has the tool query',
  cases: ({ policy }) =>
    tablesWith(policy, 'query').map(({ role, table }) => ({
      subject: { role: role.name, tool: 'query', table: table.name },
      run: (attempt) => ask(attempt, role.name, table),
    })),
};

async function ask(attempt: Attempt, role: string, table: SliceTable): Promise<void> {
  const input = { table: table.name, limit: 1 };
  const cursorOf = async (inside: 'ours' | 'theirs'): Promise<string | null> => {
    const { decision } = await attempt.call({ role, tool: 'query', input, inside });
    return decision?.decision === 'allowed' ? (decision.nextCursor ?? null) : null;
  };
  const foreign = await cursorOf('theirs');
  const own = await cursorOf('ours');
  const candidates = [
    ...(foreign === null ? [] : [{ cursor: foreign, of: 'of the other tenant' }]),
    ...(own === null ? [] : changed(own).map((cursor) => ({ cursor, of: 'that was changed' }))),
  ];
  if (candidates.length === 0) attempt.skip('neither tenant has so many rows that there is a next page');
  for (const { cursor, of } of candidates) {
    const made = await attempt.call({ role, tool: 'query', input: { ...input, cursor }, tables: [table] });
    if (codeOf(made) !== 'cursor_invalid') attempt.fault(`A cursor ${of} was not refused.`, made);
  }
}

/** A cursor with its position exchanged, its signature cut, and its key named otherwise. */
function changed(cursor: string): readonly string[] {
  const [key = '', payload = '', mac = ''] = cursor.split('.');
  const moved = Buffer.from(
    Buffer.from(payload, 'base64url')
      .toString()
      .replace(/\d(?=[^\d]*$)/, (digit) => String((Number(digit) + 1) % 10)),
  ).toString('base64url');
  const other = moved === payload ? `${payload.slice(0, -1)}${payload.endsWith('A') ? 'Q' : 'A'}` : moved;
  return [`${key}.${other}.${mac}`, `${key}.${payload}.${mac.slice(0, -2)}`, `${key}x.${payload}.${mac}`];
}
