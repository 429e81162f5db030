import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { CLEAN_BASE } from './support/clean-base.js';
import { findingsIn } from './support/fault.js';

describeOnServers('a database with nothing wrong', (server) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(server, { template: CLEAN_BASE });
  });
  afterAll(() => database.drop());

  it('gives nothing to find', async () => {
    expect(await findingsIn(database)).toEqual([]);
  });
});
