/** The product beside Ringfence: its migrations, its triggers, its defaults. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { within } from '../../src/boundary/propagation.js';
import type { OperatorEntry } from '../../src/operator-log.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createRingfence } from '../../src/ringfence.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

const SQL = `
create table item (id int generated always as identity primary key, org text not null, name text not null, slug text, touched timestamptz);
create table item_log (item_id int, what text);
create function slug_of(name text) returns text language sql immutable as $$ select lower(replace(name, ' ', '-')) $$;
create function fill_slug() returns trigger language plpgsql as $$ begin new.slug := slug_of(new.name); new.touched := now(); return new; end $$;
create trigger fill before insert or update on item for each row execute function fill_slug();
create function log_item() returns trigger language plpgsql security definer as $$ begin insert into item_log values (new.id, tg_op); return new; end $$;
create trigger log after insert or update on item for each row execute function log_item();
create table fragile (id int generated always as identity primary key, org text not null, name text);
create function needs_rights() returns trigger language plpgsql as $$ begin insert into item_log values (new.id, tg_op); return new; end $$;
create trigger needs after insert on fragile for each row execute function needs_rights();
`;
const POLICY = `
version: 1
preset: development
tables: { item: { tenant: { column: org } }, fragile: { tenant: { column: org } } }
roles:
  support:
    tools: [query, get, create, update]
    tables:
      item: { create: [name], update: [name] }
      fragile: { create: [name] }
`;

describeOnServers('a product that goes on changing', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  const said: OperatorEntry[] = [];
  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    governed = await govern(database, POLICY, { onOperatorEvent: (entry) => said.push(entry) });
  });
  afterAll(async () => {
    await governed?.close();
    await database.drop();
  });

  it('keeps its triggers, which find their own names unqualified', async () => {
    expect(await governed.call('a', 'create', { table: 'item', values: { name: 'Big Box' } })).toMatchObject({
      decision: 'allowed',
      rows: [{ name: 'Big Box', slug: 'big-box' }],
    });
    expect(await database.query('select what from item_log')).toEqual([{ what: 'INSERT' }]);
  });

  it('has a trigger that lacks a right: the call fails whole, and the operator is told why', async () => {
    const decision = await governed.call('a', 'create', { table: 'fragile', values: { name: 'x' } });
    expect(decision).toMatchObject({ decision: 'failed', code: 'internal' });
    expect(JSON.stringify(decision)).not.toContain('item_log');
    expect(await database.query('select from fragile')).toHaveLength(0);
    const told = said.find(({ kind }) => kind === 'call_failed');
    expect(told?.message).toContain(decision.event);
    expect(String(told?.cause)).toContain('item_log');
  });

  it('adds a column: agents do not see it until the policy is applied again, and everything else goes on', async () => {
    await database.query('alter table item add column note text default $$new$$');
    const told: OperatorEntry[] = [];
    const restarted = await createRingfence({
      url: governed.gatewayUrl,
      keys: governed.keys,
      policy: parsePolicy(POLICY),
      onOperatorEvent: (entry) => told.push(entry),
    });
    const boundary = restarted.trustedBoundary({
      tenant: 'a',
      user: 'u',
      role: 'support',
      actor: { kind: 'agent', id: 'x' },
    });
    const decision = await within(boundary, () => restarted.call('query', { table: 'item' }));
    expect(decision).toMatchObject({ decision: 'allowed', rows: [{ slug: 'big-box' }] });
    expect(JSON.stringify(decision)).not.toContain('"note"');
    expect(told).toMatchObject([{ kind: 'policy_waits', message: expect.stringContaining('item.note') }]);
    await restarted.close();
  });

  it('records which rows were named and not met', async () => {
    await governed.call('b', 'get', { table: 'item', id: 1 });
    await governed.call('b', 'update', { table: 'item', id: 1, values: { name: 'y' } });
    await governed.call('b', 'query', { table: 'item', where: { org: 'a' } });
    await governed.ringfence.sequence();
    const blocked = await database.query<{ blocked: string[] }>(
      "select convert_from(l.leaf, 'UTF8')::jsonb -> 'event' -> 'blocked' as blocked from ringfence.leaf l join ringfence.stream s using (log) where s.tenant = 'b' order by l.seq",
    );
    expect(blocked.map((row) => row.blocked)).toEqual([['item#1'], ['item#1'], ['item.org']]);
  });
});
