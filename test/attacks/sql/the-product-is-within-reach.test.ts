/** What only the guard holds of the product’s is what `apply` does not leave within reach, unless somebody says that it may. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { govern } from '../../support/governed.js';
import { describeOnServers } from '../../support/test-server.js';
import { WORLD_POLICY, worldTemplate } from './support/world-schema.js';

const WITHIN_REACH = [...WORLD_POLICY.matchAll(/^ {4}- (.+)$/gm)].map(([, named = '']) => named);

describeOnServers('a policy with the tool sql', (server) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(server, { template: worldTemplate });
  });
  afterAll(() => database.drop());

  it('is not applied while the product gives away what the guard alone would hold', async () => {
    expect(WITHIN_REACH).toHaveLength(7);
    const unaware = WORLD_POLICY.replace(/^acknowledge:\n(?: {2,}.*\n)+/m, '');
    expect(unaware).not.toContain('acknowledge');
    const refusal: unknown = await govern(database, unaware).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'database_unsafe' });
    for (const named of WITHIN_REACH) expect(String(refusal)).toContain(named);
  });
});
