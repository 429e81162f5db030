import { readFile } from 'node:fs/promises';
import { corpus } from './corpora.js';
import { createDatabase, type Template, type TestDatabase } from './database.js';
import type { TestServer } from './test-server.js';

const chinook: Template = {
  name: 'chinook',
  async build(client) {
    const script = await readFile(corpus('chinook/chinook.sql'), 'utf8');
    // The script makes its own database and connects to it, which only psql can do.
    await client.query(script.replaceAll(/^(drop database|create database|\\c\b).*$/gim, ''));
    await client.query('analyze');
  },
};

/** A database of its own with the music shop Chinook in it: 11 tables, 15 607 rows. */
export async function loadChinook(server: TestServer): Promise<TestDatabase> {
  return await createDatabase(server, { template: chinook });
}
