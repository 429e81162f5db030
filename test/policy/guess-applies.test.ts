import { afterEach, expect, it } from 'vitest';
import { apply } from '../../src/database/apply.js';
import { introspect } from '../../src/database/introspect.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { guessPolicy } from '../../src/policy/guess/guess-policy.js';
import { writePolicy } from '../../src/policy/guess/write-policy.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { SAAS } from './guess-schemas/saas.js';
import { WEIRD } from './guess-schemas/weird.js';

describeOnServers('a guessed policy', (server) => {
  let database: TestDatabase;

  afterEach(async () => {
    await database.drop();
  });

  it.each([
    ['of a product of 150 tables', SAAS],
    ['of names that break out of quotes, lines and brackets', WEIRD],
  ])('%s applies as it stands, and is guessed again from the database it was applied to', async (_, sql) => {
    database = await createDatabase(server, { sql });
    const client = await database.connect();
    const text = writePolicy(guessPolicy(await introspect(client)));
    const file = parsePolicy(text);
    // Whether agents may write SQL is for a person to say.
    const { roles } = compilePolicy(file, await introspect(client));
    expect([...roles.values()].filter(({ tools }) => tools.has('sql'))).toEqual([]);
    const first = await apply(client, (catalog) => compilePolicy(file, catalog));
    expect(first.plan.steps.length).toBeGreaterThan(100);
    expect(writePolicy(guessPolicy(await introspect(client)))).toBe(text);
  });
});
