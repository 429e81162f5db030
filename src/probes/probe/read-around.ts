/** Knowledge read by an administrator, around the gate: read-only, and never held back by row security without a word. */
import { quoteIdent, quoteName } from '../../compile/quote.js';
import type { Administrator } from '../../database/administrator.js';
import type { Catalog, CatalogTable } from '../../policy/catalog.js';
import type {
  CompiledPolicy,
  CompiledRole,
  PolicyTable,
  ScopeAxis,
  SliceTable,
} from '../../policy/compiled.js';
import { axesWithin, insideCondition, isNarrower, Values } from './inside.js';
import {
  KNOWN_ROWS,
  type Knowledge,
  type KnownRow,
  type KnownTable,
  NOTHING_KNOWN,
  type Sides,
} from './knowledge.js';
import { isTelling } from './telling.js';

/** Rows of a table up to which it is counted. */
const COUNTED_ROWS = 50_000;
/** Columns with longer values are left out of what is looked for. */
const LONGEST_VALUE = 10_000;

/** What one connection is set to before anything is read. A policy that would hide rows from it is an error then, not silence. */
const READING_SESSION = [
  'set default_transaction_read_only = on',
  'set row_security = off',
  "set statement_timeout = '15s'",
  "set timezone = 'UTC'",
  "set datestyle = 'ISO, YMD'",
  "set intervalstyle = 'postgres'",
  "set bytea_output = 'hex'",
] as const;

/** Prepares a connection for reading, and gives it with its statements in line, one after another. It is the caller's alone from then on. */
export async function beginReading(
  administrator: Pick<Administrator, 'query'>,
): Promise<Pick<Administrator, 'query'>> {
  for (const statement of READING_SESSION) await administrator.query(statement);
  let last: Promise<unknown> = Promise.resolve();
  return {
    query: (text, values) => {
      const result = last.then(() => administrator.query(text, values));
      last = result.catch(() => undefined);
      return result;
    },
  };
}

interface Place {
  readonly role: CompiledRole;
  readonly slice: SliceTable;
  readonly table: PolicyTable;
  readonly from: string;
}

type Axes = ReadonlySet<ScopeAxis>;
const TENANT_ONLY: Axes = new Set(['tenant']);

export function readAround(
  administrator: Pick<Administrator, 'query'>,
  catalog: Catalog,
  policy: CompiledPolicy,
  sides: Sides,
): Knowledge {
  const known = new Map<string, Promise<KnownTable>>();
  const tables = new Map(catalog.tables.map((table) => [`${table.schema}\u0000${table.name}`, table]));

  /** The condition that a row of `t` is inside a boundary, as far as these axes go. */
  const inside = (table: PolicyTable, values: Values, axes: Axes, side: 'ours' | 'theirs' = 'ours'): string =>
    insideCondition(policy, table.scope, 't', { side: sides[side], axes }, values);

  const placeOf = (roleName: string, slice: SliceTable): Place | null => {
    const role = policy.roles.get(roleName);
    const table = policy.tables.get(slice.name);
    if (role === undefined || table === undefined) return null;
    return { role, slice, table, from: quoteName(table.schema, table.table) };
  };

  const read = async (place: Place): Promise<KnownTable> => {
    const { slice, table, from } = place;
    const source = tables.get(`${table.schema}\u0000${table.table}`);
    if (source === undefined) return { ...NOTHING_KNOWN, unread: 'the table is not there' };
    const axes = axesWithin(place.role.reach);
    const columns = source.columns.map(({ name }) => name);
    const select = columns
      .map((name) => `pg_catalog."left"(t.${quoteIdent(name)}::pg_catalog.text, ${LONGEST_VALUE})`)
      .join(', ');
    const rowsWhere = async (condition: (values: Values) => string): Promise<readonly KnownRow[]> => {
      const values = new Values();
      const where = condition(values);
      const { rows } = await administrator.query(
        `select array[${select}]::pg_catalog.text[] as cells from ${from} t where ${where} limit ${KNOWN_ROWS}`,
        values.list,
      );
      return rows.map(({ cells }) => knownRow(slice, columns, cells as readonly (string | null)[]));
    };
    const within = (side: 'ours' | 'theirs', on: Axes) => (values: Values) => inside(table, values, on, side);
    const ours = await rowsWhere(within('ours', axes));
    if (table.scope.kind !== 'scoped') return { ...NOTHING_KNOWN, ours };
    const theirs = await rowsWhere(within('theirs', TENANT_ONLY));
    const beside = isNarrower(policy, table.scope, axes)
      ? await rowsWhere(
          (values) =>
            `${within('ours', TENANT_ONLY)(values)} and (${within('ours', axes)(values)}) is not true`,
        )
      : [];
    const keyed = theirs.filter(({ key }) => key !== null);
    const out = new Set(
      await outside(
        place,
        keyed.map(({ key }) => key ?? []),
      ),
    );
    return {
      ours,
      theirs,
      foreign: keyed.filter((_, at) => out.has(at)),
      beside: beside.filter(({ key }) => key !== null),
      telling: await telling(place, source, theirs),
    };
  };

  const outside = async (
    { role, slice, table, from }: Place,
    keys: readonly (readonly string[])[],
  ): Promise<readonly number[]> => {
    if (keys.length === 0 || slice.primaryKey.length === 0 || table.scope.kind !== 'scoped') return [];
    const values = new Values();
    const given = slice.primaryKey.map((_, at) => values.add(keys.map((key) => key[at] ?? null)));
    const names = slice.primaryKey.map((_, at) => `k${at}`);
    const equal = slice.primaryKey.map((name, at) => {
      return `t.${quoteIdent(name)} = k.k${at}::${castTypeOf(slice, name)}`;
    });
    const mine = inside(table, values, axesWithin(role.reach));
    const { rows } = await administrator.query(
      `select (k.n - 1)::int as at from unnest(${given.map((one) => `${one}::pg_catalog.text[]`).join(', ')}) with ordinality k(${names.join(', ')}, n)
       where exists (select from ${from} t where ${equal.join(' and ')})
         and not exists (select from ${from} t where ${[...equal, mine].join(' and ')})`,
      values.list,
    );
    return rows.map(({ at }) => Number(at));
  };

  /** Values of theirs, by column, that no row of our tenant's has in the same column. */
  const telling = async (
    { table, from }: Place,
    source: CatalogTable,
    theirs: readonly KnownRow[],
  ): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
    const found = new Map<string, ReadonlySet<string>>();
    for (const column of source.columns.filter((one) => isTelling(source, one))) {
      const candidates = [...new Set(theirs.map((row) => row.values.get(column.name) ?? ''))].filter(
        (text) => text !== '' && text.length < LONGEST_VALUE,
      );
      if (candidates.length === 0) continue;
      const values = new Values();
      const list = values.add(candidates);
      const mine = inside(table, values, TENANT_ONLY);
      const { rows } = await administrator.query(
        `select v from unnest(${list}::pg_catalog.text[]) v
         where not exists (select from ${from} t where t.${quoteIdent(column.name)}::pg_catalog.text = v and ${mine})`,
        values.list,
      );
      if (rows.length > 0) found.set(column.name, new Set(rows.map(({ v }) => String(v))));
    }
    return found;
  };

  return {
    source: 'administrator',
    seesHidden: true,
    table: (roleName, slice) => {
      const place = placeOf(roleName, slice);
      if (place === null) return Promise.resolve(NOTHING_KNOWN);
      const id = `${place.role.reach}\u0000${slice.name}\u0000${slice.primaryKey.join('\u0000')}`;
      const before = known.get(id);
      if (before !== undefined) return before;
      const made = read(place).catch((error: unknown) => ({ ...NOTHING_KNOWN, unread: whyUnread(error) }));
      known.set(id, made);
      return made;
    },
    outside: async (roleName, slice, keys) => {
      const place = placeOf(roleName, slice);
      return place === null ? [] : outside(place, keys);
    },
    isAlsoOurs: async (roleName, text) => {
      const role = policy.roles.get(roleName);
      for (const slice of role?.tables.values() ?? []) {
        const table = policy.tables.get(slice.name);
        if (role === undefined || table === undefined || slice.columns.length === 0) continue;
        const values = new Values();
        const sought = values.add(text);
        const held = slice.columns.map(
          ({ name }) => `strpos(t.${quoteIdent(name)}::pg_catalog.text, ${sought}) > 0`,
        );
        const mine = inside(table, values, axesWithin(role.reach));
        const { rows } = await administrator.query(
          `select exists (select from ${quoteName(table.schema, table.table)} t where (${held.join(' or ')}) and ${mine}) as held`,
          values.list,
        );
        if (rows[0]?.held === true) return true;
      }
      return false;
    },
    version: async (roleName, slice, { key }) => {
      const place = placeOf(roleName, slice);
      if (place === null || key === null) return null;
      const values = new Values();
      const equal = slice.primaryKey.map(
        (name, at) =>
          `t.${quoteIdent(name)} = ${values.add(key[at] ?? null)}::pg_catalog.text::${castTypeOf(slice, name)}`,
      );
      const mine = inside(place.table, values, axesWithin(place.role.reach));
      const { rows } = await administrator.query(
        `select pg_catalog.concat_ws(' ', t.tableoid, t.ctid, t.xmin) as version from ${place.from} t where ${[...equal, mine].join(' and ')}`,
        values.list,
      );
      return rows[0] === undefined ? null : String(rows[0].version);
    },
    count: async (roleName, slice) => {
      const place = placeOf(roleName, slice);
      if (place === null || slice.rows !== null) return null;
      const source = tables.get(`${place.table.schema}\u0000${place.table.table}`);
      if (source === undefined || source.estimatedRows > COUNTED_ROWS) return null;
      const values = new Values();
      const mine = inside(place.table, values, axesWithin(place.role.reach));
      const { rows } = await administrator.query(
        `select count(*)::int as rows from (select from ${place.from} t where ${mine} limit ${COUNTED_ROWS + 1}) t`,
        values.list,
      );
      const count = Number(rows[0]?.rows);
      return count > COUNTED_ROWS ? null : count;
    },
  };
}

function castTypeOf({ columns }: SliceTable, column: string): string {
  return columns.find(({ name }) => name === column)?.castType ?? 'pg_catalog.text';
}

function knownRow(
  slice: SliceTable,
  columns: readonly string[],
  cells: readonly (string | null)[],
): KnownRow {
  const values = new Map(columns.map((name, at) => [name, cells[at] ?? null]));
  const key = slice.primaryKey.flatMap((name) => values.get(name) ?? []);
  return { key: key.length > 0 && key.length === slice.primaryKey.length ? key : null, values };
}

function whyUnread(error: unknown): string {
  const state = String((error as { readonly code?: unknown } | null)?.code ?? '');
  if (state === '42501') return 'the administrator may not read all of its rows';
  if (state === '57014') return 'reading it took longer than 15 s';
  return `reading it failed${state === '' ? '' : ` with SQLSTATE ${state}`}`;
}
