import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CheckReport } from '../../src/probes/check/check.js';
import { CLEAN_BASE, RESET_ROLES } from '../probes/support/clean-base.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';
import { type Workplace, workplace } from './support/command-line.js';

let database: TestDatabase;
let place: Workplace;
beforeAll(async () => {
  database = await createDatabase(embeddedServer, { template: CLEAN_BASE });
  await database.query(RESET_ROLES);
});
afterAll(() => database.drop());
beforeEach(async () => {
  place = await workplace({ RINGFENCE_ADMIN_URL: database.url });
});
const CHECK = ['check'];

describe('ringfence check', () => {
  it('ends with 0 where nothing is found, and says how much was asked', async () => {
    const run = await place.run(CHECK);
    expect(run.exit).toBe(0);
    expect(run.stdout).toMatch(/Nothing found by \d+ rules/);
    expect(run.stderr).not.toMatch(/error|warn/i);
  });

  describe('on a database with faults', () => {
    beforeAll(async () => {
      await database.query(`
        create policy everything on shop.invoice using (true) with check (true);
        alter role check_app set row_security = off;
        create view shop.totals as select tenant_id, total from shop.payment p join shop.invoice using (tenant_id);
        alter view shop.totals owner to check_owner; grant select on shop.totals to check_app;`);
    });

    it.each([
      [[], 14],
      [['--min-severity', 'critical'], 14],
    ])('ends with the code of the worst (%j)', async (args, exit) => {
      expect((await place.run([...CHECK, ...args])).exit).toBe(exit);
    });

    it('groups by rule, worst first, with what it matters and what mends it', async () => {
      const { stdout } = await place.run(CHECK);
      expect(stdout).toMatch(
        /CRITICAL {2}1 finding: policies that let every row through {2}policy\.always_true/,
      );
      expect(stdout).toContain('drop policy "everything" on "shop"."invoice";');
      expect(stdout.indexOf('CRITICAL')).toBeLessThan(stdout.indexOf('MEDIUM'));
      expect(stdout.indexOf('MEDIUM')).toBeLessThan(stdout.indexOf('LOW'));
      expect(stdout).not.toContain('\u001b');
    });

    it('leaves out what is milder than was asked for, and says so', async () => {
      const run = await place.run([...CHECK, '--min-severity', 'high']);
      expect(run.stdout).toContain('1 critical (2 milder left out)');
      expect(run.stdout).not.toContain('row_security_off');
    });

    it('answers with JSON alone', async () => {
      const run = await place.run([...CHECK, '--json']);
      expect(run.exit).toBe(14);
      const report = run.json<CheckReport>();
      expect(report.database).toBe(database.name);
      expect(report.findings.map(({ rule, object }) => `${rule} ${object}`)).toEqual([
        'policy.always_true policy everything on shop.invoice',
        'view.owner_rights view shop.totals',
        'setting.row_security_off role check_app',
      ]);
    });

    it('takes what is allowed off the exit code, and goes on showing it', async () => {
      const entry = (rule: string, object: string): string =>
        `  - { rule: ${rule}, object: ${JSON.stringify(object)}, reason: a test, expires: 2999-12-31 }\n`;
      await writeFile(
        place.path('allow.yaml'),
        `allow:\n${entry('policy.always_true', 'policy everything on shop.invoice')}${entry('view.owner_rights', 'view shop.totals')}${entry('grant.public', 'table shop.gone')}`,
      );
      const run = await place.run(['check', '--allow', 'allow.yaml']);
      expect(run.exit).toBe(11);
      expect(run.stdout).toMatch(/^Allowed: \d findings$/m);
      for (const each of ['shop.invoice (policy.always_true)', 'shop.totals (view.owner_rights)'])
        expect(run.stdout).toContain(`${each} until 2999-12-31: a test`);
      expect(run.stdout).toMatch(/allow\.yaml:4 {2}nothing is found any more by grant\.public/);
    });

    it('refuses an allow-list that is wrong or not there', async () => {
      await writeFile(place.path('allow.yaml'), 'allow:\n  - rule: grant.public\n    object: table x\n');
      const wrong = await place.run(['check', '--allow', 'allow.yaml']);
      expect(wrong.exit).toBe(8);
      expect(wrong.stderr).toContain('allow.yaml:2  allow[0]  reason is missing');
      expect((await place.run(['check', '--allow', 'nowhere.yaml'])).exit).toBe(64);
    });

    it('stops where the policy in the folder is of another database, and guesses when told to', async () => {
      await writeFile(
        place.path('ringfence.policy.yaml'),
        'version: 1\nowners: { tenant: a, role: a, secrets: a, audit: a }\ntables:\n  nothing: { tenant: { column: id } }\nroles: {}\n',
      );
      const run = await place.run(CHECK);
      expect(run.exit).toBe(3);
      expect((await place.run(['check', '--guess'])).exit).toBe(14);
    });

    it('prints SQL that mends everything', async () => {
      const run = await place.run(['check', '--sql']);
      expect(run.exit).toBe(14);
      await database.query(run.stdout);
      expect((await place.run(CHECK)).exit).toBe(0);
    });
  });
});
