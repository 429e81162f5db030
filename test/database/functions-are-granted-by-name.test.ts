/** Functions of the product's that a policy names for SQL: who may call them, and what becomes of that when product or policy change. */
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apply } from '../../src/database/apply.js';
import { introspect } from '../../src/database/introspect.js';
import { plan } from '../../src/database/plan.js';
import { remove } from '../../src/database/remove.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

const SQL = `
create table sale (id int primary key, tenant text not null, amount int not null);
insert into sale values (1, 'a', 10), (2, 'a', 20), (7001, 'b', 70931);
create function gross(net int) returns int language sql immutable as 'select $1 * 2';
create function gross(net numeric) returns numeric language sql immutable as 'select $1 * 2';
revoke execute on function gross(int), gross(numeric) from public;
create function own_total(of_tenant text) returns bigint language sql security definer as 'select sum(amount) from public.sale where tenant = $1';
create schema "Tax";
create function "Tax".rate(variadic parts int[]) returns int language sql immutable as 'select 19';
create function "Tax".everything() returns bigint language sql security definer as 'select sum(amount) from public.sale';
revoke execute on function "Tax".rate(int[]), "Tax".everything() from public;
create function label(int) returns text language sql immutable as 'select $1 || '' pieces''';
`;
const policy = (support: readonly string[], clerk: readonly string[] = []): string => `
version: 1
preset: development
tables: { sale: { tenant: { column: tenant } } }
acknowledge: { reach: ['function public.own_total(text)'] }
roles:
  support: { tools: [sql], sql: { functions: ${JSON.stringify(support)} }, tables: { sale: {} } }
  clerk: { tools: [sql], sql: { functions: ${JSON.stringify(clerk)} }, tables: { sale: {} } }
`;
const NAMED = policy(['gross', '"Tax".rate', 'public.label', 'own_total']);

describeOnServers('a function that a policy names for sql', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  let admin: pg.Client;
  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    governed = await govern(database, NAMED, { onOperatorEvent: () => undefined });
    admin = await database.connect();
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });

  const planned = async (text: string) => {
    const catalog = await introspect(admin);
    return plan(admin, compilePolicy(parsePolicy(text), catalog), catalog);
  };
  const steps = async (text: string): Promise<readonly string[]> =>
    (await planned(text)).steps.map(({ sign, identity }) => `${sign} ${identity}`);
  const applied = (text: string) => {
    const file = parsePolicy(text);
    return apply(admin, (catalog) => compilePolicy(file, catalog));
  };
  const ask = async (statement: string, role = 'support') => {
    const answer = await governed.call({ tenant: 'a', role }, 'sql', { statement });
    return answer.decision === 'allowed' ? answer.rows : answer.code;
  };
  const mayExecute = async (role: string, signature: string): Promise<boolean | undefined> => {
    const [row] = await database.query<{ may: boolean }>(
      `select has_function_privilege($1, $2::regprocedure, 'execute') as may`,
      [role, signature],
    );
    return row?.may;
  };

  it('can be called by its role, every overload of it, with the schema or without', async () => {
    expect(await ask('select gross(amount) as i, gross(amount + 0.5) as n from sale order by id')).toEqual([
      { i: 20, n: 21 },
      { i: 40, n: 41 },
    ]);
    expect(await ask(`select "Tax".rate(1, 2) as r, public.label(3) as l`)).toEqual([
      { r: 19, l: '3 pieces' },
    ]);
  });

  it('can be called by no other role', async () => {
    expect(await ask('select gross(amount) from sale', 'clerk')).toBe('sql_refused');
    expect(await mayExecute('ringfence_slice_clerk', 'gross(int)')).toBe(false);
    expect(await mayExecute('ringfence_slice_support', 'gross(int)')).toBe(true);
    expect(await mayExecute('ringfence_gateway', 'gross(int)')).toBe(false);
  });

  it('is granted where PUBLIC may not execute it, and nowhere else', async () => {
    const { rows } = await admin.query<{ made: string }>(
      `select identity as made from ringfence.object where kind = 'function_grant' order by 1`,
    );
    expect(rows.map(({ made }) => made)).toEqual([
      'Tax.rate(integer[]) to ringfence_slice_support',
      'public.gross(integer) to ringfence_slice_support',
      'public.gross(numeric) to ringfence_slice_support',
    ]);
    expect(await steps(NAMED)).toEqual([]);
  });

  it('is granted again where somebody took the right away, or gave more', async () => {
    await database.query(`revoke execute on function gross(int) from ringfence_slice_support;
      grant execute on function gross(numeric) to ringfence_slice_support with grant option`);
    expect(await steps(NAMED)).toEqual([
      '~ public.gross(integer) to ringfence_slice_support',
      '~ public.gross(numeric) to ringfence_slice_support',
      '~ policy in force',
    ]);
    await applied(NAMED);
    expect(await mayExecute('ringfence_slice_support', 'gross(int)')).toBe(true);
    expect(await steps(NAMED)).toEqual([]);
  });

  it('follows the product: a right that PUBLIC loses is granted, one that it gets is not needed', async () => {
    await database.query(
      `revoke execute on function label(int) from public; grant execute on function gross(int) to public`,
    );
    expect(await steps(NAMED)).toEqual([
      '+ public.label(integer) to ringfence_slice_support',
      '- public.gross(integer) to ringfence_slice_support',
      '~ policy in force',
    ]);
    await database.query(
      `grant execute on function label(int) to public; revoke execute on function gross(int) from public`,
    );
  });

  it('is no finding where it has its owner’s rights, and one for a role that does not name it', async () => {
    expect((await planned(NAMED)).reach).toMatchObject([
      { identity: 'function public.own_total(text)', roles: ['clerk'], acknowledged: true },
    ]);
    const both = policy(['own_total'], ['own_total']);
    const { reach, notes } = await planned(both);
    expect(reach).toEqual([]);
    expect(notes.filter(({ about }) => about === 'reach').map(({ text }) => text)).toEqual([
      'acknowledge.reach names function public.own_total(text), and nothing of that name is within reach of sql: take it out, or correct it.',
    ]);
  });

  it('opens its schema to the role, and with it what else everybody may execute there', async () => {
    await database.query('grant execute on function "Tax".everything() to public');
    const found = async (text: string) =>
      (await planned(text)).reach.map(({ identity, roles }) => `${identity}: ${roles.join()}`);
    try {
      expect(await found(policy(['gross', 'own_total'], ['own_total']))).toEqual([]);
      expect(await found(policy(['"Tax".rate', 'own_total'], ['own_total']))).toEqual([
        'function "Tax".everything(): support',
      ]);
      await expect(applied(NAMED)).rejects.toThrow(
        'revoke execute on function "Tax"."everything"() from public;',
      );
    } finally {
      await database.query('revoke execute on function "Tax".everything() from public');
    }
  });

  it('is all that a slice role may execute: what somebody else granted it is taken back', async () => {
    await database.query(`grant execute on function "Tax".everything() to ringfence_slice_support;
      grant execute on function pg_catalog.pg_read_file(text) to ringfence_slice_clerk;
      create procedure sweep(int) language sql as ''; grant execute on procedure sweep(int) to ringfence_slice_clerk;
      create schema attic; grant usage, create on schema attic to ringfence_slice_clerk`);
    expect(await steps(NAMED)).toEqual([
      '- Tax.everything() to ringfence_slice_support',
      '- pg_catalog.pg_read_file(text) to ringfence_slice_clerk',
      '- public.sweep(integer) to ringfence_slice_clerk',
      '- schema attic to ringfence_slice_clerk',
      '~ policy in force',
    ]);
    expect((await planned(NAMED)).reach.map(({ identity }) => identity)).toEqual([
      'function public.own_total(text)',
    ]);
    await applied(NAMED);
    expect(await mayExecute('ringfence_slice_support', '"Tax".everything()')).toBe(false);
    expect(await steps(NAMED)).toEqual([]);
  });

  it('is given up when the policy no longer names it, and nothing is left of it after a remove', async () => {
    await applied(policy([]));
    expect(await mayExecute('ringfence_slice_support', 'gross(int)')).toBe(false);
    const rights = `select p.oid::regprocedure::text as on from pg_proc p, aclexplode(p.proacl) e
      where e.grantee in (select oid from pg_roles where rolname ~ '^ringfence_slice') and p.pronamespace <> 'ringfence'::regnamespace
      union all select n.nspname from pg_namespace n, aclexplode(n.nspacl) e
      where e.grantee in (select oid from pg_roles where rolname ~ '^ringfence_slice') and n.nspname !~ '^(slice|scope)_|^ringfence$'`;
    expect(await database.query(rights)).toEqual([]);
    await applied(NAMED);
    expect((await database.query(rights)).length).toBe(4);
    await remove(admin, { ledger: 'drop' });
    expect(
      await database.query(`select p.proname from pg_proc p where p.proacl::text ~ 'ringfence_'`),
    ).toEqual([]);
    expect(
      await database.query(`select nspname from pg_namespace where nspacl::text ~ 'ringfence_'`),
    ).toEqual([]);
  });
});
