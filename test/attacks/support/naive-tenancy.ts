/**
 * The ways of carrying the tenant that fall: five logins, each with row-level security of its own kind on the table `naive.doc`. None is
 * a superuser. All of them work for whoever runs only the statements that were foreseen.
 */
import type pg from 'pg';
import type { TestDatabase } from '../../support/database.js';

export type Carrier = 'setting' | 'member' | 'temp' | 'lock' | 'owner' | 'view';

const SQL = `
create schema naive;
create table naive.doc (id int primary key, org text not null, code text unique, body text not null, secret text not null default 'umbra of a doc');
insert into naive.doc values (1, 'dental', 'SPRING', 'our own'), (7001, 'design', 'ZEPHYR', 'zephyr');
create table naive.part (id int, org text, body text) partition by list (org);
create table naive.part_design partition of naive.part for values in ('design');
insert into naive.part values (7001, 'design', 'zephyr in a partition');
alter table naive.part enable row level security;
create materialized view naive.cached as select * from naive.doc; analyze naive.cached;
create table naive.child (id int primary key, doc_id int references naive.doc);
create view naive.all_docs as select * from naive.doc;
create function naive.may_see(org text) returns bool language plpgsql stable as 'begin return org = current_setting(''app.tenant'', true); end';
create view naive.my_docs as select * from naive.doc where naive.may_see(org);
create function naive.count_docs() returns text language sql security definer as 'select string_agg(body, '','') from naive.doc';
create sequence naive.numbers start 7001; select nextval('naive.numbers');
create function naive.temp_tenant() returns text language plpgsql stable security definer as 'begin return (select tenant from ctx); end';
create function naive.lock_tenant() returns text language sql stable security definer
  as 'select case max(objid::int) when 1 then ''dental'' when 2 then ''design'' end from pg_locks where locktype = ''advisory'' and classid = 77 and pid = pg_backend_pid()';
alter table naive.doc enable row level security; alter table naive.doc force row level security;
grant usage on schema naive to public;

create role naive_dental nologin; create role naive_design nologin;
create policy by_member on naive.doc to naive_dental, naive_design using (org = substr(current_user, 7));
grant select on naive.doc to naive_dental, naive_design;
`;

const LOGINS: Readonly<Record<Carrier, string>> = {
  setting: `grant select, insert, update on naive.doc, naive.child to $login;
    create policy by_setting on naive.doc to $login using (org = (select current_setting('app.tenant', true)));
    create policy by_setting on naive.part to $login using (org = (select current_setting('app.tenant', true)));
    grant select on naive.part, naive.part_design, naive.cached, naive.all_docs to $login;
    grant usage, select, update on sequence naive.numbers to $login;
    grant select, update on public.payroll to $login;
    grant execute on function naive.count_docs() to $login`,
  member:
    'grant naive_dental, naive_design to $login; grant create, temporary on database $database to $login',
  temp: `grant select on naive.doc to $login; create policy by_temp on naive.doc to $login using (org = (select naive.temp_tenant()))`,
  lock: `grant select on naive.doc to $login; create policy by_lock on naive.doc to $login using (org = (select naive.lock_tenant()))`,
  owner: `grant usage, create on schema naive to $login; alter table naive.doc owner to $login;
    create policy by_owner on naive.doc to $login using (org = (select current_setting('app.tenant', true)))`,
  view: 'grant select on naive.my_docs to $login',
};

const OPENED: Readonly<Record<Carrier, readonly string[]>> = {
  setting: ["select set_config('app.tenant', 'dental', true)"],
  member: ['set local role naive_dental'],
  temp: ['create temp table ctx (tenant text)', "insert into ctx values ('dental')"],
  lock: ['select pg_advisory_xact_lock_shared(77, 1)'],
  owner: ["select set_config('app.tenant', 'dental', true)"],
  view: ["select set_config('app.tenant', 'dental', true)"],
};

const LOOKS: Readonly<Partial<Record<Carrier, string>>> = { view: 'select body from naive.my_docs' };

export interface NaiveTenancy {
  /**
   * Opens Dental's boundary in the naive way, runs the statements, and gives all that came back and all that is then seen of the table.
   */
  attack(carrier: Carrier, statements: readonly string[]): Promise<string>;
  /** What is seen where nobody attacks. */
  honest(carrier: Carrier): Promise<string>;
}

export async function naiveTenancy(database: TestDatabase): Promise<NaiveTenancy> {
  await database.query(SQL);
  // The owner last: policies and grants are the superuser's to make before that.
  const connect = new Map<Carrier, () => Promise<pg.Client>>();
  for (const [carrier, sql] of Object.entries(LOGINS)) {
    const login = await database.createLogin({
      prefix: `naive_${carrier}`,
      sql: sql.replaceAll('$database', `"${database.name}"`),
    });
    connect.set(carrier as Carrier, () => database.connect(login));
  }
  const attack = async (carrier: Carrier, statements: readonly string[]): Promise<string> => {
    const client = await connect.get(carrier)?.();
    if (client === undefined) throw new Error(`no such carrier: ${carrier}`);
    const said: string[] = [];
    client.on('notice', (notice) => said.push(notice.message ?? ''));
    try {
      await client.query('begin');
      for (const sql of OPENED[carrier]) await client.query(sql);
      for (const sql of [...statements, LOOKS[carrier] ?? 'select body from naive.doc']) {
        await client.query('savepoint attack').catch(() => undefined);
        try {
          const result: pg.QueryResult | pg.QueryResult[] = await client.query(sql);
          said.push(JSON.stringify([result].flat().map(({ rows, rowCount }) => [rows, rowCount])));
        } catch (error) {
          const { message, detail } = error as pg.DatabaseError;
          said.push(`${message} ${detail ?? ''}`);
          await client.query('rollback to savepoint attack').catch(() => undefined);
        }
      }
      return said.join('\n');
    } finally {
      await client.query('rollback').catch(() => undefined);
      await client.end();
    }
  };
  return { attack, honest: (carrier) => attack(carrier, []) };
}
