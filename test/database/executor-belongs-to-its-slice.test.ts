/** Who owns the executor of a slice, who may call it, which claim opens it, and what becomes of one that was altered. */
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClaimMaker } from '../../src/database/claim.js';
import { generateKeys } from '../../src/database/keys.js';
import { remove } from '../../src/database/remove.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { type Executor, openExecutor, rowsOf, SHOP, SHOP_POLICY, stateOf } from './support/executor.js';
import { applyPolicy, planPolicy } from './support/governed.js';
import { catalogState } from './support/state.js';

const CALL = 'select records, sqlstate from ringfence.execute($1, $2, 100, 100000, null, null, null)';
const WHO = 'select current_user::text, (select count(*) from slice_support.customer)';

describeOnServers('the executor of a slice', (server) => {
  let database: TestDatabase;
  let executor: Executor;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SHOP });
    executor = await openExecutor(database);
    client = await database.connect({
      name: 'ringfence_gateway',
      password: executor.keys.gatewayPassword,
    });
  });
  afterAll(async () => {
    await executor.close();
    // Roles belong to the whole server: the next suite makes its own.
    await remove(await database.connect(), { ledger: 'drop' });
    await database.drop();
  });

  const refusal = async (sql: string, values: unknown[] = []): Promise<string> =>
    client.query(sql, values).then(
      () => 'nothing was refused',
      (error: pg.DatabaseError) => error.code ?? '',
    );
  const claimOf = async (role = 'support', tenant = 'a'): Promise<string> => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    return executor.claims.make(executor.boundary(tenant, role), rows[0]?.pid ?? 0);
  };
  /** Back to what the policy says. */
  const applyAgain = async (): Promise<readonly string[]> => {
    const admin = await database.connect();
    const { plan } = await applyPolicy(
      admin,
      SHOP_POLICY.replace(/^\nversion: 1\npreset: development\n/, ''),
    );
    await admin.end();
    return plan.steps
      .filter(({ kind }) => kind !== 'policy_record')
      .map(({ sign, identity }) => `${sign} ${identity}`);
  };

  it('is there for the roles that have SQL, and for no other', async () => {
    const functions = await database.query(
      `select p.oid::regprocedure::text as name, pg_get_userbyid(p.proowner) as owner, p.prosecdef as definer, p.provolatile::text as volatility,
         p.proconfig as settings, (select array_agg(pg_get_userbyid(e.grantee) || ' ' || e.privilege_type) from aclexplode(p.proacl) e) as granted
       from pg_proc p where p.pronamespace::regnamespace::text ^@ 'slice_' order by 1`,
    );
    expect(functions).toEqual(
      ['finance', 'support'].map((role) => ({
        name: `slice_${role}.execute(text,text,text,text,integer,integer)`,
        owner: `ringfence_slice_${role}`,
        definer: true,
        volatility: 's',
        settings: ['search_path=pg_catalog, pg_temp'],
        granted: ['ringfence_owner EXECUTE'],
      })),
    );
    expect(
      await database.query(
        `select n.nspname from pg_namespace n, pg_roles r where r.rolname ^@ 'ringfence_slice_' and has_schema_privilege(r.oid, n.oid, 'create') and n.nspname ~ 'slice|scope|ringfence'`,
      ),
    ).toEqual([]);
  });

  it('runs with the rights of its slice, in the tenant of the claim', async () => {
    for (const [tenant, count] of [
      ['a', '40'],
      ['b', '40'],
      ['nobody', '0'],
    ] as const)
      expect(rowsOf(await executor.execute(WHO, { tenant, columns: 2 }))).toEqual([
        ['ringfence_slice_support', count],
      ]);
    expect(rowsOf(await executor.execute('select $1, $2, $3', { columns: 3 }))).toEqual([['a', null, 'u1']]);
    const finance = { boundary: executor.boundary('a', 'finance'), role: executor.role('finance') };
    expect(
      rowsOf(
        await executor.execute('select count(*), current_user from slice_finance.purchase', {
          ...finance,
          columns: 2,
        }),
      ),
    ).toEqual([['200', 'ringfence_slice_finance']]);
    expect(stateOf(await executor.execute(WHO, finance))).toBe('42501');
  });

  it('is nobody’s to call but the executor’s', async () => {
    const direct = `select slice_support.execute('select 1', 'b', null, 'u1', 10, 1000)`;
    expect(await refusal(direct)).toBe('42501');
    await client.query('begin; set local role ringfence_slice_support');
    expect(await refusal(direct)).toBe('42501');
    await client.query('rollback');
    const stranger = await database.createLogin();
    const theirs = await database.connect(stranger);
    await expect(theirs.query(direct)).rejects.toMatchObject({ code: '42501' });
    await expect(theirs.query(CALL, ['x', 'select 1'])).rejects.toMatchObject({ code: '42501' });
    await theirs.end();
  });

  it('is opened by no claim but a genuine one, once', async () => {
    const genuine = await claimOf();
    const elsewhere = createClaimMaker(executor.keys, 'another database').make(
      executor.boundary(),
      Number((await client.query('select pg_backend_pid() as pid')).rows[0]?.pid),
    );
    const [domain] = await database.query<{ domain: string }>('select ringfence.domain() as domain');
    const forged = createClaimMaker(generateKeys(), domain?.domain ?? '').make(executor.boundary(), null);
    const expired = createClaimMaker(executor.keys, domain?.domain ?? '', () => Date.now() - 120_000).make(
      executor.boundary(),
      null,
    );
    for (const [what, claim] of [
      ['nothing', null],
      ['an empty text', ''],
      ['a claim for tenant b', genuine.replace('\u001fa\u001f', '\u001fb\u001f')],
      ['a claim for another role', genuine.replace('\u001fsupport\u001f', '\u001ffinance\u001f')],
      ['a claim of another backend', executor.claims.make(executor.boundary(), 1)],
      ['a claim for another database', elsewhere],
      ['a claim under another key', forged],
      ['a claim of yesterday', expired],
    ] as const)
      expect(await refusal(CALL, [claim, WHO]), what).toBe('28000');

    const { rows } = await client.query(CALL, [genuine, WHO]);
    expect(rows).toEqual([{ records: '(ringfence_slice_support,40)', sqlstate: null }]);
    const twice = `select (ringfence.execute($1, $3, 1, 100, null, null, null)).records, (ringfence.execute($2, 'select 1', 1, 100, null, null, null)).records`;
    for (const text of ['select 1', `select set_config('ringfence.seal', '', false)`])
      expect(await refusal(twice, [genuine, await claimOf('support', 'b'), text]), text).toBe('25001');
    await client.query('begin');
    await client.query(CALL, [genuine, WHO]);
    expect(await refusal(CALL, [await claimOf(), WHO])).toBe('25001');
    await client.query('rollback');
  });

  it('takes no call without a text or a limit', async () => {
    const genuine = await claimOf();
    for (const args of ['null, 1, 1', "'select 1', null, 1", "'select 1', 1, null"])
      expect(await refusal(`select ringfence.execute($1, ${args}, null, null, null)`, [genuine])).toBe(
        '22004',
      );
  });

  it('is not there for a role without SQL, whatever its claim', async () => {
    expect(await refusal(CALL, [await claimOf('clerk'), 'select 1'])).toMatch(/^(42501|42883|3F000)$/);
    const clerk = { boundary: executor.boundary('a', 'clerk'), role: executor.role('clerk') };
    expect((await executor.execute('select 1', clerk)).kind).toBe('verdict');
  });

  describe('altered by its owner, which takes the gateway’s password,', () => {
    const KEYS = 'select seal_inner from ringfence.install';
    const asSlice = async (sql: string): Promise<void> => {
      await client.query(`set role ringfence_slice_support`);
      try {
        await client.query(sql);
      } finally {
        await client.query('reset role');
      }
    };
    const signature = 'slice_support.execute(text, text, text, text, int4, int4)';

    it('would run a text with the rights of its caller, if it did not look', async () => {
      const [defined] = await database.query<{ sql: string }>(
        `select pg_get_functiondef('${signature}'::regprocedure) as sql`,
      );
      const blind = (defined?.sql ?? '').replace(/ if current_user[\s\S]*?end if;/, '');
      expect(blind).not.toBe(defined?.sql);
      await database.query(
        `create schema blind; ${blind.replaceAll('slice_support.execute', 'blind.execute')}`,
      );
      await database.query(
        `alter function blind.execute security invoker; grant usage on schema blind to ringfence_owner;
         grant ringfence_owner to ringfence_gateway`,
      );
      await client.query('set role ringfence_owner');
      const { rows } = await client.query<{ answer: (string | null)[] }>(
        `select blind.execute($1, 'a', null, 'u1', 10, 1000) as answer`,
        [KEYS],
      );
      await client.query('reset role');
      expect(rows[0]?.answer[0]).toMatch(/^\("\\\\x[0-9a-f]{128}"\)$/);
      await database.query('drop schema blind cascade; revoke ringfence_owner from ringfence_gateway');
    });

    it('refuses to run at all', async () => {
      await asSlice(`alter function ${signature} security invoker`);
      expect(await refusal(CALL, [await claimOf(), KEYS])).toBe('55000');
      await asSlice(`alter function ${signature} set search_path = pg_temp, public`);
      expect(await refusal(CALL, [await claimOf(), KEYS])).toBe('55000');
      await asSlice(`alter function ${signature} security definer`);
      const { rows } = await client.query(CALL, [await claimOf(), KEYS]);
      expect(rows).toEqual([{ records: null, sqlstate: '42501' }]);
      expect(await applyAgain()).toEqual(['~ slice_support.execute']);
    });

    it('finds nothing in a schema of the attacker’s that it would take for PostgreSQL’s own', async () => {
      await database.query(`create schema trap; grant all on schema trap to ringfence_slice_support`);
      await asSlice(`
        create function trap.ne(name, text) returns bool language sql as 'select false';
        create operator trap.<> (leftarg = name, rightarg = text, function = trap.ne);
        create function trap.ne(text, text) returns bool language sql as 'select false';
        create operator trap.<> (leftarg = text, rightarg = text, function = trap.ne);
        create function trap.set_config(text, text, bool) returns text language sql as 'select $1';
        grant all on schema trap to public;
        alter function ${signature} set search_path = trap, pg_catalog;
        alter function ${signature} security invoker`);
      expect(await refusal(CALL, [await claimOf(), KEYS])).toBe('55000');
      await asSlice(`alter function ${signature} security definer`);
      const { rows } = await client.query(CALL, [
        await claimOf(),
        `select pg_catalog.current_setting('transaction_read_only')`,
      ]);
      expect(rows).toEqual([{ records: '(on)', sqlstate: null }]);
      expect(await applyAgain()).toEqual([
        '~ slice_support.execute',
        '- schema trap to ringfence_slice_support',
      ]);
      await database.query('drop schema trap cascade');
    });

    it('is made right by the next apply', async () => {
      for (const sql of [
        `alter function ${signature} volatile`,
        `alter function ${signature} reset all`,
        `grant execute on function ${signature} to public`,
        `drop function ${signature}`,
      ]) {
        await asSlice(sql);
        expect(await applyAgain(), sql).toEqual(['~ slice_support.execute']);
        expect(await applyAgain(), sql).toEqual([]);
        expect(rowsOf(await executor.execute('select 1')), sql).toEqual([['1']]);
      }
    });
  });
});

const OWNED = `
tables:
  memo: { tenant: { column: tenant } }
roles:
  support:
    tools: [query, sql]
    tables: { memo: {} }
`;

describeOnServers('the executors of a policy', (server) => {
  it('are made, kept, taken out and left no trace of by an owner of the tables who is no superuser', async () => {
    const database = await createDatabase(server);
    const owner = await database.createLogin({ prefix: 'deploy', sql: 'alter role $login createrole' });
    await database.query(
      `grant create on database ${database.name} to "${owner.name}"; create schema authorization "${owner.name}"`,
    );
    const deploy = await database.connect(owner);
    await deploy.query(
      `create table memo (id int primary key, tenant text not null); insert into memo values (1, 'a'), (2, 'b')`,
    );
    const before = await catalogState(database);
    const policy = `schema: '${owner.name}'\n${OWNED}`;
    const without = policy.replace(', sql]', ']');
    const functions = () =>
      database.query(
        `select pg_get_userbyid(proowner) as owner from pg_proc where pronamespace = 'slice_support'::regnamespace`,
      );

    const executor = await openExecutor(database, {
      admin: deploy,
      policy: `version: 1\npreset: development\n${policy}`,
    });
    expect(rowsOf(await executor.execute('select id from slice_support.memo'))).toEqual([['1']]);
    await executor.close();
    expect((await planPolicy(deploy, policy)).steps).toEqual([]);
    expect(await functions()).toEqual([{ owner: 'ringfence_slice_support' }]);

    await applyPolicy(deploy, without);
    expect(await functions()).toEqual([]);
    expect((await planPolicy(deploy, without)).steps).toEqual([]);
    await applyPolicy(deploy, policy);
    expect(await functions()).toEqual([{ owner: 'ringfence_slice_support' }]);
    expect((await planPolicy(deploy, policy)).steps).toEqual([]);

    const borrowed = await database.query(
      `select g.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid
       where m.member = $1::regrole and g.rolname ~ '^ringfence_(view|slice)_' and coalesce(to_jsonb(m) ->> 'set_option', 'true') = 'true'`,
      [owner.name],
    );
    expect(borrowed).toEqual([]);
    await remove(deploy, { ledger: 'drop' });
    expect(await catalogState(database)).toEqual(before);
    await database.drop();
  });

  it('look for operators where a column’s type has them, and nowhere else', async () => {
    const database = await createDatabase(server, {
      sql: `create schema extensions; create schema types; create extension citext schema extensions;
        create type types.size as enum ('small', 'large');
        create domain types.label as extensions.citext;
        create table thing (id int primary key, tenant text not null, name extensions.citext, label types.label, size types.size, sizes types.size[]);
        insert into thing values (1, 'a', 'One', 'Two', 'small', '{small,large}'), (2, 'b', 'zephyr', 'zephyr', 'large', null);
        create function public.lower(extensions.citext) returns text language sql as $$ select 'planted' $$;`,
    });
    const policy = `
version: 1
preset: development
tables:
  thing: { tenant: { column: tenant } }
roles:
  support: { tools: [sql], tables: { thing: {} } }
  plain: { tools: [sql], tables: { thing: { columns: [id, size, sizes] } } }
`;
    const executor = await openExecutor(database, { policy });
    expect(
      await database.query(
        `select proname, pronamespace::regnamespace::text as schema, proconfig as settings from pg_proc where proname = 'execute' and pronamespace::regnamespace::text ^@ 'slice_' order by 2`,
      ),
    ).toEqual([
      { proname: 'execute', schema: 'slice_plain', settings: ['search_path=pg_catalog, pg_temp'] },
      {
        proname: 'execute',
        schema: 'slice_support',
        settings: ['search_path=pg_catalog, extensions, pg_temp'],
      },
    ]);
    const text = `select t.name = 'ONE', t.label = 'tWO', t.size < 'large', 'large' = any (t.sizes), lower(t.name) from slice_support.thing t`;
    expect(rowsOf(await executor.execute(text, { columns: 5 }))).toEqual([['t', 't', 't', 't', 'one']]);
    expect(await executor.describe(text)).toMatchObject({ kind: 'described' });
    await executor.close();
    await remove(await database.connect(), { ledger: 'drop' });
    await database.drop();
  });
});
