/** Knowledge read through the gate, where there is no administrator: what each tenant's own boundary shows. Nothing hidden is known. */
import { within } from '../../boundary/propagation.js';
import type { SliceTable } from '../../policy/compiled.js';
import { kindOf } from '../../policy/value.js';
import { boundaryOf, type Ground } from './ground.js';
import { KNOWN_ROWS, type Knowledge, type KnownRow, type KnownTable, NOTHING_KNOWN } from './knowledge.js';
import type { Side } from './side.js';

/** Rows of ours that values of theirs are compared with. */
const COMPARED_ROWS = 1_000;

export function readThrough(ground: Omit<Ground, 'knowledge'>): Knowledge {
  const known = new Map<string, Promise<KnownTable>>();
  const rowsOf = async (
    side: Side,
    role: string,
    table: SliceTable,
    limit: number,
  ): Promise<readonly KnownRow[] | null> => {
    const boundary = boundaryOf(ground as Ground, side, role);
    const decision = await within(boundary, () =>
      ground.ringfence.call(
        'query',
        { table: table.name, limit },
        { reason: 'A probe reads what there is.' },
      ),
    );
    if (decision.decision !== 'allowed') return null;
    return decision.rows.map((row) => {
      const values = new Map(table.columns.map(({ name }) => [name, textOf(row[name])]));
      const key = table.primaryKey.flatMap((name) => values.get(name) ?? []);
      return { key: key.length > 0 && key.length === table.primaryKey.length ? key : null, values };
    });
  };
  const read = async (role: string, table: SliceTable): Promise<KnownTable> => {
    const ours = await rowsOf(ground.ours, role, table, COMPARED_ROWS);
    const theirs = await rowsOf(ground.theirs, role, table, KNOWN_ROWS);
    if (ours === null || theirs === null)
      return {
        ...NOTHING_KNOWN,
        unread: 'the role cannot read it with query, and there is no administrator',
      };
    if (table.scope.kind !== 'scoped') return { ...NOTHING_KNOWN, ours };
    const keys = new Set(ours.map(({ key }) => JSON.stringify(key)));
    // An answer that was cut off knows only some of the keys that are ours.
    const limit = ground.policy.roles.get(role)?.limits.rows ?? 0;
    const whole = ours.length < Math.min(COMPARED_ROWS, limit);
    return {
      ours,
      theirs,
      foreign: whole ? theirs.filter(({ key }) => key !== null && !keys.has(JSON.stringify(key))) : [],
      beside: [],
      telling: whole ? telling(table, ours, theirs) : new Map(),
    };
  };
  const tableOf = (role: string, table: SliceTable): Promise<KnownTable> => {
    const id = `${role}\u0000${table.name}`;
    const made = known.get(id) ?? read(role, table);
    known.set(id, made);
    return made;
  };
  return {
    source: 'gateway',
    seesHidden: false,
    table: tableOf,
    outside: async (role, table, keys) => {
      const { foreign } = await tableOf(role, table);
      const theirs = new Set(foreign.map(({ key }) => JSON.stringify(key)));
      return keys.flatMap((key, at) => (theirs.has(JSON.stringify(key)) ? [at] : []));
    },
    isAlsoOurs: async (role, text) => {
      for (const table of ground.policy.roles.get(role)?.tables.values() ?? []) {
        const { ours } = await tableOf(role, table);
        if (ours.some(({ values }) => [...values.values()].some((value) => value?.includes(text) === true)))
          return true;
      }
      return false;
    },
    version: async () => null,
    count: async () => null,
  };
}

function telling(
  table: SliceTable,
  ours: readonly KnownRow[],
  theirs: readonly KnownRow[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const column of table.columns) {
    const kind = kindOf(column);
    if (
      column.mask !== null ||
      (kind !== 'text' && kind !== 'uuid' && !table.primaryKey.includes(column.name))
    )
      continue;
    const own = new Set(ours.map(({ values }) => values.get(column.name)));
    const others = theirs
      .flatMap(({ values }) => values.get(column.name) ?? [])
      .filter((text) => text !== '' && !own.has(text));
    if (others.length > 0) found.set(column.name, new Set(others));
  }
  return found;
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
