import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { CLEAN_BASE, RESET_ROLES } from './support/clean-base.js';
import { findingsIn } from './support/fault.js';

describeOnServers('a policy with two faults of the same expression', (server) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(server, { template: CLEAN_BASE });
    await database.query(RESET_ROLES);
  });
  afterAll(() => database.drop());

  it.each([
    ['a uuid', "tenant_id = current_setting('app.tenant', true)::uuid", 'low'],
    ['a text', "tenant_id::text = current_setting('app.tenant', true)", 'medium'],
    ['a text that is asked for strictly', "tenant_id::text = current_setting('app.tenant')", 'medium'],
  ])('compares %s: either mend leaves both mended', async (_name, rule, severity) => {
    const broken = `alter policy tenant on shop.invoice using (${rule}) with check (${rule})`;
    for (const mended of ['policy.empty_setting', 'policy.unwrapped']) {
      await database.query(broken);
      const before = await findingsIn(database);
      expect(before.map((finding) => finding.rule).sort()).toEqual([
        'policy.empty_setting',
        'policy.plain_setting',
        'policy.unwrapped',
      ]);
      expect(before.find((finding) => finding.rule === 'policy.empty_setting')?.severity).toBe(severity);
      const [sql = ''] = before.find((finding) => finding.rule === mended)?.mend ?? [];
      await database.query(sql);
      expect((await findingsIn(database)).map((finding) => finding.rule)).toEqual(['policy.plain_setting']);
    }
  });
});
