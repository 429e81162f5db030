/** No false alarm: databases as products have them, with extensions and functions of their own that are harmless. */
import { afterEach, expect, it } from 'vitest';
import { compileObjects } from '../../src/compile/objects.js';
import { exposureWith, reachOf } from '../../src/compile/reach.js';
import { apply } from '../../src/database/apply.js';
import { introspect, readExposure } from '../../src/database/introspect.js';
import { POLICY } from '../../src/demo/policy.js';
import { PRODUCT_LOGIN, SCHEMA } from '../../src/demo/schema.js';
import type { Catalog } from '../../src/policy/catalog.js';
import { compilePolicy } from '../../src/policy/compile.js';
import type { CompiledPolicy } from '../../src/policy/compiled.js';
import { type PolicyFile, parsePolicy } from '../../src/policy/file.js';
import { guessPolicy } from '../../src/policy/guess/guess-policy.js';
import { writePolicy } from '../../src/policy/guess/write-policy.js';
import { SAAS } from '../policy/guess-schemas/saas.js';
import { WEIRD } from '../policy/guess-schemas/weird.js';
import { loadChinook } from '../support/chinook.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';

const EXTENSIONS = [
  ...['bloom', 'btree_gin', 'btree_gist', 'citext', 'cube', 'dict_int', 'dict_xsyn', 'earthdistance'],
  ...['fuzzystrmatch', 'hstore', 'intarray', 'ltree', 'pg_trgm', 'pgcrypto', 'seg', 'tsm_system_rows'],
  ...['tsm_system_time', 'unaccent', 'uuid-ossp'],
];

/** Harmless all of them: with their caller's rights, as triggers, or not for everybody. */
const PRODUCT = `
create schema rates;
create schema hidden_from_all;
create table rates.rate (id int primary key, percent int not null);
create function rates.gross(int) returns int language sql as 'select $1 * (select percent from rates.rate limit 1)';
create function gross(int) returns int language plpgsql security invoker as 'begin return $1; end';
create procedure sweep() language plpgsql as 'begin null; end';
create aggregate glue(text) (sfunc = textcat, stype = text, initcond = '');
create function stamp() returns trigger language plpgsql security definer as 'begin return new; end';
create function deny() returns event_trigger language plpgsql security definer as 'begin null; end';
create function all_rates() returns setof rates.rate language sql security definer as 'select * from rates.rate';
revoke execute on function all_rates() from public;
create function hidden_from_all.peek() returns int language sql security definer as 'select 1';
grant select on rates.rate to public;
create view shown with (security_invoker) as select * from rates.rate;
grant select on shown to public;
create view kept as select * from rates.rate;
create type pair as (a int, b int);
create function pair_text(pair) returns text language sql immutable as 'select $1.a || '' '' || $1.b';
create cast (pair as text) with function pair_text(pair);
create domain taxed as int check (gross(value) > 0);
create sequence order_number;
select lo_from_bytea(4242, 'mine');
create role reporting nologin;
grant select on all tables in schema public to reporting;
alter default privileges grant select on tables to reporting;
do $$ begin
  for i in 1..500 loop execute format('create function many_%s(a int, b text) returns int language sql as ''select 1''', i); end loop;
end $$;
`;

const GUESSED = (catalog: Catalog): PolicyFile => parsePolicy(writePolicy(guessPolicy(catalog)));

describeOnServers('a database that leaves nothing open', (server) => {
  let database: TestDatabase;
  afterEach(() => database?.drop());

  it.each<[string, () => Promise<TestDatabase>, (catalog: Catalog) => PolicyFile]>([
    ['Chinook', () => loadChinook(server), GUESSED],
    [
      'the demo’s help desk',
      () => createDatabase(server, { sql: `create role ${PRODUCT_LOGIN}; ${SCHEMA}` }),
      () => parsePolicy(POLICY),
    ],
    ['a product of 150 tables', () => createDatabase(server, { sql: SAAS }), GUESSED],
    ['names that break out of quotes', () => createDatabase(server, { sql: WEIRD }), GUESSED],
  ])('is nothing to complain of: %s', async (_, make, policyOf) => {
    database = await make();
    await database.query(EXTENSIONS.map((name) => `create extension if not exists "${name}";`).join('\n'));
    const admin = await database.connect();
    const file = policyOf(await introspect(admin));
    await database.query(PRODUCT);
    try {
      const policy = withSql(compilePolicy(file, await introspect(admin)));
      const before = await introspect(admin);
      expect(reachOf(policy, exposureWith(before.exposure, compileObjects(policy, before)))).toEqual([]);
      await apply(admin, () => policy);
      expect(reachOf(policy, await readExposure(admin))).toEqual([]);
      // Only what may matter is read, however many functions there are.
      const { exposure, functions } = await introspect(admin);
      expect(functions.length).toBeGreaterThan(500);
      expect(
        exposure.functions.filter(({ schema }) => schema !== 'ringfence').map(({ name }) => name),
      ).toContain('peek');
      expect(exposure.functions.length).toBeLessThan(60);
    } finally {
      await database.query(
        'alter default privileges revoke select on tables from reporting; drop owned by reporting; drop role reporting',
      );
    }
  });
});

/** The same policy with the tool `sql` in every role. */
function withSql(policy: CompiledPolicy): CompiledPolicy {
  return {
    ...policy,
    roles: new Map([...policy.roles].map(([name, role]) => [name, { ...role, sql: { functions: [] } }])),
  };
}
