/** A table with a column of every type, its edges and its nulls. */
import type { SliceColumn } from '../../../src/policy/compiled.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import type { TestServer } from '../../support/test-server.js';
import { column, owned, table } from './slice.js';

/** By column: its SQL type, what the slice says of it, and SQL values; null is always among the rows. */
export const SAMPLES: Readonly<
  Record<string, { sql: string; column: SliceColumn; values: readonly string[] }>
> = {
  a_int2: { sql: 'int2', column: column('a_int2', 'int2'), values: ['-32768', '0', '32767'] },
  a_int4: { sql: 'int4', column: column('a_int4', 'int4'), values: ['-2147483648', '7', '2147483647'] },
  a_int8: {
    sql: 'int8',
    column: column('a_int8', 'int8'),
    values: ['-9223372036854775808', '9007199254740991', '9007199254740993'],
  },
  a_numeric: {
    sql: 'numeric(30,10)',
    column: column('a_numeric', 'numeric'),
    values: ['12345678901234567890.0123456789', '10.5', '0.1'],
  },
  a_float4: { sql: 'float4', column: column('a_float4', 'float4'), values: ['0.1', '-1e30', "'NaN'"] },
  a_float8: { sql: 'float8', column: column('a_float8', 'float8'), values: ['0.1', "'Infinity'", '1e-300'] },
  a_bool: { sql: 'bool', column: column('a_bool', 'bool'), values: ['true', 'false', 'true'] },
  a_text: {
    sql: 'text',
    column: column('a_text', 'text'),
    values: ["'Äpfel 100%_'", "''", "E'quote '' and \\\\ and \\n'"],
  },
  a_varchar: {
    sql: 'varchar(40)',
    column: column('a_varchar', 'varchar'),
    values: ["'abc'", "'ABD'", "'b'"],
  },
  a_bpchar: { sql: 'char(6)', column: column('a_bpchar', 'bpchar'), values: ["'ab'", "'abc'", "'b'"] },
  a_enum: {
    sql: 'app.mood',
    column: {
      ...column('a_enum', 'text'),
      type: 'app.mood',
      castType: 'app.mood',
      typeOid: 99_999,
      category: 'E',
      enumLabels: ['sad', 'ok', 'happy'],
    },
    values: ["'sad'", "'ok'", "'happy'"],
  },
  a_uuid: {
    sql: 'uuid',
    column: column('a_uuid', 'uuid'),
    values: [
      "'00000000-0000-4000-8000-000000000001'",
      "'00000000-0000-4000-8000-000000000002'",
      "'ffffffff-ffff-4fff-8fff-ffffffffffff'",
    ],
  },
  a_date: {
    sql: 'date',
    column: column('a_date', 'date'),
    values: ["'2025-01-31'", "'0044-03-15 BC'", "'infinity'"],
  },
  a_timestamp: {
    sql: 'timestamp',
    column: column('a_timestamp', 'timestamp'),
    values: ["'2025-01-31 09:30:00.123456'", "'2025-01-31'", "'-infinity'"],
  },
  a_timestamptz: {
    sql: 'timestamptz',
    column: column('a_timestamptz', 'timestamptz'),
    values: ["'2025-01-31 09:30:00.1+02'", "'2024-02-29 00:00:00Z'", "'0044-03-15 10:00:00Z BC'"],
  },
  a_time: { sql: 'time', column: column('a_time', 'time'), values: ["'09:30'", "'23:59:59.5'", "'00:00'"] },
  a_interval: {
    sql: 'interval',
    column: column('a_interval', 'interval'),
    values: ["'1 day'", "'26 hours'", "'-3 months'"],
  },
  a_inet: { sql: 'inet', column: column('a_inet', 'inet'), values: ["'10.0.0.1'", "'10.0.0.0/8'", "'::1'"] },
  a_range: {
    sql: 'int4range',
    column: column('a_range', 'int4range'),
    values: ["'[1,5)'", "'empty'", "'[7,)'"],
  },
  a_bytea: {
    sql: 'bytea',
    column: column('a_bytea', 'bytea'),
    values: ["'\\x00ff'", "'\\x'", "'\\xdeadbeef'"],
  },
  a_json: {
    sql: 'json',
    column: column('a_json', 'json'),
    values: [`'{"a": [1, "x", null]}'`, `'"text"'`, `'null'`],
  },
  a_jsonb: {
    sql: 'jsonb',
    column: column('a_jsonb', 'jsonb'),
    values: [`'{"a": {"b": 1.5}}'`, `'[]'`, `'true'`],
  },
  a_int8s: {
    sql: 'int8[]',
    column: column('a_int8s', '_int8'),
    values: ["'{1,9007199254740991,null}'", "'{}'", "'{{1,2},{3,4}}'"],
  },
  a_texts: {
    sql: 'text[]',
    column: column('a_texts', '_text'),
    values: [`array['a,b', 'quote " and \\ slash', 'NULL', null, '', '{}']`, "'[0:1]={x,y}'", "'{}'"],
  },
  a_times: {
    sql: 'timestamptz[]',
    column: column('a_times', '_timestamptz'),
    values: [`array['2025-01-31 09:30:00Z'::timestamptz, null]`, "'{}'", "'{infinity}'"],
  },
};

export const everyType = table(
  'sample',
  [
    column('id', 'int4', { notNull: true }),
    column('parent_id', 'int4'),
    ...Object.values(SAMPLES).map((sample) => sample.column),
  ],
  {
    scope: owned(['tenant', 'tenant_id']),
    relations: [
      { name: 'parent', kind: 'one', table: 'sample', columns: ['parent_id'], otherColumns: ['id'] },
      { name: 'children', kind: 'many', table: 'sample', columns: ['id'], otherColumns: ['parent_id'] },
    ],
    write: {
      create: ['id', ...Object.keys(SAMPLES)],
      update: null,
      delete: false,
      presets: [],
      reasonRequired: false,
      guardedKeys: [],
    },
  },
);

/** Rows 1 to 3 hold the samples, row 4 nulls; each is its own parent. */
export async function openSamples(server: TestServer): Promise<TestDatabase> {
  const names = Object.keys(SAMPLES);
  const columns = Object.entries(SAMPLES).map(([name, { sql }]) => `${name} ${sql}`);
  const row = (index: number) => Object.values(SAMPLES).map(({ values }) => values[index] ?? 'null');
  const rows = [0, 1, 2, 3].map(
    (index) => `(${index + 1}, ${index + 1}, 'dental', ${row(index).join(', ')})`,
  );
  return await createDatabase(server, {
    sql: `set timezone = 'UTC'; create schema app; create schema slice_clerk; create type app.mood as enum ('sad', 'ok', 'happy');
      create table app.base_sample (id int4 primary key, parent_id int4, tenant_id text, ${columns.join(', ')});
      insert into app.base_sample (id, parent_id, tenant_id, ${names.join(', ')}) values ${rows.join(', ')};
      create view slice_clerk.sample as select * from app.base_sample`,
  });
}

export const SAMPLE_GRANTS = `grant usage on schema app, slice_clerk to $login; grant select, insert on slice_clerk.sample to $login`;
