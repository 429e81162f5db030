import { afterAll, beforeAll, expect, it } from 'vitest';
import { introspect } from '../../src/database/introspect.js';
import { guessPolicy } from '../../src/policy/guess/guess-policy.js';
import { writePolicy } from '../../src/policy/guess/write-policy.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

describeOnServers('a database whose default privileges give everything to everybody', (server) => {
  let database: TestDatabase;
  let governed: Governed;

  beforeAll(async () => {
    database = await createDatabase(server, {
      sql: `
        create table tenants (id int primary key, name text);
        create table note (id int primary key, tenant_id int not null references tenants, title text);
        create table line (id int primary key, note_id int not null references note, body text);
        ${['tables', 'functions', 'sequences', 'schemas', 'types'].map((kind) => `alter default privileges grant all on ${kind} to public;`).join('\n')}`,
    });
    governed = await govern(database, writePolicy(guessPolicy(await introspect(await database.connect()))));
  });
  afterAll(async () => {
    await governed.close();
    await database.drop();
  });

  it('gives a slice role no right on its views beyond the policy', async () => {
    const rights = await database.query<{ view: string; rights: string }>(
      `select n.nspname || '.' || c.relname as view, string_agg(distinct p.name, ', ' order by p.name) as rights
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as p (name)
         on has_table_privilege('ringfence_slice_viewer', c.oid, p.name)
       where n.nspname in ('slice_viewer', 'scope_viewer') group by 1 order by 1`,
    );
    expect(rights.length).toBeGreaterThan(0);
    expect(new Set(rights.map((row) => row.rights))).toEqual(new Set(['select']));
  });

  it('leaves Ringfence’s keys, ledger and functions to Ringfence', async () => {
    const open = await database.query(
      `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
       where n.nspname = 'ringfence' and a.grantee = 0
       union all
       select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
         aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
       where (n.nspname = 'ringfence' or n.nspname ~ '^scope_') and a.grantee = 0
       union all
       select n.nspname from pg_namespace n, aclexplode(n.nspacl) a
       where n.nspname ~ '^(ringfence$|slice_|scope_)' and a.grantee = 0`,
    );
    expect(open).toEqual([]);
  });
});
