/** What a structured call asks, as plain SQL for the tenant's own database: written from docs/tools.md, sharing nothing with src/tools. */
import type { SliceColumn, SliceTable } from '../../src/policy/compiled.js';
import type { AggregateInput, GetInput, Include, QueryInput, Where } from './input.js';

export type Tables = ReadonlyMap<string, SliceTable>;

const quoted = (text: unknown): string => `'${String(text).replaceAll("'", "''")}'`;

/** The rows of a query as JSON objects of texts, all pages of it. */
export function queryText(tables: Tables, input: QueryInput, pageLimit: number, rowLimit: number): string {
  const table = of(tables, input.table);
  const where = input.where === undefined ? '' : ` where ${conditions(tables, table, 't', input.where)}`;
  return `select ${rowText(tables, table, 't', input, { parents: pageLimit, rowLimit })} from ${table.name} t${where}${orderText(table, 't', input.order)}`;
}

export function getText(tables: Tables, input: GetInput, rowLimit: number): string {
  const table = of(tables, input.table);
  const [key = ''] = table.primaryKey;
  const parts =
    typeof input.id === 'object' && input.id !== null ? Object.entries(input.id) : [[key, input.id] as const];
  const where = parts.map(([name, value]) => comparison(column(table, name), 't', 'eq', value)).join(' and ');
  return `select ${rowText(tables, table, 't', input, { parents: 1, rowLimit })} from ${table.name} t where ${where}`;
}

interface Room {
  readonly parents: number;
  readonly rowLimit: number;
}

/** A value in its type's output form. */
const shown = (value: string): string => `case when ${value} is not null then format('%s', ${value}) end`;

function rowText(tables: Tables, table: SliceTable, alias: string, asked: Include, room: Room): string {
  const columns = (asked.columns ?? table.columns.map(({ name }) => name)).map(
    (name) => `${quoted(name)}, ${shown(`${alias}.${name}`)}`,
  );
  const related = Object.entries(asked.include ?? {}).map(
    ([name, options]) =>
      `${quoted(name)}, ${relatedText(tables, table, alias, name, options === true ? {} : options, room)}`,
  );
  return `json_build_object(${[...columns, ...related].join(', ')})`;
}

/** One row for a relation to one, else a list, with one more row than is shown. */
function relatedText(
  tables: Tables,
  table: SliceTable,
  alias: string,
  name: string,
  asked: Include,
  room: Room,
): string {
  const { kind, other, join } = relation(tables, table, alias, name, `${alias}_${name}`);
  const far = `${alias}_${name}`;
  const where = [
    join,
    ...(asked.where === undefined ? [] : [conditions(tables, other, far, asked.where)]),
  ].join(' and ');
  const limit = kind === 'one' ? 1 : listLimit(asked, room);
  const row = rowText(tables, other, far, asked, { ...room, parents: room.parents * limit });
  const from = `from ${other.name} ${far} where ${where}`;
  if (kind === 'one') return `(select ${row} ${from})`;
  return `(select json_agg(o.r) from (select ${row} as r ${from}${orderText(other, far, asked.order)} limit ${limit + 1}) o)`;
}

/** At most 10 000 related rows of one relation in an answer, shared out between the rows above. */
export function listLimit({ limit }: Include, { parents, rowLimit }: Room): number {
  return Math.min(limit ?? rowLimit, rowLimit, Math.max(1, Math.floor(10_000 / parents)));
}

function relation(tables: Tables, table: SliceTable, near: string, name: string, far: string) {
  const found = table.relations.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${table.name} has no relation ${name}`);
  const other = of(tables, found.table);
  const shows = (slice: SliceTable, wanted: string): boolean =>
    slice.columns.some((one) => one.name === wanted);
  // A key's tenant column is the same on both sides of a tenant's own database, and not in its views.
  const join = found.columns.flatMap((mine, at) => {
    const theirs = found.otherColumns[at] ?? '';
    return shows(table, mine) && shows(other, theirs) ? [`${far}.${theirs} = ${near}.${mine}`] : [];
  });
  return { kind: found.kind, other, join: join.join(' and ') };
}

/** Nulls last in both directions; completed with the primary key, in the direction of the last key. */
function orderText(table: SliceTable, alias: string, order: readonly string[] = []): string {
  const keys = order.map((name) =>
    name.startsWith('-') ? { name: name.slice(1), how: ' desc nulls last' } : { name, how: '' },
  );
  const how = keys.at(-1)?.how ?? '';
  const rest = table.primaryKey
    .filter((name) => !keys.some((key) => key.name === name))
    .map((name) => ({ name, how }));
  const all = [...keys, ...rest].map((key) => `${alias}.${key.name}${key.how}`);
  return all.length === 0 ? '' : ` order by ${all.join(', ')}`;
}

function conditions(tables: Tables, table: SliceTable, alias: string, where: Where): string {
  const parts = Object.entries(where).map(([key, value]): string => {
    const inside = (one: unknown): string => conditions(tables, table, alias, one as Where);
    if (key === 'and' || key === 'or') return `(${(value as Where[]).map(inside).join(` ${key} `)})`;
    if (key === 'not') return `((${inside(value)}) is not true)`;
    if (key === 'has') {
      const all = Object.entries(value as Record<string, Where>).map(([name, inner]) => {
        const far = `${alias}_h`;
        const { other, join } = relation(tables, table, alias, name, far);
        return `exists (select from ${other.name} ${far} where ${join} and ${conditions(tables, other, far, inner)})`;
      });
      return all.join(' and ');
    }
    return condition(column(table, key), alias, value);
  });
  return parts.length === 0 ? 'true' : parts.join(' and ');
}

function condition(of: SliceColumn, alias: string, value: unknown): string {
  if (value === null) return `${alias}.${of.name} is null`;
  if (Array.isArray(value)) return comparison(of, alias, 'in', value);
  if (typeof value !== 'object') return comparison(of, alias, 'eq', value);
  return Object.entries(value)
    .map(([operator, operand]) => comparison(of, alias, operator, operand))
    .join(' and ');
}

const SYMBOLS: Readonly<Record<string, string>> = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' };

function comparison(of: SliceColumn, alias: string, operator: string, operand: unknown): string {
  const left = `${alias}.${of.name}`;
  const right = (value: unknown): string => `${quoted(value)}::${of.castType}`;
  switch (operator) {
    case 'ne':
      return `${left} is distinct from ${right(operand)}`;
    case 'in':
      return `${left} in (${(operand as unknown[]).map(right).join(', ')})`;
    case 'not_in':
      return `not coalesce(${left} in (${(operand as unknown[]).map(right).join(', ')}), false)`;
    case 'prefix':
      return `left(${left}, ${[...String(operand)].length}) = ${quoted(operand)}::text collate "C"`;
    case 'contains':
      return `position(lower(${quoted(operand)}) in lower(${left}::text)) > 0`;
    case 'is_null':
      return `${left} is ${operand === true ? '' : 'not '}null`;
    default:
      return `${left} ${SYMBOLS[operator]} ${right(operand)}`;
  }
}

function of(tables: Tables, name: string): SliceTable {
  const table = tables.get(name);
  if (table === undefined) throw new Error(`there is no table ${name}`);
  return table;
}

function column(table: SliceTable, name: string): SliceColumn {
  const found = table.columns.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${table.name} has no column ${name}`);
  return found;
}

/** The groups as JSON objects of texts. */
export function aggregateText(tables: Tables, input: AggregateInput): string {
  const table = of(tables, input.table);
  const results = aggregateResults(tables, input);
  const where = input.where === undefined ? '' : ` where ${conditions(tables, table, 't', input.where)}`;
  const groups = results.filter(({ isGroup }) => isGroup);
  const by = groups.length === 0 ? '' : ` group by ${groups.map(({ sql }) => sql).join(', ')}`;
  const inner = `select ${results.map(({ sql, name }) => `${sql} as "${name}"`).join(', ')} from ${table.name} t${where}${by}`;
  const having = Object.entries(input.having ?? {}).map(([name, value]) =>
    Object.entries(value as Record<string, unknown>).map(([operator, operand]) =>
      operator === 'ne'
        ? `a."${name}" is distinct from ${quoted(operand)}`
        : `a."${name}" ${SYMBOLS[operator]} ${quoted(operand)}`,
    ),
  );
  const keys = (input.order ?? []).map((name) =>
    name.startsWith('-') ? { name: name.slice(1), how: ' desc nulls last' } : { name, how: '' },
  );
  const how = keys.at(-1)?.how ?? '';
  const rest = groups
    .filter(({ name }) => !keys.some((key) => key.name === name))
    .map(({ name }) => ({ name, how }));
  const order = [...keys, ...rest].map((key) => `a."${key.name}"${key.how}`);
  return (
    `select json_build_object(${results.map(({ name }) => `${quoted(name)}, ${shown(`a."${name}"`)}`).join(', ')}) from (${inner}) a` +
    (having.length === 0 ? '' : ` where ${having.flat().join(' and ')}`) +
    (order.length === 0 ? '' : ` order by ${order.join(', ')}`)
  );
}

interface Result {
  readonly name: string;
  readonly sql: string;
  readonly typeOid: number;
  readonly isGroup: boolean;
}

const [INT8, NUMERIC, DATE, TIMESTAMPTZ] = [20, 1700, 1082, 1184];

export function aggregateResults(tables: Tables, input: AggregateInput): Result[] {
  const table = of(tables, input.table);
  const groups = (input.group_by ?? []).map((group): Result => {
    if (typeof group === 'string')
      return { name: group, sql: `t.${group}`, typeOid: column(table, group).typeOid, isGroup: true };
    const value =
      column(table, group.column).typeOid === TIMESTAMPTZ
        ? `timezone('UTC', t.${group.column})`
        : `t.${group.column}::timestamp`;
    return {
      name: `${group.column}_${group.by}`,
      sql: `cast(date_trunc('${group.by}', ${value}) as date)`,
      typeOid: DATE,
      isGroup: true,
    };
  });
  const metrics = input.metrics.map(({ fn, column: name, as }): Result => {
    if (name === undefined) return { name: as ?? 'count', sql: 'count(*)', typeOid: INT8, isGroup: false };
    const isCount = fn === 'count' || fn === 'count_distinct';
    const sql = fn === 'count_distinct' ? `count(distinct t.${name})` : `${fn}(t.${name})`;
    const typeOid = isCount ? INT8 : fn === 'sum' || fn === 'avg' ? NUMERIC : column(table, name).typeOid;
    return { name: as ?? `${fn}_${name}`, sql, typeOid, isGroup: false };
  });
  return [...groups, ...metrics];
}
