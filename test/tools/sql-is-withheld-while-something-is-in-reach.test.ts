/** A product that goes on changing: what it opens after the policy was applied is noticed, and `sql` is withheld until it is mended. */
import { performance } from 'node:perf_hooks';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { OperatorEntry } from '../../src/operator-log.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createRingfence } from '../../src/ringfence.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { eventsOf } from './support/events.js';

const SQL = `
create table customer (id int primary key, tenant text not null, name text not null);
insert into customer values (1, 'a', 'Ada'), (7001, 'b', 'zephyr');
create table town (code text primary key);
`;
const POLICY = `
version: 1
preset: development
tables: { customer: { tenant: { column: tenant } }, town: { tenant: shared } }
roles:
  support: { tools: [sql, query], tables: { customer: {} } }
  clerk: { tools: [query], tables: { town: {} } }
`;
const OPENED = `create function find_customers(part text) returns setof customer language sql security definer as $$select * from public.customer$$`;
const MINUTE = 60_000;

describeOnServers('the tool sql on a database that changes', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  let told: OperatorEntry[];
  let passed = 0;
  const genuine = performance.now.bind(performance);
  const passes = (ms: number): void => {
    passed += ms;
  };
  beforeAll(async () => {
    vi.spyOn(performance, 'now').mockImplementation(() => genuine() + passed);
    database = await createDatabase(server, { sql: SQL });
    told = [];
    governed = await govern(database, POLICY, { onOperatorEvent: (entry) => told.push(entry) });
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await governed?.close();
    await database?.drop();
  });
  afterEach(async () => {
    await database.query('drop function if exists find_customers(text)');
    passes(MINUTE);
    told = [];
  });
  const ask = () => governed.call('a', 'sql', { statement: 'select name from customer' });
  /** What another process that opens Ringfence now tells its operator. */
  const heardOnOpening = async (): Promise<readonly string[]> => {
    const heard: OperatorEntry[] = [];
    const another = await createRingfence({
      url: governed.gatewayUrl,
      policy: parsePolicy(POLICY),
      keys: governed.keys,
      onOperatorEvent: (entry) => heard.push(entry),
    });
    await another.close();
    return heard.map(({ message }) => message);
  };
  const withheld = () => told.filter(({ kind }) => kind === 'sql_withheld').map(({ message }) => message);

  it('is served while nothing is within reach', async () => {
    expect(await ask()).toMatchObject({ decision: 'allowed', rows: [{ name: 'Ada' }] });
    passes(MINUTE);
    expect(await ask()).toMatchObject({ decision: 'allowed' });
    expect(told).toEqual([]);
  });

  it('is withheld within a minute of a function that everybody may execute, while other tools go on', async () => {
    expect(await ask()).toMatchObject({ decision: 'allowed' });
    await database.query(OPENED);
    passes(MINUTE);
    const answer = await ask();
    expect(answer).toMatchObject({ decision: 'denied', code: 'tool_not_allowed', rule: 'sql.reach' });
    expect(JSON.stringify(answer)).not.toMatch(/find_customers|function|owner|zephyr/);
    expect(await governed.call('a', 'query', { table: 'customer' })).toMatchObject({ decision: 'allowed' });
    expect(withheld()).toEqual([
      expect.stringContaining(
        'withheld from support: function public.find_customers(text) runs with the rights of its owner postgres',
      ),
    ]);
    expect(await eventsOf(database, answer.event)).toMatchObject([
      { action: 'sql', decision: { effect: 'denied', rule: 'sql.reach' } },
    ]);
  });

  it('is served again within a minute of its being mended', async () => {
    await database.query(OPENED);
    passes(MINUTE);
    expect(await ask()).toMatchObject({ decision: 'denied', rule: 'sql.reach' });
    await database.query('revoke execute on function find_customers(text) from public');
    expect(await ask()).toMatchObject({ decision: 'denied', rule: 'sql.reach' });
    passes(MINUTE);
    expect(await ask()).toMatchObject({ decision: 'allowed', rows: [{ name: 'Ada' }] });
  });

  it('is withheld from the first call where something was within reach when Ringfence opened', async () => {
    await database.query(OPENED);
    expect(await heardOnOpening()).toEqual([
      expect.stringContaining('withheld from support: function public.find_customers(text) '),
    ]);
  });

  it.each([
    [
      'a fence that was taken down, of a table that everybody may read',
      'grant select on customer to public; drop policy ringfence_fence on customer',
      `create policy ringfence_fence on customer as restrictive to ringfence_slice_support, ringfence_gateway using (false);
        revoke select on customer from public`,
      'table public.customer can be read by everybody',
    ],
    [
      'row security that was switched off',
      'alter table customer disable row level security',
      'alter table customer enable row level security',
      'row security of public.customer was switched off',
    ],
    [
      'a role that owns the views and passes row security by',
      'alter role ringfence_view_support bypassrls',
      'alter role ringfence_view_support nobypassrls',
      'role ringfence_view_support is not bound by row security',
    ],
    [
      'a role that was made a member of another',
      'grant pg_monitor to ringfence_slice_support',
      'revoke pg_monitor from ringfence_slice_support',
      'membership of ringfence_slice_support in pg_monitor',
    ],
    [
      'a table of its own that Ringfence keeps for itself',
      'grant select on ringfence.leaf to public',
      'revoke select on ringfence.leaf from public',
      'table ringfence.leaf can be read by everybody',
    ],
  ])('notices %s', async (_, open, close, named) => {
    await database.query(open);
    passes(MINUTE);
    expect(await ask()).toMatchObject({ decision: 'denied', rule: 'sql.reach' });
    expect(await heardOnOpening()).toEqual([expect.stringContaining(`withheld from support: ${named}`)]);
    await database.query(close);
    passes(MINUTE);
    expect(await ask()).toMatchObject({ decision: 'allowed', rows: [{ name: 'Ada' }] });
  });
});
