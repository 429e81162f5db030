import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer, isolatedServer } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { AS_WRITER, NOTES_SQL, writeNotesPolicy } from './support/two-tenants.js';

const QUERY = '{"tool":"query","input":{"table":"note","order":["id"]}}';
const create = (body: string): string =>
  JSON.stringify({ tool: 'create', input: { table: 'note', values: { body } } });

describe('try', () => {
  let database: TestDatabase;
  let place: Workplace;
  const calls = async (input: string | Buffer, ...args: string[]): Promise<Record<string, unknown>[]> =>
    (await succeed(place, ['try', ...AS_WRITER, ...args], { input })).lines();
  const notes = async (): Promise<unknown[]> =>
    await database.query('select org, body from note order by id');

  beforeAll(async () => {
    database = await createDatabase(embeddedServer, { sql: NOTES_SQL });
    place = await workplace({ DATABASE_URL: database.url });
    await writeNotesPolicy(place);
    await succeed(place, ['apply']);
  });
  afterAll(async () => {
    await database.drop();
  });

  it('answers every call with every key, in order, and knows only its own tenant', async () => {
    const answers = await calls(
      `${QUERY}\n{"tool":"get","input":{"table":"note","id":3}}\n{"tool":"nope","input":{}}\n`,
    );
    const keys = ['decision', 'rule', 'reason', 'code', 'rows', 'truncated', 'ms'];
    for (const answer of answers) expect(Object.keys(answer)).toEqual(expect.arrayContaining(keys));
    expect(answers).toMatchObject([
      {
        decision: 'allowed',
        reason: null,
        code: null,
        rows: [{ body: 'first' }, { body: 'second' }],
        truncated: false,
        tool: 'query',
      },
      { decision: 'allowed', code: 'not_found', rows: [], tool: 'get' },
      {
        decision: 'denied',
        code: 'unknown_tool',
        reason: expect.any(String),
        rows: [],
        suggestion: expect.any(String),
      },
    ]);
    expect(JSON.stringify(answers)).not.toContain('theirs');
  });

  it('denies a line that is no call, and goes on with the next', async () => {
    const lines = [
      'not json',
      '{"tool":"query"',
      '[]',
      '"query"',
      '{"tool":1}',
      '{"input":{}}',
      '{"tool":"query","tenant":"south"}',
      QUERY,
    ];
    const answers = await calls(lines.join('\n'));
    expect(answers.map(({ decision, code }) => [decision, code])).toEqual([
      ...Array.from({ length: 7 }, () => ['denied', 'input_invalid']),
      ['allowed', null],
    ]);
    expect(answers[6]?.reason).toContain('tenant');
  });

  it('takes blank lines, CRLF, a byte order mark and a last line without an end', async () => {
    const answers = await calls(`\ufeff${QUERY}\r\n\r\n\n${QUERY}`);
    expect(answers.map(({ decision }) => decision)).toEqual(['allowed', 'allowed']);
  });

  it('denies a line that is too long or not UTF-8, and goes on', async () => {
    const long = Buffer.alloc(3_000_000, 'x');
    const latin = Buffer.from([0x22, 0xe9, 0x22]);
    const answers = await calls(Buffer.concat([long, Buffer.from('\n'), latin, Buffer.from(`\n${QUERY}`)]));
    expect(answers.map(({ decision, reason }) => [decision, reason])).toEqual([
      ['denied', expect.stringContaining('longer')],
      ['denied', expect.stringContaining('UTF-8')],
      ['allowed', null],
    ]);
  });

  it('reads a file, and nothing from an empty one', async () => {
    await writeFile(place.path('calls.jsonl'), `${QUERY}\n`);
    await writeFile(place.path('none.jsonl'), '');
    expect(await calls('', 'calls.jsonl')).toHaveLength(1);
    expect(await calls('', 'none.jsonl')).toEqual([]);
  });

  it('writes, and with --dry only says what it would have written; the ledger tells the two apart', async () => {
    const before = await notes();
    const [dry] = await calls(create('tried'), '--dry');
    expect(dry).toMatchObject({ decision: 'allowed', rows: [{ body: 'tried' }] });
    expect(await notes()).toEqual(before);
    const [wet] = await calls(create('kept'));
    expect(wet).toMatchObject({ decision: 'allowed' });
    expect(await notes()).toEqual([...before, { org: 'north', body: 'kept' }]);
    const events = (await succeed(place, ['audit', 'show', '--limit', '2', '--json'])).lines<{
      eventId: string;
      event: object;
    }>();
    expect(events.map(({ eventId, event }) => [eventId, 'dry' in event])).toEqual([
      [wet?.event, false],
      [dry?.event, true],
    ]);
  });

  it('acts as the operator, or as the agent it is told to be, in one run', async () => {
    await calls(`${QUERY}\n${QUERY}`, '--agent', 'support-desk');
    const events = (await succeed(place, ['audit', 'show', '--limit', '2', '--json'])).lines<{
      boundary: { actor: string; actor_kind: string; run: string };
    }>();
    expect(events.map(({ boundary }) => [boundary.actor_kind, boundary.actor])).toEqual([
      ['agent', 'support-desk'],
      ['agent', 'support-desk'],
    ]);
    expect(new Set(events.map(({ boundary }) => boundary.run)).size).toBe(1);
  });

  it('connects where RINGFENCE_GATEWAY_URL says, and needs no administrator then', async () => {
    const { gateway_password: password } = JSON.parse(
      await readFile(place.path('.ringfence/keys.json'), 'utf8'),
    );
    const url = database.urlFor({ name: 'ringfence_gateway', password });
    const env = { DATABASE_URL: '', RINGFENCE_GATEWAY_URL: url };
    expect((await succeed(place, ['try', ...AS_WRITER], { input: QUERY, env })).lines()).toHaveLength(1);
  });

  it('ends with 4 where the database goes away between two calls, having answered the first', async () => {
    const server = await isolatedServer(embeddedServer);
    const admin = server.url('postgres', server.superuser, server.superuserPassword);
    const elsewhere = await workplace({ DATABASE_URL: admin });
    await writeNotesPolicy(elsewhere);
    const client = new pg.Client({ connectionString: admin });
    await client.connect();
    await client.query(NOTES_SQL);
    await client.end();
    await succeed(elsewhere, ['apply']);
    const { child, ended } = elsewhere.start(['try', ...AS_WRITER]);
    child.stdin.write(`${QUERY}\n`);
    await once(child.stdout, 'data');
    await server.stop();
    child.stdin.end(`${QUERY}\n`);
    const run = await ended;
    expect([run.exit, run.lines().length]).toEqual([4, 1]);
    expect(run.stderr).toContain('code database_lost, exit 4');
    expect((await elsewhere.run(['try', ...AS_WRITER], { input: QUERY })).exit).toBe(4);
  });

  it('stops quietly, and calls nothing more, where nobody reads the answers any longer', async () => {
    const before = await notes();
    const { child, ended } = place.start(['try', ...AS_WRITER]);
    child.stdin.write(`${QUERY}\n`);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    child.stdin.end(Array.from({ length: 200 }, (_, at) => create(`unread ${at}`)).join('\n'));
    const { exit, stderr } = await ended;
    expect([exit, stderr]).toEqual([0, '']);
    // The first answer nobody took is the one that told it so.
    expect((await notes()).length).toBeLessThanOrEqual(before.length + 1);
  });

  it('ends with 130 on Ctrl-C, having answered what it could', async () => {
    const { child, ended } = place.start(['try', ...AS_WRITER]);
    child.stdin.write(`${QUERY}\n`);
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ exit: 130, stdout: expect.stringContaining('"decision":"allowed"') });
  });
});
