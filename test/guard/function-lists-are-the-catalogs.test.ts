import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { harmlessFunctions } from '../../src/guard/functions/for-server.js';
import { resultColumns } from '../../src/guard/functions/result-columns.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';

const rules = readFileSync(new URL('../../scripts/function-lists.sql', import.meta.url), 'utf8');

/** What people who analyse data call. */
const ANALYTICS =
  `abs array_agg array_length array_position array_to_string avg bool_and bool_or btrim cardinality ceil
  char_length chr clock_timestamp concat concat_ws corr count cume_dist date_bin date_part date_trunc dense_rank div encode every
  exp extract first_value floor format gen_random_uuid generate_series initcap json_agg json_array_elements json_build_object
  jsonb_agg jsonb_array_elements jsonb_array_length jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path_text
  jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_query jsonb_pretty jsonb_set jsonb_typeof justify_interval lag
  last_value lead left length ln log lower lpad ltrim make_date make_interval max md5 min mod mode now nth_value ntile
  octet_length overlay percent_rank percentile_cont percentile_disc plainto_tsquery position power quote_literal random rank
  regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regr_slope repeat replace reverse right
  round row_number row_to_json rpad rtrim sha256 sign split_part sqrt starts_with stddev stddev_pop stddev_samp string_agg
  string_to_array strpos substr substring sum to_char to_date to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector
  translate trim_scale trunc ts_rank unnest upper var_pop variance websearch_to_tsquery width_bucket age`.split(
    /\s+/,
  );

/** One or more of each kind that must never be on a list. */
const HARMFUL =
  `current_setting set_config pg_sleep pg_read_file pg_ls_dir pg_terminate_backend pg_cancel_backend pg_notify
  pg_advisory_lock pg_try_advisory_lock pg_stat_get_activity pg_relation_size pg_get_viewdef pg_typeof pg_input_is_valid
  has_table_privilege to_regclass format_type obj_description query_to_xml table_to_xml cursor_to_xml database_to_xml
  xpath xmlparse ts_stat ts_rewrite ts_debug lo_import lo_export lo_get loread nextval setval currval lastval setseed version
  current_database current_schema current_user session_user getpgusername inet_server_addr inet_client_addr txid_current
  pg_current_xact_id row_security_active getdatabaseencoding int4in textsend eqsel array_in pg_export_snapshot pg_switch_wal
  pg_create_logical_replication_slot pg_logical_emit_message aclexplode oid xml regclass dblink`.split(/\s+/);

describeOnServers('the functions that agents may call', (server) => {
  let database: TestDatabase;
  let listed: ReadonlySet<string>;

  beforeAll(async () => {
    database = await createDatabase(server);
    listed = harmlessFunctions(server.major);
  });
  afterAll(async () => {
    await database.drop();
  });

  it('are those that the rules leave of the catalogs, no more and no fewer', async () => {
    const rows = await database.query<{ name: string; reason: string | null }>(rules);
    const harmless = rows.filter(({ reason }) => reason === null).map(({ name }) => name);
    expect(harmless.length).toBeGreaterThan(300);
    expect([...listed].sort()).toEqual(harmless.sort());
  });

  it('have what analysts call, and nothing that acts or tells of the server', () => {
    expect(ANALYTICS.length).toBeGreaterThan(130);
    expect(ANALYTICS.filter((name) => !listed.has(name))).toEqual([]);
    expect(HARMFUL.filter((name) => listed.has(name))).toEqual([]);
  });

  it('give no handle on a setting, a catalog or another type by a name that comes as text', async () => {
    const rows = await database.query<{ name: string }>(
      `select distinct p.proname::text as name
         from pg_catalog.pg_proc p
         cross join unnest(p.proargtypes::oid[] || p.prorettype || coalesce(p.proallargtypes, '{}')) as used (type)
         join pg_catalog.pg_type t on t.oid = used.type
        where p.pronamespace = 'pg_catalog'::regnamespace and t.typname ~ '^_?reg' and t.typname !~ 'regconfig'`,
    );
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.map(({ name }) => name).filter((name) => listed.has(name))).toEqual([]);
  });

  it('name their columns as is assumed, in every overload', async () => {
    const rows = await database.query<{ name: string; columns: string[] | null }>(
      `select p.proname::text as name,
          (select array_agg(a.name order by a.place)
             from unnest(p.proargnames, p.proargmodes) with ordinality as a (name, mode, place)
            where a.mode in ('o', 't', 'b')) as columns
         from pg_catalog.pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and p.proretset`,
    );
    const known = rows.filter(({ name }) => resultColumns(name) !== undefined);
    expect(known.length).toBe(8);
    for (const { name, columns } of known) expect([name, columns]).toEqual([name, resultColumns(name)]);
    const unknown = rows.filter(
      ({ name, columns }) => listed.has(name) && columns !== null && resultColumns(name) === undefined,
    );
    // Its other overloads give one column of any name.
    expect(unknown.map(({ name }) => name)).toEqual(['unnest']);
  });
});

describe('a server', () => {
  it('newer than the lists has the newest list', () => {
    expect(harmlessFunctions(25)).toEqual(harmlessFunctions(18));
    expect(harmlessFunctions(16).size).toBeGreaterThan(harmlessFunctions(15).size);
  });
});
