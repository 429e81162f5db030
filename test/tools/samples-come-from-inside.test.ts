/** Sample values: whose they are, what they cost, and what the ledger hears of them. */
import { encode } from 'gpt-tokenizer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Decision } from '../../src/tools/decision.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

const SCHEMA = `
create table customer (id int primary key, org text not null, name text not null, country text, segment text, email text, born date,
  vip boolean not null default false);
create index on customer (org);
create table invoice (id int primary key, customer_id int not null references customer, note text, total numeric(10,2));
create index on invoice (customer_id);
create table currency (code text primary key, title text);
create table task (id int primary key, org text not null, desk int not null, title text);
create table visit (id int primary key, org text not null, page text);
insert into customer
  select n, case when n % 2 = 0 then 'dental' else 'design' end, 'Name ' || n,
    case when n % 2 = 1 then 'CANARY-' || n when n % 6 = 0 then 'FR' else 'DE' end,
    case when n % 2 = 1 then 'canary' when n = 2 then null else repeat('long ', 20) || n % 3 end, n || '@example.com', '2000-01-01', true
  from generate_series(1, 40) n;
insert into invoice select n, n, case when n % 2 = 1 then 'canary' else 'of ' || n end, n from generate_series(1, 40) n;
insert into currency values ('EUR', 'Euro'), ('USD', 'Dollar');
insert into task values (1, 'dental', 7, 'in seven'), (2, 'dental', 8, 'canary in eight'), (3, 'design', 7, 'canary');
insert into visit select n, case when n % 1000 = 0 then 'dental' else 'design' end, 'page' || n from generate_series(1, 60000) n;
analyze;
`;

const POLICY = `
version: 1
preset: development
tables:
  customer: { tenant: { column: org } }
  invoice: { tenant: { via: customer } }
  currency: { tenant: shared }
  task: { tenant: { column: org }, workspace: { column: desk } }
  visit: { tenant: { column: org } }
limits: { scanned_rows: 20000 }
roles:
  support:
    reach: workspace
    tables:
      customer: { samples: [segment, country], rows: { country: { ne: 'XX' } } }
      invoice: { samples: [note, total] }
      currency: { samples: [code, title] }
      task: { samples: [title] }
  plain: { tables: { customer: {}, invoice: {} } }
  european: { tables: { customer: { samples: [country], rows: { country: FR } } } }
  wide: { tables: { visit: { samples: [page] } } }
  hurried: { limits: { scanned_rows: 1000000, timeout_ms: 1000 }, tables: { visit: { samples: [page] } } }
`;

describeOnServers('sample values', (server) => {
  let database: TestDatabase;
  let governed: Governed;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SCHEMA });
    governed = await govern(database, POLICY);
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });

  const ask = (input: object, who: object = {}): Promise<Decision> =>
    governed.call({ tenant: 'dental', workspace: '7', ...who }, 'describe_schema', input);
  const textOf = (decision: Decision): string => {
    expect(decision).toMatchObject({ decision: 'allowed', rows: [{ text: expect.any(String) }] });
    return decision.decision === 'allowed' ? String(decision.rows[0]?.text) : '';
  };
  /** The event of a decision, chained already or not. */
  const eventOf = async ({ event }: Decision) => {
    const [row] = await database.query<{ event: Readonly<Record<string, unknown>>; rows: number }>(
      `select body::jsonb as event, row_count::int as rows from ringfence.event_pending where id = $1
       union all
       select leaf -> 'event', (leaf ->> 'row_count')::int
       from (select event_id, convert_from(leaf, 'UTF8')::jsonb as leaf from ringfence.leaf) l where event_id = $1`,
      [event],
    );
    return { ...row?.event, rows: row?.rows };
  };

  it('are the tenant’s own, the most frequent first, cut where they are long', async () => {
    const [{ others = 0 } = {}] = await database.query<{ others: number }>(
      `select count(*)::int as others from customer where country ^@ 'CANARY' or segment = 'canary'`,
    );
    expect(others).toBeGreaterThan(10);
    const text = textOf(await ask({ question: 'customers and their invoices', tokens: 2000 }));
    expect(text).toContain('country text? e.g. "DE"|"FR",');
    expect(text).toContain(`segment text? e.g. "${'long '.repeat(8)}"…,`);
    expect(text).toMatch(/total numeric\(10,2\)\? e\.g\. 10\.00\|12\.00\|14\.00\|16\.00\|18\.00\)/);
    expect(text).toContain('note text? e.g. "of 10"|"of 12"|"of 14"|"of 16"|"of 18",');
    expect(text).not.toMatch(/canary/i);
    const design = textOf(await ask({ tokens: 4000 }, { tenant: 'design' }));
    expect(design).toMatch(/country text\? e\.g\. "CANARY-1"\|/);
    expect(design).not.toMatch(/"DE"|"of /);
  });

  it('are none where the boundary has no rows, and of shared tables everybody’s', async () => {
    const text = textOf(await ask({ tokens: 4000 }, { tenant: 'nobody' }));
    expect(text).toContain('currency (code text key e.g. "EUR"|"USD", title text? e.g. "Dollar"|"Euro")');
    expect(text.match(/e\.g\./g)).toHaveLength(2);
  });

  it('obey the row rule of the role and the workspace of the session', async () => {
    expect(textOf(await ask({ tokens: 1000 }, { role: 'european' }))).toContain('country text? e.g. "FR",');
    const text = textOf(await ask({ tables: ['task'], tokens: 1000 }));
    expect(text).toContain('title text? e.g. "in seven")');
  });

  it('are left out, not refused, where the session lacks what the rows belong by', async () => {
    const query = await governed.call('dental', 'query', { table: 'task' });
    expect(query).toMatchObject({ decision: 'denied', code: 'scope_missing' });
    const text = textOf(await governed.call('dental', 'describe_schema', { tokens: 2000 }));
    expect(text).toContain('task (id int key, title text?)');
    expect(text).toContain('"DE"');
  });

  it('are the same from call to call, alone and beside others', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => ask({ tokens: 3000 })));
    expect(new Set(all.map(textOf)).size).toBe(1);
    for (const decision of all) expect(await eventOf(decision)).toMatchObject({ rows: 1 });
  });

  it('are told to the ledger: tables described, columns read', async () => {
    expect(
      await eventOf(await ask({ tables: ['customer', 'currency'], question: 'country codes' })),
    ).toMatchObject({
      action: 'describe_schema',
      decision: { effect: 'allowed' },
      tables: ['customer', 'currency'],
      columns: ['customer.country', 'customer.segment', 'currency.code', 'currency.title'],
    });
  });

  it('are read of tables in the answer alone, and not at all without room, without text or without a policy for them', async () => {
    expect(await eventOf(await ask({ question: 'currency codes' }))).toMatchObject({
      tables: ['currency'],
      columns: ['currency.code', 'currency.title'],
    });
    for (const decision of [
      await ask({ tokens: 150 }),
      await ask({}),
      await ask({ tables: ['customer'] }),
      await ask({ tokens: 4000 }, { role: 'plain' }),
    ]) {
      expect(decision).toMatchObject({ decision: 'allowed' });
      expect(await eventOf(decision)).toMatchObject({ columns: [] });
      expect(JSON.stringify(decision)).not.toContain('e.g.');
    }
  });

  it('never make the answer longer than it may be', async () => {
    for (const tokens of [150, 200, 250, 300, 350, 400, 500]) {
      const decision = await ask({ tokens });
      expect(decision).toMatchObject({ decision: 'allowed' });
      if (decision.decision === 'allowed')
        expect(encode(JSON.stringify(decision.rows)).length).toBeLessThanOrEqual(tokens);
    }
    expect(textOf(await ask({ tokens: 350 }))).toContain('e.g.');
  });

  const leftOut = async (role: string) => {
    const decision = await ask({ tokens: 500 }, { role });
    expect(decision).toMatchObject({
      decision: 'allowed',
      truncated: false,
      suggestion: expect.stringContaining('Sample values were left out'),
    });
    expect(textOf(decision)).toContain('visit (id int key, page text?)');
    expect(await eventOf(decision)).toMatchObject({ columns: [], decision: { effect: 'allowed' }, rows: 1 });
  };

  it('are left out where they would take too many rows, and the rest is answered', async () => {
    await leftOut('wide');
  });

  it('are left out where they would take too long, and the rest is answered', async () => {
    expect(textOf(await ask({ tokens: 500 }, { role: 'hurried' }))).toContain('e.g. "page1000"');
    const other = await database.connect();
    await other.query('begin; lock table visit in access exclusive mode');
    await leftOut('hurried');
    await other.query('rollback');
  });
});
