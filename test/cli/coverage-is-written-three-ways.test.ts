/** `ringfence coverage` on the command line: for people, as Markdown, as JSON; and what it says where it cannot. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { expectRefusal } from './support/refusal.js';
import { NOTES_SQL, writeNotesPolicy } from './support/two-tenants.js';

let database: TestDatabase;
let place: Workplace;
beforeAll(async () => {
  database = await createDatabase(embeddedServer, { sql: NOTES_SQL });
  place = await workplace({ DATABASE_URL: database.url });
});
afterAll(() => database.drop());

describe('coverage', () => {
  it('works without a policy, and says that it guessed', async () => {
    const { stdout } = await succeed(place, ['coverage']);
    expect(stdout).toMatch(/Policy: none given\. Whose rows are whose: guessed/);
    expect(stdout).toMatch(/^0 %.*0 of 1$/m);
    expect(stdout).toContain('unprotected: 1 table');
    expect(stdout).toMatch(/Roles that row security does not bind: \d+/);
  });

  it('takes the policy that is here, unless it is told to guess', async () => {
    await writeNotesPolicy(place);
    const told = (await succeed(place, ['coverage', '--json'])).json();
    expect(told).toMatchObject({
      policyHash: expect.stringMatching(/^sha256:/),
      tenancy: { source: 'policy' },
    });
    const guessed = (await succeed(place, ['coverage', '--json', '--guess'])).json();
    expect(guessed).toMatchObject({ policyHash: null, tenancy: { source: 'guess' } });
    expect(Object.keys(told)).toEqual([
      'database',
      'server',
      'login',
      'at',
      'policyHash',
      'appliedHash',
      'tenancy',
      'totals',
      'coverage',
      'tables',
      'bypasses',
      'notes',
    ]);
  });

  it('is Markdown for an auditor, with the time, the database and who read it', async () => {
    const { stdout } = await succeed(place, ['coverage', '--format', 'markdown']);
    expect(stdout).toMatch(new RegExp(`^# Tenant isolation of ${database.name.replaceAll('_', '\\\\_')}\n`));
    expect(stdout).toMatch(/\| Read at \| \d{4}-\d\d-\d\dT/);
    expect(stdout).toMatch(/\| Policy \| <code>sha256:[0-9a-f]{64}<\/code> \|/);
  });

  it('changes nothing', async () => {
    const size = 'select count(*)::int as objects from pg_class';
    const before = await database.query(size);
    await succeed(place, ['coverage']);
    expect(await database.query(size)).toEqual(before);
  });

  it('stops where the policy does not fit the database, the column is not there, or nothing listens', async () => {
    await writeFile(
      place.path('wrong.yaml'),
      'version: 1\npreset: development\ntables: { nowhere: { tenant: { column: org } } }\nroles: { a: { tables: { nowhere: {} } } }\n',
    );
    expectRefusal(await place.run(['coverage', '--policy', 'wrong.yaml']), 3, 'policy_invalid', 'nowhere');
    expectRefusal(
      await place.run(['coverage', '--tenant', 'no_such_column']),
      8,
      'config_invalid',
      'no_such_column',
    );
    const url = 'postgres://admin:hunter2@127.0.0.1:1/shop';
    expectRefusal(await place.run(['coverage', '--url', url]), 4, 'database_unreachable', '127.0.0.1:1/shop');
  });
});
