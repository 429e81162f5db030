import type { CompiledRole, SliceTable } from '../../../policy/compiled.js';
import { type Attempt, codeOf, type Made, rowsOf } from '../attempt.js';
import type { Probe } from '../contract.js';
import type { Ground } from '../ground.js';

/** Many boundaries at once over few connections, with refusals, failures and calls that are given up in between. */
export const bleeding: Probe = {
  id: 'bleeding',
  title: 'boundaries at once over shared connections, among errors and calls that were given up',
  advice:
    'Report it with the events: something of one call was left on a connection, or a pooler in between is not in transaction mode.',
  none: 'no role with the tool query sees a table by its key',
  last: true,
  cases: (ground) => {
    const places = placesOf(ground);
    return places.length === 0
      ? []
      : [
          {
            subject: { role: [...new Set(places.map(({ role }) => role.name))].join(', '), tool: 'query' },
            run: (attempt) => mix(attempt, places),
          },
        ];
  },
};

interface Place {
  readonly role: CompiledRole;
  readonly table: SliceTable;
}

const ROUNDS = 4;
const AT_ONCE = 24;
/** Places that take part: of a wide policy the first of each role. */
const PLACES = 24;

function placesOf({ policy }: Ground): readonly Place[] {
  const roles = [...policy.roles.values()].filter(({ tools }) => tools.has('query'));
  const perRole = Math.max(1, Math.floor(PLACES / Math.max(1, roles.length)));
  return roles
    .flatMap((role) =>
      [...role.tables.values()]
        .filter(({ primaryKey, scope }) => primaryKey.length > 0 && scope.kind === 'scoped')
        .slice(0, perRole)
        .map((table) => ({ role, table })),
    )
    .slice(0, PLACES);
}

async function mix(attempt: Attempt, places: readonly Place[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const calls = Array.from({ length: AT_ONCE }, (_, at) => {
      const place = places[(at * 7 + round) % places.length];
      if (place === undefined) return Promise.resolve();
      switch (at % 4) {
        case 0:
          return read(attempt, place, 'theirs');
        case 3:
          return at % 8 === 3 ? giveUp(attempt, place) : stumble(attempt, place);
        default:
          return read(attempt, place, 'ours');
      }
    });
    await Promise.all(calls);
  }
}

async function read(attempt: Attempt, { role, table }: Place, inside: 'ours' | 'theirs'): Promise<void> {
  const made = await attempt.call({
    role: role.name,
    tool: 'query',
    input: { table: table.name, limit: 5 },
    inside,
    tables: [table],
  });
  if (inside === 'ours') await attempt.rowsAreOurs(made, table, rowsOf(made));
  else await theirsAlone(attempt, role, table, made);
}

/** The other side must not be given rows of ours either. */
async function theirsAlone(
  attempt: Attempt,
  role: CompiledRole,
  table: SliceTable,
  made: Made,
): Promise<void> {
  const known = await attempt.ground.knowledge.table(role.name, table);
  // Where both have the same keys, a key tells nothing.
  if (known.foreign.length < known.theirs.length) return;
  const ours = new Set(known.ours.map(({ key }) => JSON.stringify(key)));
  const keys = rowsOf(made).map((row) => JSON.stringify(table.primaryKey.map((name) => String(row[name]))));
  if (keys.some((key) => ours.has(key)))
    attempt.fault(`A row of ${table.name} of ours was given to the other tenant.`, made);
}

/** A call that fails while others run. */
async function stumble(attempt: Attempt, { role, table }: Place): Promise<void> {
  const made = await attempt.call({
    role: role.name,
    tool: 'query',
    input: { table: table.name, where: { [table.primaryKey[0] ?? '']: { contains: 7 } }, order: ['nothing'] },
  });
  if (made.decision?.decision === 'allowed') attempt.fault('A call that makes no sense was answered.', made);
}

/** A call that is given up before it has an answer. Whatever it comes to, the next on its connection must be clean. */
async function giveUp(attempt: Attempt, { role, table }: Place): Promise<void> {
  const made = await attempt.call({
    role: role.name,
    tool: role.tools.has('aggregate') ? 'aggregate' : 'query',
    input: role.tools.has('aggregate')
      ? { table: table.name, metrics: [{ fn: 'count' }] }
      : { table: table.name, limit: 100 },
    options: { signal: AbortSignal.timeout(1) },
    tables: [table],
  });
  const code = codeOf(made);
  if (!['allowed', 'timeout', 'busy', 'too_broad'].includes(code))
    attempt.fault(`A call that was given up came to ${code}.`, made);
}
