/** Who may write SQL, over which tables, and in whose boundary: the policy and the boundary say so, and no statement can. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { eventsOf } from './support/events.js';

const SQL = `
create type mood as enum ('glad', 'sad');
create table org (id uuid primary key, name text);
create table task (id int primary key, org_id uuid not null references org, team_id int not null, owner_id text not null, title text, mood mood, moods mood[]);
create table note (id int primary key, task_id int not null references task, body text);
create table country (code text primary key, name text);
insert into org values ('00000000-0000-4000-8000-000000000001', 'north'), ('00000000-0000-4000-8000-000000000002', 'south');
insert into task values
  (1, '00000000-0000-4000-8000-000000000001', 7, 'ada', 'own', 'glad', '{glad,sad}'),
  (2, '00000000-0000-4000-8000-000000000001', 7, 'bob', 'of the team', 'sad', null),
  (3, '00000000-0000-4000-8000-000000000001', 8, 'cyn', 'of the tenant', null, '{}'),
  (4, '00000000-0000-4000-8000-000000000002', 7, 'ada', 'foreign', 'glad', null);
insert into note values (1, 1, 'to own'), (2, 2, 'to team'), (3, 3, 'to tenant'), (4, 4, 'to foreign');
insert into country values ('DE', 'Germany');
`;
const POLICY = `
version: 1
preset: development
owners: { tenant: a, role: b, secrets: c, audit: d }
tables:
  org: { tenant: { column: id } }
  task: { tenant: { column: org_id }, workspace: { column: team_id }, user: { column: owner_id } }
  note: { tenant: { via: task } }
  country: { as: land, tenant: shared }
roles:
  own: { tools: [sql, query], tables: { org: {}, task: {}, note: {}, country: {} } }
  team: { reach: workspace, tools: [sql], tables: { task: {}, note: {} } }
  all: { reach: tenant, tools: [sql], tables: { task: {}, note: {} } }
  support: { tables: { task: {} } }
plans:
  free: { tools: [query] }
  paid: { tools: [query, sql] }
`;
const NORTH = '00000000-0000-4000-8000-000000000001';

describeOnServers('the tool sql', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    governed = await govern(database, POLICY);
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });

  type Who = Parameters<Governed['boundary']>[0];
  const ada: Who = { tenant: NORTH, workspace: '7', user: 'ada', role: 'own' };
  const ask = (who: Who, statement: string) => governed.call(who, 'sql', { statement });
  const titles = async (who: Who): Promise<unknown> => {
    const answer = await ask(who, "select string_agg(title, ', ' order by id) as titles from task");
    return answer.decision === 'allowed' ? answer.rows[0]?.titles : answer;
  };

  it('is off where the policy does not name it', async () => {
    expect(await ask({ tenant: NORTH, role: 'support' }, 'select 1')).toMatchObject({
      decision: 'denied',
      code: 'tool_not_allowed',
      rule: 'roles.support.tools',
    });
  });

  it('is what plan and boundary leave of the role', async () => {
    expect(await ask({ ...ada, plan: 'paid' }, 'select 1 as n')).toMatchObject({ rows: [{ n: 1 }] });
    expect(await ask({ ...ada, plan: 'free' }, 'select 1')).toMatchObject({
      code: 'tool_not_allowed',
      rule: 'plans.free.tools',
    });
    expect(await ask({ ...ada, tools: ['query'] }, 'select 1')).toMatchObject({
      code: 'tool_not_allowed',
      rule: 'boundary.tools',
    });
  });

  it('reaches the tables of the boundary’s data sources, and knows of no other', async () => {
    const narrow: Who = { ...ada, dataSources: ['task'] };
    expect(await ask(narrow, 'select count(*) as n from task')).toMatchObject({ rows: [{ n: 1 }] });
    for (const statement of [
      'select * from note',
      'select * from public.note',
      'select * from task join note on true',
    ]) {
      const answer = await ask(narrow, statement);
      expect(answer).toMatchObject({ decision: 'denied', code: 'unknown_table' });
      expect(JSON.stringify(answer)).not.toMatch(/land|org\b/);
    }
  });

  it('sees its own rows, its workspace’s or its tenant’s, as the role reaches', async () => {
    expect(await titles(ada)).toBe('own');
    expect(await titles({ ...ada, role: 'team' })).toBe('own, of the team');
    expect(await titles({ ...ada, role: 'all' })).toBe('own, of the team, of the tenant');
    expect(await titles({ tenant: NORTH, role: 'all' })).toBe('own, of the team, of the tenant');
  });

  it('follows a parent to whose rows they are', async () => {
    const bodies = "select string_agg(body, ', ' order by id) as bodies from note";
    expect(await ask(ada, bodies)).toMatchObject({ rows: [{ bodies: 'to own' }] });
    expect(await ask({ ...ada, role: 'team' }, bodies)).toMatchObject({
      rows: [{ bodies: 'to own, to team' }],
    });
  });

  it('refuses a table whose rows belong to an axis that the session lacks, and that alone', async () => {
    const lacking: Who = { tenant: NORTH, user: 'ada', role: 'own' };
    for (const statement of [
      'select title from task',
      'select body from note',
      'select (select count(*) from task) from org',
      'with a as (select 1 from task) select 1',
    ]) {
      expect(await ask(lacking, statement), statement).toMatchObject({
        decision: 'denied',
        code: 'scope_missing',
        rule: 'boundary.workspace',
      });
    }
    expect(await ask(lacking, 'select o.name, l.name as land from org o, land l')).toMatchObject({
      rows: [{ name: 'north', land: 'Germany' }],
    });
  });

  it('refuses where the session’s value cannot be of the column’s type, without saying it', async () => {
    const answer = await ask({ ...ada, workspace: 'red-team' }, 'select title from task');
    expect(answer).toMatchObject({ decision: 'denied', code: 'type_mismatch', rule: 'boundary.workspace' });
    expect(JSON.stringify(answer)).not.toContain('red-team');
    expect(await ask({ ...ada, tenant: 'north' }, 'select name from org')).toMatchObject({
      code: 'type_mismatch',
    });
  });

  it('does not let a statement name what ties rows to the session', async () => {
    for (const statement of [
      'select org_id from task',
      "select title from task where org_id = '00000000-0000-4000-8000-000000000002'",
      'select t.team_id from task t',
      'select title from task order by owner_id',
    ]) {
      const answer = await ask(ada, statement);
      expect(answer, statement).toMatchObject({ decision: 'denied' });
      expect(['tenant_named', 'unknown_column'], statement).toContain((answer as { code?: string }).code);
    }
  });

  it('takes nothing but the statement, and no reason or dry run changes what it gives', async () => {
    for (const input of [
      {},
      { statement: 1 },
      { statement: null },
      { statement: 'select 1', tenant: 'x' },
      { text: 'select 1' },
      'select 1',
      null,
      [],
    ]) {
      expect(await governed.call(ada, 'sql', input)).toMatchObject({
        decision: 'denied',
        code: 'input_invalid',
        rule: 'tools.sql.input',
      });
    }
    expect(
      await governed.call(
        ada,
        'sql',
        { statement: 'select title from task' },
        { dry: true, reason: 'why not' },
      ),
    ).toMatchObject({ decision: 'allowed', rows: [{ title: 'own' }] });
  });

  it('knows the types of the slice, and answers with theirs', async () => {
    const answer = await ask(
      ada,
      "select mood, moods, 'sad'::mood as cast, mood = 'glad' as glad, array['glad']::mood[] as list from task",
    );
    expect(answer).toMatchObject({
      columns: [
        { name: 'mood', type: 'enum' },
        { name: 'moods', type: 'mood[]' },
        { name: 'cast', type: 'enum' },
        { name: 'glad', type: 'boolean' },
        { name: 'list', type: 'mood[]' },
      ],
      rows: [{ mood: 'glad', moods: ['glad', 'sad'], cast: 'sad', glad: true, list: ['glad'] }],
    });
  });

  it('writes down what it touched', async () => {
    const answer = await ask(ada, 'select t.title, n.body from task t join note n on n.task_id = t.id');
    expect(await eventsOf(database, answer.event)).toMatchObject([
      {
        action: 'sql',
        decision: { effect: 'allowed', rule: 'roles.own.tools.sql' },
        tables: ['note', 'task'],
        columns: ['note.body', 'note.task_id', 'task.id', 'task.title'],
        blocked: [],
        rows: 1,
      },
    ]);
  });
});
