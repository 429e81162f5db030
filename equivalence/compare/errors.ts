/** What kind of failure it is, on either side: by the table in docs/tools.md. */

export type ErrorClass = 'name' | 'type' | 'form' | 'value' | 'complexity' | 'time' | 'other';

/** A plain database says of a table that it is there, and not for this login. */
const NAMES = ['42703', '42P01', '3F000', '42501'];
const TYPES = ['42883', '42725', '42804', '42846', '42P18'];
const TIMES = ['57014', '55P03', '40001', '40P01'];

/** Of a tenant's own database. */
export function classOfState(sqlstate: string): ErrorClass {
  if (NAMES.includes(sqlstate)) return 'name';
  if (TYPES.includes(sqlstate)) return 'type';
  if (TIMES.includes(sqlstate)) return 'time';
  if (sqlstate.startsWith('22') || sqlstate === '21000') return 'value';
  if (sqlstate.startsWith('53') || sqlstate.startsWith('54')) return 'complexity';
  return sqlstate.startsWith('42') || sqlstate === '0A000' ? 'form' : 'other';
}

const CODES: Readonly<Record<string, ErrorClass>> = {
  unknown_table: 'name',
  unknown_column: 'name',
  tenant_named: 'name',
  type_mismatch: 'type',
  sql_invalid: 'form',
  value_error: 'value',
  too_complex: 'complexity',
  timeout: 'time',
  internal: 'other',
};

/** Of a decision; undefined for a refusal that a plain database would not make. */
export function classOfCode(code: string): ErrorClass | undefined {
  return CODES[code];
}
