/** A caller that no longer wants an answer: whatever the call waits for, it ends, and its event says so. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineTool } from '../../src/tools/define-tool.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { eventsOf } from './support/events.js';

/** Longer than a test may take. */
const POLICY = `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { ticket: { tenant: { column: org } } }
tools: { escalate: { effect: write } }
roles:
  support:
    reach: tenant
    limits: { timeout_ms: 120000 }
    tools: [query, aggregate, update, escalate]
    tables: { ticket: { update: [title] } }
`;
const escalate = defineTool({
  name: 'escalate',
  description: 'Escalates.',
  effect: 'write',
  input: z.object({ id: z.int() }),
  output: z.null(),
  async run({ id }, { client }) {
    await client.query("update ticket set title = 'escalated' where id = $1", [id]);
    return null;
  },
});
const CALLS: readonly [string, object][] = [
  ['query', { table: 'ticket' }],
  ['query', { table: 'ticket', where: { title: { contains: 'x' } } }],
  ['aggregate', { table: 'ticket', metrics: [{ fn: 'count' }] }],
  ['update', { table: 'ticket', id: 1, values: { title: 'written' }, reason: 'test' }],
  ['escalate', { id: 1 }],
];

describeOnServers('a call that is given up', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  beforeAll(async () => {
    database = await createDatabase(server, {
      sql: "create table ticket (id int primary key, org text not null, title text not null); insert into ticket values (1, 'north', 'as it was')",
    });
    governed = await govern(database, POLICY, { tools: [escalate], onOperatorEvent: () => undefined });
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });

  describe.each(CALLS)('%s %j', (tool, input) => {
    it('ends while it waits for somebody else', async () => {
      const blocker = await database.connect();
      await blocker.query('begin; lock table ticket in access exclusive mode');
      const giveUp = new AbortController();
      const calling = governed.call('north', tool, input, { signal: giveUp.signal });
      await expect
        .poll(async () => (await database.query('select from pg_locks where not granted')).length, {
          timeout: 30_000,
        })
        .toBe(1);
      giveUp.abort();
      const decision = await calling;
      await blocker.end();
      await isRecorded(decision);
    });

    it('does not begin where it was given up before', async () => {
      await isRecorded(await governed.call('north', tool, input, { signal: AbortSignal.abort() }));
    });
  });

  const isRecorded = async (decision: { readonly event: string }): Promise<void> => {
    expect(decision).toMatchObject({ decision: 'failed', code: 'timeout' });
    const events = await eventsOf(database, decision.event);
    expect(events).toMatchObject([{ decision: { effect: 'failed', code: 'timeout' } }]);
    expect(await database.query('select title from ticket')).toEqual([{ title: 'as it was' }]);
  };
});
