import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectAdministrator } from '../../src/database/administrator.js';
import { apply } from '../../src/database/apply.js';
import { POLICY } from '../../src/demo/policy.js';
import { PRODUCT_LOGIN, SCHEMA } from '../../src/demo/schema.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { type CheckOptions, type CheckReport, check } from '../../src/probes/check/check.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

async function checked(url: string, options: CheckOptions = {}): Promise<CheckReport> {
  const administrator = await connectAdministrator(url);
  try {
    return await check(administrator, options);
  } finally {
    await administrator.close();
  }
}

const grave = ({ findings }: CheckReport): readonly string[] =>
  findings
    .filter(({ severity }) => severity === 'critical' || severity === 'high')
    .map(({ rule, object }) => `${rule} ${object}`);

describeOnServers('check on the demo’s database', (server) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(server);
    await database.query(`create role ${PRODUCT_LOGIN} login`);
    await database.query(SCHEMA);
  });
  afterAll(() => database.drop());

  it('says before Ringfence what a newcomer has to know: every table of tenants is open', async () => {
    const report = await checked(database.url);
    expect(report.policyHash).toBeNull();
    const open = report.findings.filter(({ rule }) => rule === 'row_security.missing');
    expect(open.map(({ object }) => object).sort()).toEqual(
      ['contact', 'invoice', 'invoice_line', 'organization', 'ticket', 'ticket_note', 'workspace_note'].map(
        (name) => `table public.${name}`,
      ),
    );
    expect(report.findings[0]?.severity).toBe('critical');
  });

  describe('under a policy', () => {
    const file = parsePolicy(POLICY);
    let admin: pg.Client;
    beforeAll(async () => {
      const governed = await govern(database, POLICY);
      await governed.close();
      admin = await database.connect();
    });
    beforeEach(() => apply(admin, (catalog) => compilePolicy(file, catalog)));

    it('finds nothing grave, with the policy and without', async () => {
      const report = await checked(database.url, { policy: file });
      expect(grave(report)).toEqual([]);
      expect(report.policyHash).toMatch(/^sha256:|[0-9a-f]{64}/);
      expect(grave(await checked(database.url))).toEqual([]);
    });

    it.each([
      [
        'a boundary that was dropped',
        'drop policy ringfence_support_boundary on public.ticket',
        'policy public.ticket: ringfence_support_boundary',
      ],
      [
        'a boundary that was opened',
        'alter policy ringfence_support_boundary on public.ticket using (true)',
        'policy public.ticket: ringfence_support_boundary',
      ],
      [
        'row security that was switched off',
        'alter table public.ticket disable row level security',
        'row security public.ticket',
      ],
      [
        'a role that was given more',
        'alter role ringfence_slice_support createrole',
        'role ringfence_slice_support',
      ],
      [
        'a right that nobody applied',
        'grant select on public.plan to ringfence_slice_support',
        'table grant public.plan to ringfence_slice_support',
      ],
    ])('finds %s, and finds it mended by apply', async (_name, sql, object) => {
      await admin.query(sql);
      for (const policy of [undefined, file]) {
        const report = await checked(database.url, policy === undefined ? {} : { policy });
        const drift = report.findings.filter(({ rule }) => rule === 'drift.applied');
        expect(drift.map((finding) => finding.object)).toContain(object);
      }
      await apply(admin, (catalog) => compilePolicy(file, catalog));
      expect((await checked(database.url)).findings.filter(({ rule }) => rule === 'drift.applied')).toEqual(
        [],
      );
    });

    it('finds that the gateway can become somebody whom nothing binds', async () => {
      await admin.query('alter role ringfence_gateway bypassrls');
      try {
        expect(grave(await checked(database.url))).toContain('role.bypass_rls role ringfence_gateway');
      } finally {
        await admin.query('alter role ringfence_gateway nobypassrls');
      }
    });

    it('finds what a policy that was changed would change', async () => {
      const wider = parsePolicy(POLICY.replace('update: [status, priority, contact_id]', 'update: [status]'));
      const report = await checked(database.url, { policy: wider });
      expect(report.findings.filter(({ rule }) => rule === 'drift.applied').length).toBeGreaterThan(0);
    });

    it('stops where the policy names what is not there', async () => {
      const other = parsePolicy(POLICY.replace('contact:        {', 'contacts:       {'));
      await expect(checked(database.url, { policy: other })).rejects.toMatchObject({
        code: 'policy_invalid',
      });
    });

    it('says to a login that may not see what was applied that it could not be compared', async () => {
      const login = await database.createLogin();
      const report = await checked(database.urlFor(login));
      expect(report.notChecked.map(({ rule }) => rule)).toEqual(
        expect.arrayContaining(['drift.applied', 'server.md5_passwords', 'server.trusts_network']),
      );
    });
  });
});
