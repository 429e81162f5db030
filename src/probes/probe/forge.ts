/** Values that fit a column: of a row that is not there, or simply valid. Never a value of anybody's row. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { SliceColumn, SliceTable } from '../../policy/compiled.js';
import { kindOf } from '../../policy/value.js';
import type { KnownRow } from './knowledge.js';

const INT2 = 21;
const INT8 = 20;

/** A value that no row is likely to have; undefined where the type has too few for that. */
export function absentValue(column: SliceColumn): unknown {
  switch (kindOf(column)) {
    case 'integer':
      if (column.typeOid === INT2) return String(randomInt(32_000, 32_767));
      if (column.typeOid === INT8) return `90071992547${randomInt(10_000, 99_999)}`;
      return String(randomInt(2_100_000_000, 2_147_000_000));
    case 'number':
      return `9${randomInt(10_000, 99_999)}`;
    case 'text':
      return absentText(column);
    case 'uuid':
      return randomUUID();
    case 'date':
      return `92${randomInt(10, 99)}-01-31`;
    default:
      return undefined;
  }
}

function absentText({ type }: SliceColumn): string {
  const most = Number(/\((\d+)\)/.exec(type)?.[1] ?? 40);
  return `absent-${randomBytes(12).toString('hex')}`.slice(0, Math.max(1, most));
}

/** A value that fits, for a write that must not come so far as to store it. */
export function plainValue(column: SliceColumn): unknown {
  switch (kindOf(column)) {
    case 'integer':
    case 'number':
      return 1;
    case 'text':
      return 'x';
    case 'boolean':
      return true;
    case 'date':
      return '2027-01-31';
    case 'time':
      return '12:00:00';
    case 'enum':
      return column.enumLabels?.[0];
    case 'uuid':
      return randomUUID();
    default:
      return column.notNull ? undefined : null;
  }
}

/** A value as a call gives it, from the text that PostgreSQL prints. */
export function asInput(column: SliceColumn, text: string): unknown {
  return kindOf(column) === 'boolean' ? text === 'true' || text === 't' : text;
}

/** The id of a known row, as `get` takes it. */
export function idOf(table: SliceTable, row: KnownRow): unknown {
  return idFrom(
    table,
    (row.key ?? []).map((text, at) => {
      const column = keyColumn(table, at);
      return column === undefined ? text : asInput(column, text);
    }),
  );
}

/** The id of a row that is not there, one part of it at least; null where the key's types do not allow that. */
export function absentId(table: SliceTable, like: KnownRow): unknown {
  let forged = false;
  const parts = (like.key ?? []).map((text, at) => {
    const column = keyColumn(table, at);
    const value = column === undefined || forged ? undefined : absentValue(column);
    if (value === undefined) return column === undefined ? text : asInput(column, text);
    forged = true;
    return value;
  });
  return forged ? idFrom(table, parts) : null;
}

function idFrom(table: SliceTable, parts: readonly unknown[]): unknown {
  const [only] = parts;
  return parts.length === 1
    ? only
    : Object.fromEntries(table.primaryKey.map((name, at) => [name, parts[at]]));
}

export function keyColumn(table: SliceTable, at: number): SliceColumn | undefined {
  return table.columns.find(({ name }) => name === table.primaryKey[at]);
}

/** The condition that a row has this key. */
export function keyWhere(table: SliceTable, row: KnownRow): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    table.primaryKey.map((name, at) => {
      const column = keyColumn(table, at);
      const text = row.key?.[at] ?? '';
      return [name, column === undefined ? text : asInput(column, text)];
    }),
  );
}
