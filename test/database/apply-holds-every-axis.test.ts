/** Workspace and user beside the tenant, one tenant only, and columns that are written but not read. */
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { remove } from '../../src/database/remove.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { applyPolicy, connectAgent } from './support/governed.js';

const SQL = `
create table note (id int primary key, org uuid not null, ws text, owner_id text, body text, created_by text, diagnosis text);
create table line (id int primary key, note_id int not null references note, body text);
insert into note select n, ('00000000-0000-0000-0000-00000000000' || n % 2)::uuid, 'w' || n % 4, 'u' || n % 8, 'body ' || n from generate_series(1, 32) n;
insert into note values (100, '00000000-0000-0000-0000-000000000001', null, null, 'nobody''s');
insert into line select n, n, 'line' from generate_series(1, 32) n;
`;
const ORG = '00000000-0000-0000-0000-000000000001';

describeOnServers('a boundary', (server) => {
  let database: TestDatabase;
  let admin: pg.Client;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    admin = await database.connect();
  });
  afterEach(async () => {
    await remove(admin);
  });
  afterAll(() => database.drop());

  it('of a workspace and a user holds as far as the role reaches, along parents too', async () => {
    await applyPolicy(
      admin,
      `
tables:
  note: { tenant: { column: org }, workspace: { column: ws }, user: { column: owner_id } }
  line: { tenant: { via: note } }
roles:
  own: { tables: { note: { columns: [id] }, line: { columns: [id] } } }
  space: { reach: workspace, tables: { note: { columns: [id] }, line: { columns: [id] } } }
  all: { reach: tenant, tables: { note: { columns: [id] }, line: { columns: [id] } } }
`,
    );
    const agent = await connectAgent(database);
    for (const [role, where] of [
      ['own', `org = '${ORG}' and ws = 'w1' and owner_id = 'u5'`],
      ['space', `org = '${ORG}' and ws = 'w1'`],
      ['all', `org = '${ORG}'`],
    ] as const) {
      const seal = { tenant: ORG, workspace: 'w1', user: 'u5', role };
      const truth = (await admin.query(`select id from note where ${where} order by id`)).rows;
      expect(truth.length).toBeGreaterThan(3);
      expect(await agent.rows(seal, `select id from slice_${role}.note order by id`)).toEqual(truth);
      const lines = (
        await admin.query(
          `select l.id from line l join note n on n.id = l.note_id where ${where.replaceAll('org', 'n.org')} order by 1`,
        )
      ).rows;
      expect(await agent.rows(seal, `select id from slice_${role}.line order by id`)).toEqual(lines);
      // A boundary without a workspace reaches no workspace's rows, and not those without one either.
      const without = await agent.rows(
        { tenant: ORG, user: 'u5', role },
        `select id from slice_${role}.note`,
      );
      expect(without).toHaveLength(role === 'all' ? truth.length : 0);
      const scope = await agent.rows(seal, `select * from scope_${role}.note limit 1`);
      expect(Object.keys(scope[0] ?? {})).toEqual(
        ['id', 'ringfence_tenant', 'ringfence_workspace', 'ringfence_user'].slice(
          0,
          { own: 4, space: 3, all: 2 }[role],
        ),
      );
    }
  });

  it('of the only tenant opens its tables under a seal, and not without one', async () => {
    await applyPolicy(
      admin,
      `
tenancy: single
tables: { note: {}, line: {} }
roles: { support: { tables: { note: { columns: [id], rows: { id: { lte: 10 } } }, line: {} } } }
`,
    );
    const agent = await connectAgent(database);
    const seal = { tenant: 'main', role: 'support' };
    expect(await agent.rows(seal, 'select id from slice_support.note')).toHaveLength(10);
    expect(await agent.rows(seal, 'select id from slice_support.line')).toHaveLength(32);
    expect(await agent.rows(null, 'select id from slice_support.note', 'ringfence_slice_support')).toEqual(
      [],
    );
    expect(await agent.rows(null, 'select id from slice_support.line', 'ringfence_slice_support')).toEqual(
      [],
    );
  });

  it('sets columns that the agent can neither read nor choose', async () => {
    await applyPolicy(
      admin,
      `
tables: { note: { tenant: { column: org } } }
acknowledge: { unique: [note.id] }
roles:
  support:
    tools: [query, create, update]
    tables:
      note: { columns: [id, body], create: [id, body], update: [body], presets: { created_by: $user, diagnosis: $run } }
`,
    );
    const agent = await connectAgent(database);
    const seal = { tenant: ORG, user: 'u1', role: 'support' };
    const insert = `insert into slice_support.note (id, org, body, diagnosis, created_by) values (500, '${ORG}', 'b', 'd', 'u1') returning id, body`;
    expect(await agent.rows(seal, insert)).toEqual([{ id: 500, body: 'b' }]);
    expect((await agent.refusal(seal, 'select diagnosis from slice_support.note')).code).toBe('42501');
    expect((await agent.refusal(seal, `update slice_support.note set created_by = 'x'`)).code).toBe('42501');
    expect((await agent.refusal(seal, insert.replace(ORG, ORG.replace('1', '0')))).message).toContain(
      'row-level security',
    );
    expect(
      (await agent.refusal(seal, insert.replace('returning id, body', 'returning created_by'))).code,
    ).toBe('42501');
  });
});
