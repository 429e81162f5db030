import { createHash } from 'node:crypto';
import { quoteIdent, quoteLiteral } from '../../../compile/quote.js';
import type { CompiledRole, MaskKind, SliceColumn, SliceTable } from '../../../policy/compiled.js';
import { kindOf } from '../../../policy/value.js';
import { type Attempt, type Made, rowsOf } from '../attempt.js';
import type { Probe } from '../contract.js';
import { keyWhere } from '../forge.js';
import { leavesOf } from '../telling.js';

/** A row whose masked value is known, and what an agent is shown of it. */
interface Hidden {
  readonly where: Readonly<Record<string, unknown>>;
  readonly raw: string;
  readonly shown: string | null;
}

/** Masked columns: never shown as they are, and not to be found out by filter, order, group, count, extremes or expressions. */
export const masks: Probe = {
  id: 'masks',
  title: 'masked values, by showing, filtering, sorting, grouping, counting and computing',
  advice:
    'Run "ringfence plan": the view of this slice no longer masks the column. "ringfence apply" makes it anew.',
  none: 'no role has a masked column',
  cases: ({ policy }) =>
    [...policy.roles.values()].flatMap((role) =>
      [...role.tables.values()].flatMap((table) =>
        table.columns.flatMap((column) =>
          column.mask === null
            ? []
            : [
                {
                  subject: {
                    role: role.name,
                    tool: readerOf(role) ?? 'query',
                    table: table.name,
                    column: column.name,
                  },
                  run: (attempt: Attempt) => ask(attempt, role, table, column, column.mask ?? 'null'),
                },
              ],
        ),
      ),
    ),
};

function readerOf({ tools }: CompiledRole): string | undefined {
  return ['query', 'aggregate', 'sql'].find((tool) => tools.has(tool));
}

/** Rows of a column that are looked at. */
const TRIED = 8;

async function ask(
  attempt: Attempt,
  role: CompiledRole,
  table: SliceTable,
  column: SliceColumn,
  mask: MaskKind,
): Promise<void> {
  const { knowledge } = attempt.ground;
  if (!knowledge.seesHidden)
    attempt.skip('what is behind a mask is known to an administrator alone; pass --url');
  if (table.primaryKey.length === 0)
    attempt.skip('the role sees no key of it, so no row can be told from another');
  if (!role.tools.has('query')) attempt.skip('the role has no tool query');
  const known = await knowledge.table(role.name, table);
  if (known.unread !== undefined) attempt.skip(known.unread);
  const rows = known.ours.filter(
    ({ key, values }) => key !== null && (values.get(column.name) ?? null) !== null,
  );
  if (rows.length === 0) attempt.skip('there is no value to mask inside the boundary');
  const query = (input: object) =>
    attempt.call({ role: role.name, tool: 'query', input: { table: table.name, ...input } });

  const hidden: Hidden[] = [];
  for (const row of rows.slice(0, TRIED)) {
    const where = keyWhere(table, row);
    const made = await query({ where, columns: [column.name] });
    const [found] = rowsOf(made);
    // A row rule, or somebody who deleted it: then nothing is shown.
    if (found === undefined) continue;
    const raw = row.values.get(column.name) ?? '';
    const shown = textOf(found[column.name]);
    if (isBare(mask, raw, shown))
      attempt.fault(`${table.name}.${column.name} was shown without its mask.`, made, [raw]);
    else if (!isSame(raw, shown)) hidden.push({ where, raw, shown });
  }
  const [first] = hidden;
  if (first === undefined) return;
  for (const one of hidden.slice(0, 3)) await filter(attempt, role, table, column, one);
  const all = { or: hidden.map(({ where }) => where) };
  const raws = new Set(hidden.map(({ raw }) => raw).filter((raw) => raw.length > 2));
  if (role.tools.has('aggregate') && kindOf(column) !== 'opaque')
    await aggregate(attempt, role, table, column, all, hidden, raws);
  if (role.tools.has('sql')) await compute(attempt, role, table, column, raws);
}

/** Conditions that hold for the hidden value and not for what is shown. */
async function filter(
  attempt: Attempt,
  role: CompiledRole,
  table: SliceTable,
  column: SliceColumn,
  { where, raw, shown }: Hidden,
): Promise<void> {
  for (const condition of conditions(column, raw, shown)) {
    const made = await attempt.call({
      role: role.name,
      tool: 'query',
      input: {
        table: table.name,
        columns: [...table.primaryKey],
        where: { and: [where, { [column.name]: condition }] },
      },
    });
    if (rowsOf(made).length > 0)
      attempt.fault(`A condition on ${table.name}.${column.name} held for what its mask hides.`, made, [raw]);
  }
}

function conditions(column: SliceColumn, raw: string, shown: string | null): readonly unknown[] {
  const kind = kindOf(column);
  if (kind === 'opaque') return [];
  if (kind !== 'text') {
    // Shown as null, or cut down to the year: what is shown comes before what is hidden.
    return [
      { eq: raw },
      { gte: raw },
      ...(shown === null ? [{ lte: raw }, { ne: raw, is_null: false }] : []),
    ];
  }
  const text = shown ?? '';
  const further = [...raw].findIndex((_, at) => !text.startsWith(raw.slice(0, at + 1)));
  const part = [...Array(Math.max(0, raw.length - 3)).keys()]
    .map((at) => raw.slice(at, at + 4))
    .find((one) => !text.toLowerCase().includes(one.toLowerCase()));
  return [
    { eq: raw },
    { in: [raw] },
    ...(further === -1 ? [] : [{ prefix: raw.slice(0, further + 1) }]),
    ...(part === undefined ? [] : [{ contains: part }]),
  ];
}

async function aggregate(
  attempt: Attempt,
  role: CompiledRole,
  table: SliceTable,
  column: SliceColumn,
  where: object,
  hidden: readonly Hidden[],
  raws: ReadonlySet<string>,
): Promise<void> {
  const { name } = column;
  const call = (input: object) =>
    attempt.call({ role: role.name, tool: 'aggregate', input: { table: table.name, where, ...input } });
  const tell = (made: Made): void => {
    const seen = leavesOf(rowsOf(made)).filter((text) => raws.has(text));
    if (seen.length > 0)
      attempt.fault(`An aggregate told what the mask of ${table.name}.${name} hides.`, made, seen);
  };
  tell(await call({ metrics: [{ fn: 'count' }], group_by: [name] }));
  tell(
    await call({
      metrics: [
        { fn: 'min', column: name },
        { fn: 'max', column: name },
      ],
    }),
  );
  const distinct = await call({ metrics: [{ fn: 'count_distinct', column: name, as: 'n' }] });
  const expected = new Set(hidden.flatMap(({ shown }) => shown ?? [])).size;
  const told = rowsOf(distinct)[0]?.n;
  if (told !== undefined && Number(told) > expected)
    attempt.fault(`Values behind the mask of ${table.name}.${name} were counted apart.`, distinct);
}

/** Expressions over the column, and the whole row. */
async function compute(
  attempt: Attempt,
  role: CompiledRole,
  table: SliceTable,
  column: SliceColumn,
  raws: ReadonlySet<string>,
): Promise<void> {
  const from = quoteIdent(table.name);
  const ref = `t.${quoteIdent(column.name)}`;
  const digests = new Set([...raws].map((raw) => createHash('md5').update(raw).digest('hex')));
  const run = async (statement: string): Promise<void> => {
    const made = await attempt.call({ role: role.name, tool: 'sql', input: { statement } });
    const said = leavesOf(rowsOf(made));
    const seen = said.filter(
      (text) =>
        raws.has(text) || digests.has(text) || [...raws].some((raw) => raw.length > 5 && text.includes(raw)),
    );
    if (seen.length > 0)
      attempt.fault(`A statement told what the mask of ${table.name}.${column.name} hides.`, made, seen);
  };
  for (const expression of [
    ref,
    `${ref}::text || ''`,
    `md5(${ref}::text)`,
    `max(${ref}::text)`,
    `string_agg(${ref}::text, '')`,
    't',
    'row_to_json(t)',
    't::text',
  ])
    await run(`select ${expression} as x from ${from} t`);
  for (const raw of [...raws].slice(0, 2)) {
    const made = await attempt.call({
      role: role.name,
      tool: 'sql',
      input: { statement: `select 1 as x from ${from} t where ${ref}::text = ${quoteLiteral(raw)}` },
    });
    if (rowsOf(made).length > 0)
      attempt.fault(`A statement found a row by what the mask of ${table.name}.${column.name} hides.`, made, [
        raw,
      ]);
  }
}

/** Whether what is shown is the value itself, where the mask should have changed it. */
function isBare(mask: MaskKind, raw: string, shown: string | null): boolean {
  if (!isSame(raw, shown)) return false;
  if (mask === 'year') return !/-01-01/.test(raw);
  // What has no address in it stays as it is.
  if (mask === 'text') return /[\w.]+@[\w-]+(\.[\w-]+)+/.test(raw);
  return raw !== '***' && raw !== '****';
}

/** Timestamps are shown with a T and minutes of the offset. */
function isSame(raw: string, shown: string | null): boolean {
  return shown !== null && (raw === shown || raw.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00') === shown);
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
