import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { expectRefusal } from './support/refusal.js';
import { AS_WRITER, NOTES_POLICY, NOTES_SQL, writeNotesPolicy } from './support/two-tenants.js';

const KEYS = '.ringfence/keys.json';

let database: TestDatabase;
let place: Workplace;
beforeAll(async () => {
  database = await createDatabase(embeddedServer, { sql: NOTES_SQL });
  place = await workplace({ DATABASE_URL: database.url });
  await writeNotesPolicy(place);
  await succeed(place, ['apply']);
});
afterAll(async () => {
  await database.drop();
});
beforeEach(async () => {
  await writeNotesPolicy(place);
});

describe('a wrong command line ends with 64', () => {
  it.each([
    [['plan', '--polcy', 'x'], 'Did you mean --policy'],
    [['aply'], 'Did you mean apply'],
    [['plan', 'surplus'], 'Too many arguments'],
    [[], 'Which command'],
    [['audit'], 'Which command'],
    [['try', '--tenant', 'north', '--user', 'ada'], '--role'],
    [['audit', 'show', '--since', 'yesterday'], '24h'],
    [['audit', 'show', '--limit', '0'], '1 to 100000'],
    [['audit', 'show', '--decision', 'maybe'], 'allowed, denied, failed'],
    [['audit', 'show', '--user', 'ada'], '--tenant'],
    [['init', '--single', '--tenant', 'org'], 'exclude'],
    [['audit', 'verify', '--heads', 'nowhere.json'], 'cannot be read'],
    [['try', 'nowhere.jsonl', ...AS_WRITER], 'cannot be read'],
    [['try', '.', ...AS_WRITER], 'cannot be read'],
  ])('%j', async (args, says) => {
    const run = await place.run(args);
    expect({ exit: run.exit, stdout: run.stdout }, run.stderr).toEqual({ exit: 64, stdout: '' });
    expectRefusal(run, 64, 'usage', says);
  });
});

describe('a database that is not there, or not as it should be', () => {
  it('ends with 4 where nothing listens', async () => {
    const url = 'postgres://admin:hunter2@127.0.0.1:1/shop';
    const run = await place.run(['plan', '--url', url]);
    expectRefusal(run, 4, 'database_unreachable', '127.0.0.1:1/shop', 'Is it running');
    expect(run.stderr).not.toContain('hunter2');
  });

  it('ends with 4 where the password is wrong, and says which database, not which password', async () => {
    const run = await place.run(['plan', '--url', database.url.replace(/:[^:@/]+@/, ':hunter2@')]);
    expectRefusal(run, 4, 'database_unreachable', 'password', database.name);
    expect(run.stderr).not.toContain('hunter2');
  });

  it('ends with 4 where the server has no such database', async () => {
    const run = await place.run([
      'init',
      '--url',
      database.url.replace(database.name, 'nowhere'),
      '--out',
      'x.yaml',
    ]);
    expectRefusal(run, 4, 'database_unreachable', 'no such database');
    await expect(stat(place.path('x.yaml'))).rejects.toThrow();
  });

  it('ends with 8 where no database is named, or not with a URL', async () => {
    expectRefusal(await place.run(['plan'], { env: { DATABASE_URL: '' } }), 8, 'config_invalid', '--url');
    expectRefusal(await place.run(['plan', '--url', 'localhost']), 8, 'config_invalid', 'postgres://');
    expectRefusal(
      await place.run(['plan', '--url', 'postgres://a:b@host:port/x']),
      8,
      'config_invalid',
      'malformed',
    );
  });

  it('prefers --url to RINGFENCE_ADMIN_URL, and that to DATABASE_URL', async () => {
    const nowhere = 'postgres://127.0.0.1:1/nowhere';
    const env = { RINGFENCE_ADMIN_URL: nowhere };
    expect((await place.run(['plan'], { env })).exit).toBe(4);
    expect((await place.run(['plan', '--url', database.url], { env })).exit).toBe(0);
    expect((await place.run(['plan'], { env: { RINGFENCE_ADMIN_URL: '' } })).exit).toBe(0);
  });

  it('ends with 5 where it accepts no writes, and changes nothing', async () => {
    await database.query(`alter database ${database.name} set default_transaction_read_only = on`);
    await writeNotesPolicy(place, NOTES_POLICY.replace('[body]', 'all'));
    try {
      expectRefusal(await place.run(['apply']), 5, 'database_read_only', 'Nothing was changed');
      expect((await place.run(['plan'])).exit).toBe(2);
    } finally {
      await database.query(`alter database ${database.name} reset default_transaction_read_only`);
    }
  });

  it('ends with 5 where the gateway could pass row security by', async () => {
    await database.query('alter role ringfence_gateway bypassrls');
    try {
      expectRefusal(await place.run(['try', ...AS_WRITER]), 5, 'database_unsafe', 'ringfence_gateway');
    } finally {
      await database.query('alter role ringfence_gateway nobypassrls');
    }
  });

  it('ends with 4 where the connection is lost in the middle of an apply, and nothing is half-made', async () => {
    const other = await createDatabase(embeddedServer, { sql: NOTES_SQL });
    const holder = await other.connect();
    await holder.query('begin; lock table note in access exclusive mode');
    const applying = place.run(['apply', '--url', other.url]);
    const waiting = `from pg_stat_activity where datname = '${other.name}' and application_name = 'ringfence' and wait_event_type = 'Lock'`;
    await expect.poll(() => database.query(`select pid ${waiting}`), { timeout: 20_000 }).toHaveLength(1);
    await database.query(`select pg_terminate_backend(pid) ${waiting}`);
    expectRefusal(await applying, 4, 'database_lost', 'lost');
    await holder.query('rollback');
    expect(
      await other.query(`select nspname from pg_namespace where nspname ~ '^(ringfence|slice_|scope_)'`),
    ).toEqual([]);
    await other.drop();
  });

  it('ends with 130 on Ctrl-C while it waits for a lock, and then no longer waits in the server either', async () => {
    const other = await createDatabase(embeddedServer, { sql: NOTES_SQL });
    const holder = await other.connect();
    await holder.query('begin; lock table note in access exclusive mode');
    const applying = place.start(['apply', '--url', other.url]);
    const waiting = `select pid from pg_stat_activity where datname = '${other.name}' and application_name = 'ringfence' and wait_event_type = 'Lock'`;
    await expect.poll(() => database.query(waiting), { timeout: 20_000 }).toHaveLength(1);
    applying.child.kill('SIGINT');
    expectRefusal(await applying.ended, 130, 'interrupted');
    expect(await database.query(waiting)).toEqual([]);
    await expect(stat(place.path('.ringfence/keys.json'))).resolves.toBeDefined();
    await holder.query('rollback');
    await other.drop();
  });

  it('ends with 3 where Ringfence is not installed', async () => {
    const other = await createDatabase(embeddedServer, { sql: NOTES_SQL });
    const env = { DATABASE_URL: other.url };
    expectRefusal(await place.run(['try', ...AS_WRITER], { env }), 3, 'policy_unapplied', 'ringfence apply');
    expectRefusal(await place.run(['audit', 'show'], { env }), 3, 'policy_unapplied', 'ringfence apply');
    expectRefusal(await place.run(['audit', 'verify'], { env }), 3, 'policy_unapplied', 'ringfence apply');
    await other.drop();
  });
});

describe('a policy that cannot be used', () => {
  it('ends with 8 where there is none', async () => {
    expectRefusal(
      await place.run(['plan', '--policy', 'nowhere.yaml']),
      8,
      'config_invalid',
      'ringfence init',
    );
  });

  it('ends with 3 on a typo, with its line and what was meant', async () => {
    await writeNotesPolicy(place, NOTES_POLICY.replace('delete: true', 'delet: true'));
    expectRefusal(await place.run(['plan']), 3, 'policy_invalid', /ringfence\.policy\.yaml:9:\d+ .*delet/);
  });

  it('ends with 3 on what is not YAML', async () => {
    await writeNotesPolicy(place, 'version: 1\ntables: { note: [\n');
    expectRefusal(await place.run(['apply']), 3, 'policy_invalid', /ringfence\.policy\.yaml:\d+:\d+/);
  });

  it('ends with 3 on a column that is gone, and applies nothing', async () => {
    await database.query('alter table note add column gone text');
    await writeNotesPolicy(place, NOTES_POLICY.replace('[body]', '[body, gone]'));
    expect((await place.run(['plan'])).exit).toBe(2);
    await database.query('alter table note drop column gone');
    for (const command of ['plan', 'apply']) {
      expectRefusal(await place.run([command]), 3, 'policy_invalid', /ringfence\.policy\.yaml:9:\d+ .*gone/);
    }
    expectRefusal(await place.run(['try', ...AS_WRITER]), 3, 'policy_invalid', /gone/);
  });

  it('ends with 3 where it is another one than the database enforces', async () => {
    await writeNotesPolicy(place, NOTES_POLICY.replace('[body]', 'all'));
    expectRefusal(await place.run(['try', ...AS_WRITER]), 3, 'policy_unapplied', 'ringfence plan');
  });
});

describe('keys that cannot be used end with 8', () => {
  const elsewhere = 'other/keys.json';
  beforeEach(async () => {
    await mkdir(place.path('other'), { recursive: true });
    await rm(place.path(elsewhere), { force: true });
  });

  it('where there are none', async () => {
    expectRefusal(
      await place.run(['try', ...AS_WRITER, '--keys', elsewhere]),
      8,
      'key_missing',
      'RINGFENCE_KEYS',
    );
    expectRefusal(
      await place.run(['keys', 'rotate', '--keys', elsewhere]),
      8,
      'key_missing',
      'RINGFENCE_KEYS',
    );
  });

  it('where others may read them', async () => {
    await writeFile(place.path(elsewhere), await readFile(place.path(KEYS)));
    await chmod(place.path(elsewhere), 0o644);
    for (const args of [['try', ...AS_WRITER], ['apply'], ['keys', 'rotate']]) {
      expectRefusal(
        await place.run([...args, '--keys', elsewhere]),
        8,
        'config_invalid',
        'chmod 600 other/keys.json',
      );
    }
  });

  it('where they are malformed, and nothing of them is repeated', async () => {
    const { claim_keys, ...rest } = JSON.parse(await readFile(place.path(KEYS), 'utf8'));
    await writeFile(
      place.path(elsewhere),
      JSON.stringify({ ...rest, claim_keys: [{ id: 'k1', key: 'hunter2' }] }),
      { mode: 0o600 },
    );
    const run = await place.run(['try', ...AS_WRITER, '--keys', elsewhere]);
    expectRefusal(run, 8, 'config_invalid', 'claim_keys.0.key');
    expect(run.stderr).not.toContain('hunter2');
    expect(run.stderr).not.toContain(rest.gateway_password);
    expect(claim_keys).toHaveLength(1);
  });

  it('where they come from the environment and would have to be changed', async () => {
    const env = { RINGFENCE_KEYS: await readFile(place.path(KEYS), 'utf8') };
    expect((await place.run(['try', ...AS_WRITER, '--keys', elsewhere], { env })).exit).toBe(0);
    expectRefusal(await place.run(['keys', 'rotate'], { env }), 8, 'config_invalid', 'Unset it');
  });
});

describe('a boundary that cannot be made ends with 9', () => {
  it.each([
    [['--tenant', 'north', '--user', 'ada', '--role', 'nobody'], 'membership_missing'],
    [['--tenant', 'north', '--user', 'ada', '--role', 'No Role'], 'boundary_invalid'],
    [['--tenant', 'north\u001f', '--user', 'ada', '--role', 'writer'], 'boundary_invalid'],
    [['--tenant', 'north', '--user', '', '--role', 'writer'], 'boundary_invalid'],
    [[...AS_WRITER, '--agent', 'desk\u0001'], 'boundary_invalid'],
  ])('%j', async (args, code) => {
    expectRefusal(await place.run(['try', ...args]), 9, code);
  });
});

it('tells a program the same as JSON on stdout, and says nothing else', async () => {
  const run = await place.run(['plan', '--json', '--policy', 'nowhere.yaml']);
  expect({ exit: run.exit, stderr: run.stderr }).toEqual({ exit: 8, stderr: '' });
  expect(run.json()).toEqual({
    error: {
      code: 'config_invalid',
      message: expect.any(String),
      suggestion: expect.stringContaining('ringfence init'),
    },
  });
  const usage = await place.run(['plan', '--jason', '--json']);
  expect([usage.exit, usage.stderr, usage.json<{ error: { code: string } }>().error.code]).toEqual([
    64,
    '',
    'usage',
  ]);
});

it('shows a stack only where RINGFENCE_DEBUG is 1, and no password in it either', async () => {
  const url = database.url.replace(/:[^:@/]+@/, ':hunter2@');
  const run = await place.run(['plan', '--url', url], { env: { RINGFENCE_DEBUG: '1' } });
  expect(run.exit).toBe(4);
  expect(run.stderr).toMatch(/^\s+at /m);
  expect(run.stderr).not.toContain('hunter2');
});

it('prints every exit code in --help', async () => {
  const run = await place.run(['--help']);
  expect(run.exit).toBe(0);
  for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 64, 130])
    expect(run.stdout).toMatch(new RegExp(`^ +${code}  \\S`, 'm'));
});
