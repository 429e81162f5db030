import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Administrator, connectAdministrator } from '../../src/database/administrator.js';
import { check } from '../../src/probes/check/check.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { CLEAN_BASE } from './support/clean-base.js';

describeOnServers('check', (server) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(server, { template: CLEAN_BASE });
    await database.query(
      'create table shop.open_table (tenant_id uuid references shop.tenant, id int primary key)',
    );
    await database.query('grant select on shop.open_table to public');
  });
  afterAll(() => database.drop());

  it('finds the same as any login, but for what it lists as not seen', async () => {
    const login = await database.createLogin();
    const [mine, theirs] = await Promise.all([database.url, database.urlFor(login)].map(run));
    const catalogs = ({ rule }: { readonly rule: string }): boolean => !rule.startsWith('server.');
    expect(theirs?.findings.filter(catalogs)).toEqual(mine?.findings.filter(catalogs));
    expect(theirs?.notChecked.map(({ rule }) => rule)).toContain('server.md5_passwords');
    expect(mine?.notChecked.filter(({ rule }) => rule.startsWith('server.'))).toEqual([]);
  });

  it('works in a session that may not write, and leaves no trace', async () => {
    const watcher = await database.connect();
    const before = await state(watcher);
    await run(`${database.url}?options=-c%20default_transaction_read_only%3Don`);
    expect(await state(watcher)).toEqual(before);
  });

  it('stops, and says what is wanting, where the catalogs are closed', async () => {
    const login = await database.createLogin();
    await database.query('revoke select on pg_catalog.pg_policy from public');
    try {
      await expect(run(database.urlFor(login))).rejects.toMatchObject({ code: 'database_refused' });
    } finally {
      await database.query('grant select on pg_catalog.pg_policy to public');
    }
  });

  it('stops at a server that is too old, before it asks what such a server does not know', async () => {
    const asked: string[] = [];
    const client = {
      query: async (text: string) => {
        asked.push(text);
        return { rows: [{ version: '140012', database: 'old', currentUser: 'me', superuser: 't' }] };
      },
    };
    const old = { client } as unknown as Administrator;
    await expect(check(old)).rejects.toMatchObject({ code: 'database_unsupported' });
    expect(asked).toHaveLength(4);
    expect(asked.at(-1)).toBe('rollback');
  });

  it('does not wait long for a table that somebody holds, and says that somebody does', async () => {
    const holder = await database.connect();
    await holder.query('begin; lock table shop.open_table in access exclusive mode');
    try {
      await expect(run(database.url)).rejects.toMatchObject({
        code: 'database_timeout',
        message: expect.stringContaining('others hold what was needed'),
        cause: expect.objectContaining({ code: '55P03' }),
      });
    } finally {
      await holder.end();
    }
    expect((await run(database.url)).findings).not.toEqual([]);
  });

  it('leaves its connection out of any transaction, also after a failure', async () => {
    const administrator = await connectAdministrator(database.url);
    try {
      await expect(check(administrator, { tenant: 'nowhere.at_all' })).rejects.toMatchObject({
        code: 'config_invalid',
      });
      await administrator.query('create table shop.after_all (id int)');
      await administrator.query('drop table shop.after_all');
    } finally {
      await administrator.close();
    }
  });
});

async function run(url: string) {
  const administrator = await connectAdministrator(url);
  try {
    return await check(administrator);
  } catch (error) {
    throw administrator.explain(error);
  } finally {
    await administrator.close();
  }
}

/** What a check could have changed. */
async function state(client: pg.Client): Promise<unknown> {
  const { rows } = await client.query(`
    select (select count(*) from pg_class) as relations, (select count(*) from pg_proc) as functions, (select count(*) from pg_policy) as policies,
           (select string_agg(rolname, ',' order by rolname) from pg_roles) as roles`);
  return rows;
}
