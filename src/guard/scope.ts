/**
 * What the agent's names are written as: tables as SELECTs of the agent's own rows, functions and types with their schema.
 *
 * A table does not become its SELECT in the tree. It becomes a placeholder, and `write.ts` puts the SELECT's text where the parser
 * finds the placeholder in the text that is sent: the same statement, for a third of the time that parsing it all again would take.
 */
import type { Node, RangeVar } from 'libpg-query';
import { RingfenceError } from '../errors.js';
import type { Judged } from './judged.js';
import { readBack } from './parse.js';
import type { GuardTable, QualifiedName } from './slice.js';

/** What stands for a table until its SELECT does. A common table expression of this name would be no table of the slice's. */
export const PLACEHOLDER = 'ringfence_scoped';

/** Rewrites the judged tree in place: it is nobody else's. */
export function scope({ tables, functions, types }: Judged): void {
  for (const range of tables.keys()) placeholder(range);
  for (const [call, name] of functions) call.funcname = qualified(name);
  for (const [type, name] of types) type.names = qualified(name);
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
