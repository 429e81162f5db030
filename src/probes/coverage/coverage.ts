/** `ringfence coverage`: every table and who keeps its rows apart, every role that is not bound, for somebody who has to sign for it. */
import type { Administrator } from '../../database/administrator.js';
import type { ShapeTable } from '../../database/inspect/shape.js';
import { printName } from '../../policy/name.js';
import { type CheckOptions, readWorld } from '../check/check.js';
import { lensOf } from '../check/lens.js';
import type { World } from '../check/rule.js';
import { tableNamed } from '../check/rules/shape/tables.js';
import { everywhere } from './bypass.js';
import {
  type Bypass,
  type CoverageReport,
  type CoveredTable,
  DEFINITION,
  STANDINGS,
  type Standing,
} from './report.js';
import { coveredTable } from './standing.js';

interface CoverageOptions extends Pick<CheckOptions, 'policy' | 'tenant' | 'onStep'> {
  /** What the report says of when it was made. Default: now. */
  readonly now?: Date;
}

/**
 * Reads who keeps the rows of a database's tables apart. It reads the catalogs alone, in one snapshot, and changes nothing.
 *
 * @throws RingfenceError as `check` does.
 */
export async function coverage(
  administrator: Administrator,
  { now = new Date(), ...options }: CoverageOptions = {},
): Promise<CoverageReport> {
  const world = await readWorld(administrator, { ...options, rows: false });
  return coverageOf(world, now);
}

/** The report, from what is known of a database. Pure. */
function coverageOf(world: World, at: Date): CoverageReport {
  const { access, tenancy, policy, drift } = world;
  const lens = lensOf(world);
  const free = everywhere(world, lens);
  const anywhere = new Set(free.map(({ role }) => role));
  const partial = new Map<string, Bypass & { readonly tables: string[] }>();
  const placed = new Map<string, CoveredTable>();
  const cover = (table: ShapeTable): CoveredTable => {
    const id = printName([table.schema, table.name]);
    const known = placed.get(id);
    if (known !== undefined) return known;
    const parent = table.parent === null ? undefined : tableNamed(world.shape, table.parent);
    const covered = coveredTable(
      world,
      lens,
      table,
      parent === undefined ? null : cover(parent),
      anywhere,
      (bypass) => {
        const key = JSON.stringify([bypass.role, bypass.reason, bypass.why]);
        const before = partial.get(key);
        if (before === undefined) partial.set(key, { ...bypass, tables: [id] });
        else before.tables.push(id);
      },
    );
    placed.set(id, covered);
    return covered;
  };
  const tables = world.shape.tables
    .filter(({ kind }) => kind !== 'view')
    .map(cover)
    .sort((a, b) => compare(`${a.schema}\0${a.name}`, `${b.schema}\0${b.name}`));
  const counted = tables.filter(({ partOf, standing }) => partOf === null || standing !== 'through_parent');
  const of = counted.filter(({ standing }) => standing !== 'shared').length;
  const held = counted.filter(
    ({ standing }) => standing === 'protected' || standing === 'through_parent',
  ).length;
  return {
    database: access.database.name,
    server: `${Math.floor(access.server.version / 10_000)}.${access.server.version % 10_000}`,
    login: access.server.currentUser,
    at: at.toISOString(),
    policyHash: policy?.hash ?? null,
    appliedHash: drift.policyHash,
    tenancy: { source: tenancy.source, confidence: tenancy.confidence, why: tenancy.why },
    totals: {
      ...(Object.fromEntries(
        STANDINGS.map((standing) => [standing, tables.filter((table) => table.standing === standing).length]),
      ) as Record<Standing, number>),
      tables: tables.length,
    },
    coverage: {
      // Rounded down: 100 is said of all and of nothing less.
      percent: of === 0 ? null : Math.floor((held / of) * 1000) / 10,
      held,
      of,
      definition: DEFINITION,
    },
    tables,
    bypasses: [
      ...free,
      ...[...partial.values()].map((one) => ({ ...one, tables: one.tables.sort(compare) })),
    ].sort(
      (a, b) =>
        Number(b.tables === null) - Number(a.tables === null) ||
        compare(`${a.role}\0${a.why}`, `${b.role}\0${b.why}`),
    ),
    notes: notesOf(world),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function notesOf({ access, tenancy, drift, policy }: World): readonly string[] {
  return [
    ...(tenancy.source === 'guess'
      ? [
          'Whose rows are whose is guessed from the schema. Give a policy for a report that somebody can sign.',
        ]
      : []),
    ...(drift.unseen === null ? [] : [drift.unseen]),
    ...(policy !== null && drift.installed && drift.policyHash !== null && drift.policyHash !== policy.hash
      ? ['The policy that was given is not the one that was applied last.']
      : []),
    ...access.unseen.map(({ subject, why }) => `${subject}: ${why}`),
    'Views, functions and copies that lead past row security are found by "ringfence check".',
  ];
}
