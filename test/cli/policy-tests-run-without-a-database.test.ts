/** `ringfence policy test`: calls and what must be decided about them, against a database or a catalog that was written down. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePolicyTests } from '../../src/probes/policy-test/file.js';
import { policyTestJsonSchema } from '../../src/probes/policy-test/schema.js';
import { SHOP_POLICY, SHOP_SQL } from '../probes/support/probed.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { expectRefusal } from './support/refusal.js';

const TESTS = `version: 1
as: { role: support }
cases:
  - name: support sees invoices, and not what they earn
    call: query
    input: { table: invoice }
    expect: { decision: allowed, columns: [invoice.id, invoice.client_id, invoice.number, invoice.total, invoice.state], without: [invoice.secret_margin] }
  - name: the password is as if it were not there
    call: query
    input: { table: client, columns: [password] }
    expect: { decision: denied, code: unknown_column, rule: roles.support.tables.client.columns }
  - name: nobody names the tenant
    call: query
    input: { table: invoice, where: { org_id: north-b } }
    expect: { decision: denied, code: tenant_named }
  - name: a write says why
    call: delete
    input: { table: invoice, id: 1 }
    expect: { decision: denied, code: reason_required }
  - name: and then goes on
    call: delete
    input: { table: invoice, id: 1 }
    reason: the customer asked
    expect: allowed
  - name: SQL keeps to the slice
    call: sql
    input: { statement: select number from invoice join client on client.id = invoice.client_id where client.name = 'x' }
    expect: { decision: allowed, columns: [invoice.number, client.id, invoice.client_id, client.name] }
  - name: a reader reads less
    as: { role: reader }
    call: get
    input: { table: client, id: 1 }
    expect: { decision: denied, code: unknown_table }
  - name: the state of an invoice waits for somebody
    call: update
    input: { table: invoice, id: 1, values: { number: X, state: paid } }
    reason: the customer paid
    expect: { decision: pending, code: approval_pending, rule: approvals.settled, without: [invoice.secret_margin] }
  - name: its number does not
    call: update
    input: { table: invoice, id: 1, values: { number: X } }
    reason: a slip of the pen
    expect: allowed
  - name: what may not be done waits for nobody
    call: update
    input: { table: invoice, id: 1, values: { state: paid } }
    expect: { decision: denied, code: reason_required }
  - name: a narrowed boundary is narrower
    as: { tools: [get] }
    call: query
    input: { table: invoice }
    expect: { decision: denied, code: tool_not_allowed, rule: boundary.tools }
`;

let database: TestDatabase;
let place: Workplace;
let apart: Workplace;
beforeAll(async () => {
  database = await createDatabase(embeddedServer, { sql: SHOP_SQL });
  place = await workplace({ RINGFENCE_ADMIN_URL: database.url });
  apart = await workplace();
  for (const { path } of [place, apart]) {
    await writeFile(path('ringfence.policy.yaml'), SHOP_POLICY);
    await writeFile(path('tests.yaml'), TESTS);
  }
  await succeed(place, ['policy', 'catalog', '--out', apart.path('catalog.json')]);
});
afterAll(() => database.drop());

it('are decided alike with a database and with its catalog alone', async () => {
  const here = (await succeed(place, ['policy', 'test', 'tests.yaml', '--json'])).json<{
    tests: object[];
    passed: number;
  }>();
  const there = (
    await succeed(apart, ['policy', 'test', 'tests.yaml', '--catalog', 'catalog.json', '--json'])
  ).json<{ tests: object[] }>();
  expect(here).toMatchObject({ passed: 11, failed: 0, against: { database: database.name, snapshot: null } });
  expect(there).toMatchObject({
    passed: 11,
    failed: 0,
    against: { snapshot: expect.stringMatching(/^\d{4}-/) },
  });
  const decided = (tests: readonly object[]) => tests.map((test) => ({ ...test, ms: 0 }));
  expect(decided(there.tests)).toEqual(decided(here.tests));
});

it('say what came otherwise than expected, where it stands, and end with 10', async () => {
  await writeFile(
    apart.path('wrong.yaml'),
    TESTS.replace('code: unknown_column', 'code: tenant_named')
      .replace('reason: the customer asked\n    expect: allowed', 'expect: allowed')
      .replace('rule: approvals.settled', 'rule: approvals.removals')
      .replace('reason: a slip of the pen\n    expect: allowed', 'reason: no\n    expect: pending'),
  );
  const run = await apart.run([
    'policy',
    'test',
    'wrong.yaml',
    'tests.yaml',
    '--catalog',
    'catalog.json',
    '--junit',
    'wrong.xml',
  ]);
  expect(run.exit).toBe(10);
  expect(run.stdout).toContain(
    'wrong.yaml:8  the password is as if it were not there\n  - code: tenant_named\n  + code: unknown_column\n',
  );
  expect(run.stdout).toContain(
    'wrong.yaml:20  and then goes on\n  - decision: allowed\n  + decision: denied\n    reason_required: ',
  );
  expect(run.stdout).toMatch(/18 tests passed, 4 failed, against the catalog of .* as of /);
  expect(run.stdout).toMatch(
    /wrong\.yaml:\d+ {2}the state of an invoice waits for somebody\n {2}- rule: approvals\.removals\n {2}\+ rule: approvals\.settled\n {4}approval_pending: /,
  );
  expect(run.stdout).toMatch(
    /wrong\.yaml:\d+ {2}its number does not\n {2}- decision: pending\n {2}\+ decision: allowed\n/,
  );
  const xml = await readFile(apart.path('wrong.xml'), 'utf8');
  expect(xml).toContain('<testsuite name="wrong.yaml" tests="11" failures="4" errors="0" skipped="0"');
  expect(xml).toContain(
    '<failure message="code: expected tenant_named, got unknown_column" type="decision">',
  );
});

it('notice a role, a column and a tool that are gone', async () => {
  const gone = `version: 1\ncases:\n  - { name: a, as: { role: suport }, call: query, expect: allowed }\n  - { name: b, as: { role: support }, call: find_client, expect: allowed }\n`;
  await writeFile(apart.path('gone.yaml'), gone);
  const run = await apart.run(['policy', 'test', 'gone.yaml', '--catalog', 'catalog.json']);
  expect(run.exit).toBe(10);
  expect(run.stdout).toContain('the policy has no role suport; did you mean support?');
  expect(run.stdout).toContain(
    'find_client is a tool of the product’s own: pass its definition with --tools',
  );
});

it('are refused with the line, where the file is wrong', async () => {
  const run = async (text: string) => {
    await writeFile(apart.path('bad.yaml'), text);
    return apart.run(['policy', 'test', 'bad.yaml', '--catalog', 'catalog.json']);
  };
  expectRefusal(
    await run('version: 1\ncases:\n  - name: a\n    call: query\n    expect: maybe\n'),
    8,
    'config_invalid',
    /bad\.yaml:5:5 {2}cases\.0\.expect/,
  );
  expectRefusal(
    await run('version: 1\ncases:\n  - { name: a, call: query, expect: allowed }\n'),
    8,
    'config_invalid',
    /bad\.yaml:3:5 .*no role/,
  );
  expectRefusal(
    await run('version: 1\ncases:\n  - { name: a, calls: query, expect: allowed }\n'),
    8,
    'config_invalid',
    /unknown key calls/,
  );
  expectRefusal(await run('version: [\n'), 8, 'config_invalid', /bad\.yaml:/);
  expectRefusal(
    await apart.run(['policy', 'test', 'nowhere.yaml', '--catalog', 'catalog.json']),
    64,
    'usage',
  );
  expectRefusal(
    await apart.run(['policy', 'test', 'tests.yaml', '--catalog', 'tests.yaml']),
    8,
    'config_invalid',
    /no snapshot/,
  );
  expectRefusal(await apart.run(['policy', 'test', 'tests.yaml']), 8, 'config_invalid');
});

it('know when the database has gone on without the snapshot', async () => {
  const check = () => place.run(['policy', 'catalog', '--check', apart.path('catalog.json'), '--json']);
  expect((await check()).json()).toMatchObject({ same: true });
  await database.query('alter table memo add column extra text');
  const run = await check();
  expect(run.exit).toBe(10);
  expect(run.json()).toMatchObject({ same: false });
  await database.query('alter table memo drop column extra');
});

describe('the format', () => {
  it('is published for editors; run with --update after changing it', async () => {
    await expect(`${JSON.stringify(policyTestJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
      '../../schema/policy-test.schema.json',
    );
  });
  it('keeps who calls and where a test stands', () => {
    const [first, , , , , , , , , , last] = parsePolicyTests(TESTS, 'tests.yaml');
    expect(first).toMatchObject({ file: 'tests.yaml', line: 4, as: { role: 'support' } });
    expect(last?.as).toEqual({ role: 'support', tools: ['get'] });
  });
});
