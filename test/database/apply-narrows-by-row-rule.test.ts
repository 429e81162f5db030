/** Row rules, workspaces and users: which rows a role reaches inside its tenant. */
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { remove } from '../../src/database/remove.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { applyPolicy, connectAgent, type Sealed } from './support/governed.js';

const SQL = `
create schema ext; create extension citext schema ext;
create table site (id int primary key, org ext.citext not null unique, ws text, owner_id text);
create table ticket (id int primary key, site_id int references site, org ext.citext references site (org), status text, priority numeric(4,1), due date, done bool, assignee text, created_by text, secret text);
create table country (code text primary key, secret bool not null);
insert into site values (1, 'Acme', 'w1', 'u1'), (2, 'beta', 'w1', 'u2'), (3, 'Third', 'w2', 'u1');
insert into ticket (id, site_id, org, status, priority, due, done, assignee) values
  (1, 1, 'ACME', 'open', 1.5, '2026-01-01', false, 'u1'), (2, 1, 'acme', 'closed', 2, '2026-06-01', true, 'u2'),
  (3, 1, 'Acme', null, null, null, null, null), (4, 2, 'beta', 'open', 9, '2026-01-01', false, 'u1'),
  (5, 1, 'acme', 'o''pen\\', 3, '2027-01-01', true, 'support');
insert into country values ('DE', false), ('US', false), ('XX', true);
`;

const policy = (rows: string, more = ''): string => `
tables:
  site: { tenant: { column: org } }
  ticket: { tenant: { column: org } }
  country: { tenant: shared }
roles:
  support:
    tables:
      site: {}
      ticket: { columns: [id, site_id], rows: ${rows} }
      country: { columns: [code], rows: { secret: false } }
${more}`;

const seal: Sealed = { tenant: 'ACME', user: 'u1', role: 'support' };

describeOnServers('a row rule', (server) => {
  let database: TestDatabase;
  let admin: pg.Client;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    admin = await database.connect();
  });
  afterAll(async () => {
    await remove(admin);
    await database.drop();
  });

  const reached = async (rows: string): Promise<readonly number[]> => {
    await applyPolicy(admin, policy(rows));
    const agent = await connectAgent(database);
    return (await agent.rows<{ id: number }>(seal, 'select id from slice_support.ticket order by id')).map(
      ({ id }) => id,
    );
  };

  it.each([
    ['{ status: open }', [1]],
    ['{ status: { ne: open } }', [2, 5]],
    ['{ status: null }', [3]],
    ['{ status: { is_null: false } }', [1, 2, 5]],
    ['{ status: { in: [open, closed] } }', [1, 2]],
    ['{ status: { not_in: [open] } }', [2, 5]],
    ['{ not: { status: open } }', [2, 5]],
    [String.raw`{ status: { prefix: "o'pen\\" } }`, [5]],
    ['{ status: { contains: ose } }', [2]],
    ['{ priority: { gt: 1.5, lte: 3 } }', [2, 5]],
    ['{ due: { gte: "2026-02-01" }, done: true }', [2, 5]],
    ['{ or: [{ status: open }, { and: [{ priority: 3 }, { done: true }] }] }', [1, 5]],
    ['{ assignee: $user }', [1]],
    ['{ assignee: { in: [$user, u2] } }', [1, 2]],
    ['{ assignee: $role }', [5]],
    ['{ org: $tenant }', [1, 2, 3, 5]],
    ['{ org: { ne: ACME } }', []],
    ['{ has: { site: { ws: w1, id: { lt: 3 } } } }', [1, 2, 3, 5]],
    ['{ has: { site: { ws: w2 } } }', []],
  ])('of %s lets %j through', async (rows, ids) => {
    expect(await reached(rows)).toEqual(ids);
  });

  it('that two tables ask of each other is refused before PostgreSQL does', async () => {
    const circle = policy('{ has: { site: { ws: w1 } } }').replace(
      'site: {}',
      'site: { rows: { has: { ticket: { status: open } } } }',
    );
    await expect(applyPolicy(admin, circle)).rejects.toMatchObject({
      code: 'policy_invalid',
      message: expect.stringContaining('circle'),
    });
  });

  it('narrows shared data as well, and only for agents', async () => {
    await applyPolicy(admin, policy('{ status: open }'));
    const agent = await connectAgent(database);
    expect(await agent.rows(seal, 'select code from slice_support.country order by 1')).toEqual([
      { code: 'DE' },
      { code: 'US' },
    ]);
    expect(
      await agent.rows(null, 'select code from slice_support.country', 'ringfence_slice_support'),
    ).toEqual([]);
    expect((await admin.query('select from country')).rowCount).toBe(3);
  });
});
