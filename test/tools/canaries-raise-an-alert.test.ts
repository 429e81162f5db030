/**
 * A canary that is seen where it has no business: the answer does not leave, an event says so, and the operator is told which one. The leak is
 * one that no boundary can hold: code of the product's that remembers, in the process, what it read for somebody else.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { within } from '../../src/boundary/propagation.js';
import type { OperatorEntry } from '../../src/operator-log.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createRingfence, type Ringfence } from '../../src/ringfence.js';
import { defineTool, Refusal } from '../../src/tools/define-tool.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { chainedLeaves, type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

const policy = (canaries: string): string => `
version: 1
preset: development
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { note: { tenant: { column: org } } }
${canaries}
tools: { latest: { effect: read }, file: { effect: write }, send: { effect: external } }
roles:
  support:
    reach: tenant
    tools: [describe_schema, query, get, sql, create, update, latest, file, send]
    tables: { note: { create: all, update: [body, extra, raw] } }
`;
const CANARIES = 'canaries: { books: { belongs: tenant }, vault: { belongs: nobody } }';

/** What the product's code keeps of the last note that anybody read: the bug. */
let cache: unknown = null;
const shape = { output: z.unknown(), input: z.object({ how: z.string().optional() }) };
const latest = defineTool({
  ...shape,
  name: 'latest',
  description: 'The newest note.',
  effect: 'read',
  async run({ how }, { client }) {
    if (cache === null) cache = (await client.query('select body from note order by id desc limit 1')).rows;
    const body = JSON.stringify(cache);
    if (how === 'refusal') throw new Refusal(`Not while there is ${body}.`, `Look at ${body}.`);
    if (how === 'base64') return { attachment: Buffer.from(body).toString('base64') };
    return cache;
  },
});
const file = defineTool({
  ...shape,
  name: 'file',
  description: 'Files a note.',
  effect: 'write',
  async run(_, { client }) {
    await client.query("insert into note values (50, 'north', 'filed')");
    return cache;
  },
});
const send = defineTool({
  ...shape,
  name: 'send',
  description: 'Sends.',
  effect: 'external',
  run: () => Promise.resolve(cache),
});

const tools = [latest, file, send];

describeOnServers('a canary', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  let ringfence: Ringfence;
  const told: OperatorEntry[] = [];
  let south = '';
  let north = '';
  let vault = '';

  beforeAll(async () => {
    database = await createDatabase(server, {
      sql: 'create table note (id int primary key, org text not null, body text, extra jsonb, raw bytea, list text[])',
    });
    governed = await govern(database, policy(CANARIES), { tools });
    ({ north, south, vault } = {
      north: governed.ringfence.canary('books', 'north'),
      south: governed.ringfence.canary('books', 'south'),
      vault: governed.ringfence.canary('vault'),
    });
    await database.query(`insert into note values
      (1, 'north', 'ours: ${north}', null, null, null),
      (2, 'south', 'theirs: ${south}', null, null, null),
      (3, 'north', 'clean', null, null, null)`);
  });
  beforeEach(async () => {
    // Another process each time: one of them lets five alerts of a canary through in a minute.
    ringfence = await createRingfence({
      url: governed.gatewayUrl,
      policy: parsePolicy(policy(CANARIES)),
      keys: governed.keys,
      tools,
      onOperatorEvent: (entry) => told.push(entry),
    });
    told.length = 0;
    cache = [{ body: `theirs: ${south}` }];
  });
  afterEach(() => ringfence.close());
  afterAll(async () => {
    await governed?.close();
    await database.drop();
  });

  const call = (tool: string, input: unknown, options = {}) =>
    within(governed.boundary({ tenant: 'north' }), () => ringfence.call(tool, input, options));
  const events = () =>
    chainedLeaves<{
      event_id: string;
      event: { decision: { effect: string; rule: string; code?: string }; parent_event?: string };
    }>(governed, database);
  /** No value of a canary's may be kept or told. */
  const nowhere = async (...kept: unknown[]): Promise<void> => {
    const text = JSON.stringify([...kept, told, (await events()).slice(-6)]);
    for (const value of [south, vault]) {
      expect(text).not.toContain(value);
      expect(text).not.toContain(Buffer.from(value).toString('base64').slice(4, -4));
    }
  };

  it('of another tenant leaks by a cache in the product’s code where nobody watches', async () => {
    const raw = await govern(database, policy(''), { tools, keys: governed.keys });
    cache = null;
    expect(JSON.stringify(await raw.call('south', 'latest', {}))).toContain(south);
    expect(JSON.stringify(await raw.call('north', 'latest', {}))).toContain(south);
    await raw.close();
    await (await govern(database, policy(CANARIES), { tools, keys: governed.keys })).close();
  });

  it('of another tenant is withheld from an answer, and the operator is told', async () => {
    const decision = await call('latest', {});
    expect(decision).toMatchObject({
      decision: 'failed',
      code: 'internal',
      rule: 'roles.support.tools.latest',
    });
    expect(JSON.stringify(decision)).not.toMatch(/canar|theirs/);
    expect(told).toEqual([
      expect.objectContaining({
        kind: 'canary_seen',
        canary: 'books',
        tool: 'latest',
        event: decision.event,
      }),
    ]);
    const event = (await events()).at(-1);
    expect(event?.event.decision).toMatchObject({
      effect: 'failed',
      rule: 'canaries.books',
      code: 'internal',
    });
    await nowhere(decision);
  });

  it('is told of by a mark that says whose it is, to whoever can make canaries', async () => {
    await call('latest', {});
    expect(told[0]?.message).toContain(`mark ${south.slice(9, 17)}`);
  });

  it('of a tenant’s own may be seen inside its boundary', async () => {
    expect(await call('query', { table: 'note', where: { id: 1 } })).toMatchObject({
      rows: [{ body: `ours: ${north}` }],
    });
    expect(await call('query', { table: 'note', where: { body: { contains: north } } })).toMatchObject({
      decision: 'allowed',
    });
    expect(told).toEqual([]);
  });

  it.each(['base64', 'refusal'])('is withheld from an output by %s', async (how) => {
    const decision = await call('latest', { how });
    expect(decision).toMatchObject({ decision: 'failed', code: 'internal' });
    expect(told).toHaveLength(1);
    await nowhere(decision);
  });

  it('takes a write back that would have answered with it', async () => {
    const decision = await call('file', {});
    expect(decision).toMatchObject({
      decision: 'failed',
      code: 'internal',
      reason: expect.stringContaining('nothing'),
    });
    expect(await database.query('select from note where id = 50')).toEqual([]);
    expect(told).toHaveLength(1);
  });

  it('in the answer of what acted outside is an outcome that is not known', async () => {
    expect(await call('send', {})).toMatchObject({ decision: 'failed', code: 'outcome_unknown' });
    expect(told[0]).toMatchObject({ canary: 'books', tool: 'send' });
  });

  it.each([
    ['text', 'body', (value: string) => `note: ${value}.`],
    ['jsonb, deep', 'extra', (value: string) => JSON.stringify({ a: [{ b: { c: value } }] })],
    ['the name of a member of jsonb', 'extra', (value: string) => JSON.stringify({ [value]: 1 })],
    ['bytes', 'raw', (value: string) => `\\x${Buffer.from(value).toString('hex')}`],
    ['an array', 'list', (value: string) => `{a,${value},b}`],
  ])('that belongs to nobody is withheld from a row: %s', async (_, column, written) => {
    await database.query(`update note set ${column} = $1 where id = 3`, [written(vault)]);
    const reads: readonly (readonly [string, object])[] = [
      ['query', { table: 'note', where: { id: 3 } }],
      ['get', { table: 'note', id: 3 }],
      ['sql', { statement: 'select * from note where id = 3' }],
    ];
    for (const [tool, input] of reads) {
      told.length = 0;
      const decision = await call(tool, input);
      expect(decision, tool).toMatchObject({ decision: 'failed', code: 'internal' });
      expect(told, tool).toEqual([expect.objectContaining({ canary: 'vault', tool, event: decision.event })]);
      // The call has its own event, which says that it was allowed; the second says what came of it.
      const [first, second] = (await events()).slice(-2);
      expect(first?.event.decision.effect).toBe('allowed');
      expect(second?.event).toMatchObject({
        decision: { effect: 'failed', rule: 'canaries.vault' },
        parent_event: first?.event_id,
      });
      await nowhere(decision);
    }
    await database.query(`update note set ${column} = null where id = 3`);
  });

  it('is withheld from what a statement makes of it, in base64, in upper case or as a name', async () => {
    await database.query('update note set body = $1 where id = 3', [vault]);
    for (const sql of [
      "select encode(convert_to(body, 'UTF8'), 'base64') as x from note where id = 3",
      "select encode(convert_to('a' || body, 'UTF8'), 'hex') as x from note where id = 3",
      'select upper(body) as x from note where id = 3',
      'select jsonb_build_object(body, 1) as x from note where id = 3',
      'select array_agg(body) as x from note',
    ]) {
      told.length = 0;
      expect(await call('sql', { statement: sql }), sql).toMatchObject({ decision: 'failed' });
      expect(told, sql).toHaveLength(1);
    }
    await database.query("update note set body = 'clean' where id = 3");
  });

  it('in the row that a write gives back leaves the write made, and says so', async () => {
    await database.query('update note set body = $1 where id = 3', [vault]);
    const decision = await call('update', { table: 'note', id: 3, values: { extra: { seen: true } } });
    expect(decision).toMatchObject({
      decision: 'failed',
      code: 'outcome_unknown',
      suggestion: expect.stringContaining('before you repeat'),
    });
    expect(await database.query('select from note where id = 3 and extra is not null')).toHaveLength(1);
    await database.query("update note set body = 'clean', extra = null where id = 3");
  });

  it.each<[string, () => [string, unknown, object]]>([
    ['a value', () => ['query', { table: 'note', where: { body: vault } }, {}]],
    ['text around it', () => ['query', { table: 'note', where: { body: { contains: `is ${vault}?` } } }, {}]],
    ['a name of a member', () => ['query', { table: 'note', where: { [vault]: 1 } }, {}]],
    ['a statement', () => ['sql', { statement: `select '${vault}'` }, {}]],
    ['a new row', () => ['create', { table: 'note', values: { id: 60, body: vault } }, {}]],
    ['the input of a tool of the product', () => ['latest', { how: vault }, {}]],
    ['the name of a tool', () => [`tool_${vault}`, {}, {}]],
    ['a reason', () => ['query', { table: 'note' }, { reason: `the prompt says ${vault}` }]],
    ['a correlation id', () => ['query', { table: 'note' }, { correlationId: vault }]],
    ['another tenant’s, in a value', () => ['query', { table: 'note', where: { body: south } }, {}]],
    [
      'a reason in the input',
      () => ['update', { table: 'note', id: 3, values: { body: 'x' }, reason: vault }, {}],
    ],
  ])('that a call brings along is never let in: %s', async (_, make) => {
    const [tool, input, options] = make();
    const before = (await events()).length;
    const decision = await call(tool, input, options);
    expect(decision).toMatchObject({ decision: 'failed', code: 'internal', rule: 'gate.prepare' });
    expect(told).toEqual([expect.objectContaining({ kind: 'canary_seen', event: decision.event })]);
    const after = await events();
    expect(after).toHaveLength(before + 1);
    expect(after.at(-1)?.event.decision.rule).toMatch(/^canaries\.(vault|books)$/);
    await nowhere(decision, after.at(-1));
    expect(await database.query("select from note where id = 60 or body = 'x'")).toEqual([]);
  });

  it('does not trip over input that leads back to itself, or that cannot be read', async () => {
    const circle: Record<string, unknown> = { table: 'note' };
    circle.where = circle;
    expect((await call('query', circle)).decision).not.toBe('allowed');
    const throwing = Object.defineProperty({}, 'table', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(await call('query', throwing)).toMatchObject({ decision: 'failed', code: 'internal' });
    expect(told.filter(({ kind }) => kind === 'canary_seen')).toEqual([]);
  });
});
