/**
 * What the agent's names are written as: tables as SELECTs of the agent's own rows, functions and types with their schema.
 *
 * A table does not become its SELECT in the tree. It becomes a placeholder, and `write.ts` puts the SELECT's text where the parser
 * finds the placeholder in the text that is sent: the same statement, for a third of the time that parsing it all again would take.
 */
import type { FuncCall, Node, RangeFunction, RangeVar } from 'libpg-query';
import { RingfenceError } from '../errors.js';
import type { Judged } from './judged.js';
import { readBack } from './parse.js';
import type { GuardTable, QualifiedName } from './slice.js';

/** What stands for a table until its SELECT does. A common table expression of this name would be no table of the slice's. */
export const PLACEHOLDER = 'ringfence_scoped';

/** Rewrites the judged tree in place: it is nobody else's. */
export function scope({ select, tables, functions, types }: Judged): void {
  for (const range of tables.keys()) placeholder(range);
  let several = false;
  for (const [call, name] of functions) {
    call.funcname = qualified(name);
    several ||= isUnnest(call) && (call.args?.length ?? 0) > 1;
  }
  if (several) unnestOneByOne(select);
  for (const [type, name] of types) type.names = qualified(name);
}

function isUnnest({ funcname = [] }: FuncCall): boolean {
  const [schema, name] = funcname.map((part) => ('String' in part ? part.String.sval : undefined));
  return schema === 'pg_catalog' && name === 'unnest';
}

/**
 * `unnest(a, b)` in FROM is no function's name: where it has no schema, PostgreSQL reads it as `rows from (unnest(a), unnest(b))`. With a
 * schema it has to be written so.
 */
function unnestOneByOne(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [kind, part] of Object.entries(node)) {
    unnestOneByOne(part);
    if (kind === 'RangeFunction') split(part as RangeFunction);
  }
}

function split(range: RangeFunction): void {
  const functions = (range.functions ?? []).flatMap((item) => {
    const [call, ...definitions] = 'List' in item ? (item.List.items ?? []) : [];
    if (call === undefined || !('FuncCall' in call)) return [item];
    const { args = [] } = call.FuncCall;
    if (args.length < 2 || !isUnnest(call.FuncCall)) return [item];
    return args.map((argument) => ({
      List: { items: [{ FuncCall: { ...call.FuncCall, args: [argument] } }, ...definitions] },
    }));
  });
  if (functions.length > 1) range.is_rowsfrom = true;
  range.functions = functions;
}

/** Known by the same name as before. Nothing else of what the agent wrote of it is kept: no schema, no database, no ONLY. */
function placeholder(range: RangeVar): void {
  range.alias ??= { aliasname: range.relname ?? '' };
  range.relname = PLACEHOLDER;
  range.inh = true;
  range.relpersistence = 'p';
  delete range.catalogname;
  delete range.schemaname;
}

function qualified({ schema, name }: QualifiedName): Node[] {
  return [{ String: { sval: schema } }, { String: { sval: name } }];
}

const checked = new WeakMap<GuardTable, string>();

/**
 * The table's SELECT in parentheses. It is made by the server, not by the agent; that it is one whole SELECT and nothing after it is
 * checked once, since it is put into the text as it is.
 */
export function scopedText(table: GuardTable): string {
  const known = checked.get(table);
  if (known !== undefined) return known;
  const text = `(${table.scoped})`;
  const select = readBack(`select from ${text} as t`);
  const [item, ...more] = select?.fromClause ?? [];
  const whole =
    item !== undefined &&
    'RangeSubselect' in item &&
    item.RangeSubselect.alias?.aliasname === 't' &&
    more.length === 0 &&
    select !== undefined &&
    Object.keys(select).every((key) => key === 'fromClause' || key === 'limitOption' || key === 'op');
  if (!whole)
    throw new RingfenceError('server_failed', `The scope of the table ${table.name} is not one SELECT.`);
  checked.set(table, text);
  return text;
}
