/** Tools of the product's own: their code is held to the boundary by the database, and recorded with what it did. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { Denied, Failed } from '../../src/tools/decision.js';
import { defineTool, Refusal } from '../../src/tools/define-tool.js';
import { manifestOf } from '../../src/tools/manifest.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { chainedLeaves, type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

const SQL = `
create table customer (id int primary key, org text not null, name text not null);
create table invoice (id int primary key, customer_id int not null references customer, total numeric not null, state text not null default 'open');
create table rate (code text primary key, percent int not null);
create table ours (id int primary key, word text);
insert into customer values (1, 'north', 'Ada'), (2, 'north', 'Bo'), (3, 'south', 'Eve');
insert into invoice values (10, 1, 5, 'open'), (11, 2, 7, 'open'), (30, 3, 9, 'open');
insert into rate values ('std', 20);
`;
const POLICY = `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables:
  customer: { tenant: { column: org } }
  invoice: { tenant: { via: customer } }
  rate: { tenant: shared }
tools:
  close_invoices: { effect: write }
  everything: { effect: read }
  misbehave: { effect: write }
  call_out: { effect: external }
  pinned: { effect: read, manifest: "sha256:${'0'.repeat(64)}" }
roles:
  support:
    reach: tenant
    tools: [query, close_invoices, everything, misbehave, call_out, pinned]
    tables: { invoice: {}, customer: {} }
  reader: { tools: [query], tables: { customer: {} } }
`;

const seen: string[] = [];
const closeInvoices = defineTool({
  name: 'close_invoices',
  description: 'Closes invoices.',
  effect: 'write',
  input: z.object({ ids: z.array(z.int()), because: z.string().optional() }),
  output: z.object({ closed: z.int(), secret: z.string() }),
  inBoundary: { ids: 'invoice' },
  redact: ({ closed }) => ({ closed }),
  async run({ ids, because }, { client }) {
    // Every invoice there is, and no word of a tenant.
    const { rowCount } = await client.query("update invoice set state = 'closed' where id = any ($1) or $2", [
      ids,
      because === 'all',
    ]);
    if (because === 'no') throw new Refusal('Not today.', 'Try tomorrow.');
    return { closed: rowCount ?? 0, secret: 'for the product alone' };
  },
});
const everything = defineTool({
  name: 'everything',
  description: 'Reads whatever it can.',
  effect: 'read',
  input: z.object({ write: z.boolean().optional() }),
  output: z.unknown(),
  async run({ write }, { client }) {
    if (write) await client.query("insert into customer values (9, 'north', 'New')");
    const { rows } = await client.query(
      'select name, total, percent from customer join invoice on customer_id = customer.id, rate order by 1',
    );
    return rows;
  },
});
const misbehave = defineTool({
  name: 'misbehave',
  description: 'Does what it should not.',
  effect: 'write',
  input: z.object({ how: z.string(), more: z.unknown().optional() }),
  output: z.looseObject({ ok: z.literal(true) }),
  async run({ how }, { client }) {
    await client.query("insert into customer values (100, 'north', 'half-done')");
    if (how === 'commit') await client.query('commit');
    if (how === 'throw') throw new Error('words for the operator');
    if (how === 'foreign') await client.query("insert into customer values (101, 'south', 'planted')");
    if (how === 'unlisted') await client.query('select * from ours');
    if (how === 'slow') await client.query('select pg_sleep(30)');
    if (how === 'output') return { ok: false as never };
    if (how === 'large') return { ok: true, more: 'x'.repeat(2_000_000) } as never;
    if (how === 'nested') {
      await client.query('begin');
      await client.query("insert into customer values (102, 'north', 'nested')");
      await client.query('rollback');
      await client.query('begin');
      await client.query("insert into customer values (103, 'north', 'kept')");
      await client.query('commit');
    }
    if (how === 'late')
      setTimeout(() => void client.query('select 1').catch((error: Error) => seen.push(error.message)), 20);
    return { ok: true };
  },
});
const callOut = defineTool({
  name: 'call_out',
  description: 'Acts outside.',
  effect: 'external',
  input: z.object({ fail: z.boolean().optional() }),
  output: z.string(),
  async run({ fail }) {
    if (fail) throw new Error('the other side hung up');
    return 'called';
  },
});
const pinned = defineTool({
  name: 'pinned',
  description: 'Is not what was accepted.',
  effect: 'read',
  input: z.object({}),
  output: z.string(),
  run: () => Promise.resolve('never'),
});

const tools = [closeInvoices, everything, misbehave, callOut, pinned];

describeOnServers('a tool of the product', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  const said: string[] = [];

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    governed = await govern(database, POLICY, {
      tools,
      onOperatorEvent: ({ message }) => said.push(message),
    });
  });
  afterAll(async () => {
    await governed?.close();
    await database.drop();
  });

  const call = (tool: string, input: unknown, tenant = 'north') => governed.call(tenant, tool, input);
  const customers = async () =>
    (await database.query<{ name: string }>('select name from customer order by id')).map(({ name }) => name);
  const events = async () =>
    (
      await chainedLeaves<{
        event: Record<string, unknown> & { decision: { effect: string; code?: string } };
      }>(governed, database)
    ).map(({ event }) => event);

  it('sees the rows of its boundary through the product’s own names, and no others', async () => {
    expect(await call('everything', {})).toMatchObject({
      decision: 'allowed',
      output: [
        { name: 'Ada', total: '5', percent: 20 },
        { name: 'Bo', total: '7', percent: 20 },
      ],
    });
    expect(await call('everything', {}, 'south')).toMatchObject({ output: [{ name: 'Eve' }] });
  });

  it('writes inside its boundary alone, however widely it writes', async () => {
    expect(await call('close_invoices', { ids: [10], because: 'all' })).toMatchObject({
      decision: 'allowed',
      output: { closed: 2 },
    });
    expect(await database.query("select id from invoice where state = 'closed' order by id")).toEqual([
      { id: 10 },
      { id: 11 },
    ]);
    const event = (await events()).findLast(({ action }) => action === 'close_invoices');
    expect(event).toMatchObject({
      decision: { effect: 'allowed' },
      statements: [{ command: 'UPDATE', rows: 2 }],
    });
    expect(JSON.stringify(event)).not.toContain('secret');
  });

  it('is never run with an id from outside, which is refused as one from nowhere is', async () => {
    const outside = await call('close_invoices', { ids: [10, 30] });
    const nowhere = await call('close_invoices', { ids: [10, 999] });
    expect(outside).toMatchObject({ decision: 'denied', code: 'not_found' });
    const { event: _, ms: __, ...told } = outside as Denied;
    expect(nowhere).toMatchObject(told);
    expect((await database.query("select from invoice where id = 30 and state = 'open'")).length).toBe(1);
  });

  it('says no with words of its own, and leaves nothing behind', async () => {
    await database.query("update invoice set state = 'open'");
    expect(await call('close_invoices', { ids: [10], because: 'no' })).toMatchObject({
      decision: 'denied',
      code: 'tool_refused',
      reason: 'Not today.',
      suggestion: 'Try tomorrow.',
    });
    expect(await database.query("select from invoice where state <> 'open'")).toEqual([]);
  });

  it('that only reads cannot write', async () => {
    const before = await customers();
    expect(await call('everything', { write: true })).toMatchObject({ decision: 'failed' });
    expect(await customers()).toEqual(before);
  });

  it.each(['commit', 'throw', 'foreign', 'unlisted', 'output', 'large'])(
    'leaves nothing behind and tells nothing when it fails by %s',
    async (how) => {
      const before = { customers: await customers(), events: (await events()).length };
      const decision = (await call('misbehave', { how })) as Failed;
      expect(decision.decision).toBe('failed');
      expect(JSON.stringify(decision)).not.toMatch(/operator|planted|half|south/);
      expect(await customers()).toEqual(before.customers);
      expect((await events()).length).toBe(before.events + 1);
      expect((await events()).at(-1)).toMatchObject({
        action: 'misbehave',
        decision: { effect: 'failed', code: decision.code },
      });
    },
  );

  it('is stopped when it takes too long', async () => {
    const strict = await govern(
      database,
      POLICY.replace('reach: tenant\n', 'reach: tenant\n    limits: { timeout_ms: 200 }\n'),
      { tools, keys: governed.keys, onOperatorEvent: () => {} },
    );
    try {
      expect(await strict.call('north', 'misbehave', { how: 'slow' })).toMatchObject({ decision: 'failed' });
    } finally {
      await strict.close();
      await govern(database, POLICY, { tools, keys: governed.keys, onOperatorEvent: () => {} }).then(
        (again) => again.close(),
      );
    }
  });

  it('may open transactions of its own, which are parts of the call', async () => {
    expect(await call('misbehave', { how: 'nested' })).toMatchObject({ decision: 'allowed' });
    expect(await customers()).toEqual(['Ada', 'Bo', 'Eve', 'half-done', 'kept']);
    await database.query('delete from customer where id >= 100');
  });

  it('gets no answer from the connection once its call is over', async () => {
    await call('misbehave', { how: 'late' });
    await expect.poll(() => seen).toEqual(['The call that this connection was lent for is over.']);
    await database.query('delete from customer where id >= 100');
  });

  it.each([
    ['a text', { how: 'a\u0000b' }, /"how" is wrong: text with a NUL/],
    ['a text of a list', { how: 'x', more: [{ words: ['ok', '\u0000'] }] }, /"more\.0\.words\.1" is wrong/],
    ['a name', { how: 'x', more: { 'a\u0000b': 1 } }, /"more\.a\\u0000b" is wrong/],
  ])('is not run with a NUL in %s, and the agent is told what to do', async (_, input, reason) => {
    expect(await call('misbehave', input)).toMatchObject({
      decision: 'denied',
      code: 'input_invalid',
      rule: 'tools.misbehave.input',
      reason: expect.stringMatching(reason),
      suggestion: 'Leave the character U+0000 out.',
    });
  });

  it('can be tried and taken back', async () => {
    const before = await customers();
    expect(await governed.call('north', 'misbehave', { how: '' }, { dry: true })).toMatchObject({
      decision: 'allowed',
    });
    expect(await customers()).toEqual(before);
  });

  it('that acts outside is recorded before and after, and cannot be tried', async () => {
    const before = (await events()).length;
    expect(await call('call_out', {})).toMatchObject({ decision: 'allowed', output: 'called' });
    expect(await call('call_out', { fail: true })).toMatchObject({
      decision: 'failed',
      code: 'outcome_unknown',
    });
    expect(await governed.call('north', 'call_out', {}, { dry: true })).toMatchObject({
      code: 'tool_refused',
    });
    const [first, second, third, fourth, fifth] = (await events()).slice(before);
    expect([first, second, third, fourth, fifth].map((event) => event?.decision.effect)).toEqual([
      'allowed',
      'allowed',
      'allowed',
      'failed',
      'denied',
    ]);
    expect(second).toHaveProperty('parent_event');
    expect(fourth).toHaveProperty('parent_event');
  });

  it('that differs from what was accepted is not served, and the operator is told how to accept it', async () => {
    expect(await call('pinned', {})).toMatchObject({
      decision: 'denied',
      code: 'tool_not_allowed',
      rule: 'tools.pinned.manifest',
    });
    expect(said.join()).toContain(manifestOf(pinned));
  });

  it('is not for a role that does not have it', async () => {
    expect(await governed.call({ tenant: 'north', role: 'reader' }, 'everything', {})).toMatchObject({
      decision: 'denied',
      code: 'tool_not_allowed',
    });
  });

  it('must be the tool that the policy speaks of', async () => {
    const open = (given: typeof tools) => govern(database, POLICY, { tools: given, keys: governed.keys });
    await expect(open(tools.slice(1))).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(open([...tools, defineTool({ ...everything, name: 'other' })])).rejects.toMatchObject({
      code: 'config_invalid',
    });
    await expect(
      open([...tools.slice(0, 4), defineTool({ ...pinned, effect: 'write' })]),
    ).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(
      govern(database, POLICY.replace('query, close_invoices', 'query, close_invoice'), {
        tools,
        keys: governed.keys,
      }),
    ).rejects.toThrow('did you mean close_invoices');
  });
});
