/** What an installation holds, compared with what the design says of it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { installRingfence } from '../support/installed.js';
import { describeOnServers } from '../support/test-server.js';

/** Called by row-level security inside the agent's session: every name in them is qualified instead, which a test of the seal attacks. */
const QUALIFIED_THROUGHOUT = ['sealed()', 'tenant(text)', 'workspace(text)', 'user_id(text)'];

describeOnServers('schema ringfence', (server) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(server);
    await installRingfence(database);
  });
  afterAll(() => database.drop());

  interface Row {
    readonly name: string;
  }
  const names = async (sql: string): Promise<string[]> =>
    (await database.query<Row>(sql)).map(({ name }) => name).sort();
  const FUNCTIONS = `select p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name, p.* from pg_proc p where p.pronamespace = 'ringfence'::regnamespace`;

  it('belongs to a role that nobody can log in as and that passes nothing by', async () => {
    expect(
      await database.query(
        `select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcanlogin, rolinherit from pg_roles where rolname ~ '^ringfence_(owner|gateway|auditor|app)$' order by 1`,
      ),
    ).toEqual(
      ['ringfence_app', 'ringfence_auditor', 'ringfence_gateway', 'ringfence_owner'].map((rolname) => ({
        rolname,
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcanlogin: rolname === 'ringfence_gateway' || rolname === 'ringfence_app',
        rolinherit: false,
      })),
    );
    const strangers = await names(
      `select c.relname as name from pg_class c where c.relnamespace = 'ringfence'::regnamespace and pg_get_userbyid(c.relowner) <> 'ringfence_owner'
       union all select p.proname from pg_proc p where p.pronamespace = 'ringfence'::regnamespace and pg_get_userbyid(p.proowner) <> 'ringfence_owner'`,
    );
    expect(strangers).toEqual([]);
  });

  it("pins the search path of every function that runs with its owner's rights", async () => {
    const loose = await database.query<{ name: string }>(
      `select f.proname || '(' || oidvectortypes(f.proargtypes) || ')' as name from pg_proc f
       where f.pronamespace = 'ringfence'::regnamespace and f.prosecdef
         and not exists (select from unnest(f.proconfig) s where s in ('search_path=pg_catalog, pg_temp'))`,
    );
    expect(loose.map(({ name }) => name).sort()).toEqual([...QUALIFIED_THROUGHOUT].sort());
  });

  it('lets nobody execute anything but whom it must', async () => {
    const granted = async (role: string): Promise<string[]> =>
      names(`select name from (${FUNCTIONS}) f where has_function_privilege('${role}', f.oid, 'execute')`);
    await database.query('create role stranger nologin');
    expect(await granted('stranger')).toEqual([]);
    expect((await granted('ringfence_gateway')).map((name) => name.replace(/\(.*/, ''))).toEqual([
      'applied_policy',
      'approval_ask',
      'approval_consume',
      'approval_decide',
      'approvals',
      'approvals_expire',
      'checkpoint_add',
      'checkpoint_cosign',
      'checkpoint_due',
      'checkpoint_newest',
      'domain',
      'enter',
      'execute',
      'memberships',
      'pending_events',
      'record',
      'refresh_begin',
      'refresh_view',
      'refreshed',
      'sequence',
      'tile_read',
    ]);
    expect((await granted('ringfence_app')).map((name) => name.replace(/\(.*/, ''))).toEqual([
      'approval_consume',
      'call_begin',
      'call_end',
      'domain',
      'enter',
      'role',
      'run_id',
      'tenant',
      'user_id',
      'workspace',
    ]);
  });

  it('gives no role but its owner a right on any table', async () => {
    expect(
      await names(
        `select c.relname || ' to ' || pg_get_userbyid(g.grantee) as name from pg_class c cross join lateral aclexplode(c.relacl) g
         where c.relnamespace = 'ringfence'::regnamespace and pg_get_userbyid(g.grantee) <> 'ringfence_owner'`,
      ),
    ).toEqual([]);
  });
});
