/** Servers whose row security has known holes serve no agent; those that tests run on are none of them. */
import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { checkConnection } from '../../src/database/connection.js';
import { SERVER_HOLES } from '../../src/database/server-holes.js';
import { createDatabase } from '../support/database.js';
import { installRingfence } from '../support/installed.js';
import { describeOnServers } from '../support/test-server.js';

/** What a connection that is right in everything but the release answers. */
const answering = (version: number): pg.ClientBase =>
  ({
    query: async () => ({
      rows: [
        {
          login: 'ringfence_gateway',
          bypass: null,
          owned: null,
          version,
          search_path: 'pg_catalog',
          datestyle: 'ISO, MDY',
          timezone: 'UTC',
          encoding: 'UTF8',
          strings: 'on',
          standby: false,
          installed: true,
        },
      ],
    }),
  }) as unknown as pg.ClientBase;

/** The first release of a major version that is served, by the list. */
const first = (major: number): number =>
  Math.max(...SERVER_HOLES.filter(({ refused }) => refused).map(({ mended }) => mended[major] ?? 0));

describe('a connection', () => {
  it.each([
    [150000, '15.14', 'CVE-2025-8713'],
    [150013, '15.14', 'CVE-2025-8713'],
    [160009, '16.10', 'CVE-2025-8713'],
    [170005, '17.6', 'CVE-2025-8713'],
  ])('to a server of version %i is refused, with the release that mends it', async (version, mended, cve) => {
    await expect(checkConnection(answering(version))).rejects.toMatchObject({
      code: 'database_unsupported',
      message: expect.stringMatching(
        new RegExp(`${cve} lets .* Update it to PostgreSQL ${mended.replace('.', '\\.')} or later`),
      ),
    });
  });

  it.each([150014, 160010, 170006, 180000, 190000])('to a server of version %i is taken', async (version) => {
    expect(await checkConnection(answering(version))).toEqual({ standby: false });
  });

  it('to a server before 15 is refused for its age', async () => {
    await expect(checkConnection(answering(140019))).rejects.toMatchObject({
      code: 'database_unsupported',
      message: expect.stringContaining('PostgreSQL 15 or later'),
    });
  });

  it('is taken from the releases that the pages name on', async () => {
    const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const oldest = [15, 16, 17].map((major) => `${major}.${first(major) % 10_000}`);
    expect(page).toContain(`PostgreSQL ${oldest.join(', ')} or later`);
  });
});

describeOnServers('a connection to a server of these tests', (server) => {
  it('is taken', async () => {
    const database = await createDatabase(server);
    const { keys } = await installRingfence(database);
    const client = await database.connect({
      name: 'ringfence_gateway',
      password: keys.gatewayPassword,
    });
    expect(await checkConnection(client)).toEqual({ standby: false });
    await client.end();
    await database.drop();
  });
});
