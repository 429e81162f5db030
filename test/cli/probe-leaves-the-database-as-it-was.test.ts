/** `ringfence probe` as a program: what it prints, how it ends, and what is left after an interrupt and a crash. */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ProbeReport } from '../../src/probes/probe/report.js';
import { digestOf, replaceView, SHOP_POLICY, SHOP_SQL } from '../probes/support/probed.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { expectRefusal } from './support/refusal.js';

/** Without tools of its own: those would be a module. */
const POLICY = SHOP_POLICY.replace(/\ntools:\n(?:.|\n)*?\nroles:/, '\nroles:').replace(
  ', find_client, close_invoice',
  '',
);

let database: TestDatabase;
let place: Workplace;
const planted = async (): Promise<number> =>
  Number((await database.query<{ n: string }>('select count(*) as n from ringfence.planted'))[0]?.n);
const digest = async (): Promise<string> => digestOf(await database.connect());

beforeAll(async () => {
  database = await createDatabase(embeddedServer, { sql: SHOP_SQL });
  place = await workplace({ RINGFENCE_ADMIN_URL: database.url });
  await writeFile(place.path('ringfence.policy.yaml'), POLICY);
  await succeed(place, ['apply', '--yes']);
});
afterAll(() => database.drop());

/** Starts a run that plants, and waits until it has. */
async function planting() {
  const running = place.start(['probe', '--plant']);
  let said = '';
  while (!said.includes('Planted')) {
    const [chunk] = (await once(running.child.stderr, 'data')) as [Buffer];
    said += chunk.toString('utf8');
  }
  expect(await planted()).toBeGreaterThan(10);
  return running;
}

it('answers in JSON and in JUnit, changes no row, and ends with 0', async () => {
  const before = await digest();
  const run = await place.run([
    'probe',
    '--json',
    '--junit',
    'probe.xml',
    '--seed',
    '5',
    '--tenant',
    'north-a',
    '--tenant',
    'north-b',
  ]);
  expect(run.exit, run.stderr).toBe(0);
  const report = run.json<ProbeReport>();
  expect(report.summary.failed).toBe(0);
  expect(report.summary.passed).toBeGreaterThan(60);
  expect(report).toMatchObject({ seed: 5, knownFrom: 'administrator', planted: false });
  expect(run.stdout).not.toMatch(/zephyr|wilma|north-[ab]/i);
  expect(await digest()).toBe(before);
  const xml = await readFile(place.path('probe.xml'), 'utf8');
  expect(xml).toMatch(
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="ringfence probe \(seed 5\)" tests="\d+" failures="0"/,
  );
  expect([...xml.matchAll(/<testcase /g)].length).toBe(report.kinds.flatMap(({ cases }) => cases).length);
});

it('takes away what it planted when it is interrupted', async () => {
  const before = await digest();
  const { child, ended } = await planting();
  child.kill('SIGINT');
  const run = await ended;
  expect(run.exit, run.stderr).toBe(130);
  expect(await planted()).toBe(0);
  expect(await digest()).toBe(before);
});

it('takes away first what a run left that was killed, and says so', async () => {
  const before = await digest();
  const { child, ended } = await planting();
  child.kill('SIGKILL');
  await ended;
  expect(await planted()).toBeGreaterThan(10);
  const run = await place.run(['probe', '--seconds', '0']);
  expect(run.stderr).toMatch(
    /A run that did not come to its end had left planted rows: \d+ rows taken away\./,
  );
  expect(run.exit).toBe(0);
  expect(await planted()).toBe(0);
  expect(await digest()).toBe(before);
});

it('ends with 10 and says what failed, where and what to do', async () => {
  const [view] = await database.query<{ definition: string }>(
    "select pg_get_viewdef('slice_support.client'::regclass) as definition",
  );
  await replaceView({ sql: (text) => database.query(text) }, 'support', 'client', {
    name: `'***'`,
    phone: `'****'`,
    born: `date_trunc('year', t.born::timestamp)::date`,
    badge: 'ringfence.mask_hash(t.badge)',
  });
  const run = await place.run(['probe', '--junit', 'failed.xml']);
  await database.query(`create or replace view slice_support.client as ${view?.definition}`);
  expect(run.exit, run.stderr).toBe(10);
  expect(run.stdout).toContain('failed  masks  support query client.email');
  expect(run.stdout).toContain('client.email was shown without its mask.');
  expect(run.stdout).toMatch(/event [0-9a-f-]{36}/);
  expect(run.stdout).toContain('"ringfence apply" makes it anew.');
  expect(run.stdout).not.toMatch(/wilma|dental\.example/i);
  expect(await readFile(place.path('failed.xml'), 'utf8')).toContain(
    '<failure message="client.email was shown without its mask." type="masks">',
  );
});

it('does not plant where customers seem to be, unless it is told to', async () => {
  const refused = await place.run(['probe', '--plant'], { env: { NODE_ENV: 'production' } });
  expectRefusal(refused, 64, 'usage', /looks live: NODE_ENV is production/, /--yes/);
  expect(await planted()).toBe(0);
});

it('says what it cannot do without, and changes nothing', async () => {
  expectRefusal(await place.run(['probe', '--tenant', 'north-a']), 64, 'usage', /Two tenants are needed/);
  expectRefusal(await place.run(['probe', '--seconds', 'many']), 64, 'usage', /--seconds/);
  expectRefusal(
    await place.run(['probe', '--lines', 'nowhere.txt']),
    64,
    'usage',
    /nowhere.txt cannot be read/,
  );
  const other = await workplace({ RINGFENCE_ADMIN_URL: database.url });
  expectRefusal(await other.run(['probe']), 8, 'key_missing');
  const elsewhere = await createDatabase(embeddedServer);
  expectRefusal(await place.run(['probe', '--url', elsewhere.url]), 3, 'policy_unapplied', /ringfence apply/);
  await elsewhere.drop();
  await writeFile(place.path('changed.yaml'), POLICY.replace('rows: 50', 'rows: 51'));
  expectRefusal(
    await place.run(['probe', '--policy', 'changed.yaml']),
    3,
    'policy_unapplied',
    /another version/,
  );
  expectRefusal(
    await place.run(['probe'], {
      env: { RINGFENCE_ADMIN_URL: '', RINGFENCE_GATEWAY_URL: database.url.replace(/\/\/[^@]*@/, '//') },
    }),
    8,
    'config_invalid',
    /Which two tenants/,
  );
});
