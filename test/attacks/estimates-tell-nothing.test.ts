/** A refusal for being too broad must not tell how frequent a value is among other tenants. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

const SQL = `
create table deal (id int primary key, org text not null, title text not null);
insert into deal select n, case when n % 3 = 0 then 'a' else 'b' end,
  case when n % 3 <> 0 and n % 2 = 0 then 'merger-acme' else 'title ' || n end from generate_series(1, 60000) n;
create index on deal (org);
create index on deal (title);
analyze deal;
`;
const POLICY = `
version: 1
preset: development
tables: { deal: { tenant: { column: org } } }
roles: { support: { limits: { scanned_rows: 2000 }, tables: { deal: {} } } }
`;

describeOnServers('the estimate of a call', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    governed = await govern(database, POLICY);
  });
  afterAll(async () => {
    await governed?.close();
    await database.drop();
  });

  it('is the same for a value that another tenant has often and for one that nobody has', async () => {
    const rows = async (title: string): Promise<number> => {
      const [line] = await database.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
        `explain (format json) select from deal where title = '${title}'`,
      );
      return line?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
    };
    expect(await rows('merger-acme'), 'the raw half: the planner knows').toBeGreaterThan(10_000);
    expect(await rows('merger-none')).toBeLessThan(100);

    const asked = async (title: string): Promise<unknown> => {
      const { decision, ...rest } = await governed.call('a', 'query', { table: 'deal', where: { title } });
      return { decision, code: 'code' in rest ? rest.code : null, rows: 'rows' in rest ? rest.rows : null };
    };
    // Each in a process that has asked nothing yet: what is remembered of one must not answer for the other.
    const often = await asked('merger-acme');
    await governed.close();
    governed = await govern(database, POLICY, { keys: governed.keys });
    expect(await asked('merger-none')).toEqual(often);
    expect(often).toMatchObject({ decision: 'allowed', rows: [] });
  });

  it('still refuses what would read too much', async () => {
    expect(
      await governed.call('a', 'aggregate', { table: 'deal', metrics: [{ fn: 'count' }] }),
    ).toMatchObject({
      decision: 'denied',
      code: 'too_broad',
    });
  });
});
