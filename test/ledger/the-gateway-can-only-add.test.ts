import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readStreams } from '../../src/ledger/read.js';
import { describeOnServers } from '../support/test-server.js';
import { type LedgerDatabase, ledgerDatabase } from './support/ledger-database.js';

const tables = ['event_pending', 'stream', 'leaf', 'sequencing'];

describeOnServers('rights on the ledger', (server) => {
  let ledger: LedgerDatabase;
  let gateway: pg.Client;
  let superuser: pg.Client;
  beforeAll(async () => {
    ledger = await ledgerDatabase(server);
    gateway = await ledger.gateway();
    superuser = await ledger.database.connect();
    await ledger.record([{}]);
    await ledger.sequence();
    await ledger.record([{}]);
  });
  afterAll(() => ledger.database.drop());

  it.each(tables)('leave the gateway and the slices nothing on %s itself', async (table) => {
    for (const role of ['ringfence_gateway', 'ringfence_slice_support']) {
      await gateway.query(`set role ${role}`);
      for (const sql of [
        `select * from ringfence.${table}`,
        `insert into ringfence.${table} select * from ringfence.${table}`,
        `update ringfence.${table} set ${table === 'event_pending' ? 'id = id' : table === 'sequencing' ? 'only_row = true' : 'seq = 0'}`,
        `delete from ringfence.${table}`,
        `truncate ringfence.${table}`,
        `do $$ begin lock table ringfence.${table}; end $$`,
        `drop table ringfence.${table}`,
      ]) {
        await expect(gateway.query(sql), sql).rejects.toMatchObject({ code: '42501' });
      }
    }
  });

  it.each([
    `select ringfence.leaf_boundary('{}')`,
    'select ringfence.rfc3339(now())',
    'select ringfence.ledger_streams()',
    `select ringfence.ledger_head('t_x')`,
    `select ringfence.ledger_read('t_x', 0, 1)`,
    'select ringfence.ledger_events(null, null, null, 1)',
    'select ringfence.sealed()',
  ])('do not let the gateway read: %s', async (sql) => {
    await gateway.query('reset role');
    await expect(gateway.query(sql)).rejects.toMatchObject({ code: '42501' });
  });

  it('let the slices append, and neither record nor sequence', async () => {
    await gateway.query('set role ringfence_slice_support');
    await expect(gateway.query('select ringfence.sequence()')).rejects.toMatchObject({ code: '42501' });
    await expect(gateway.query(`select ringfence.record('{}', '{}', '{}', '{}')`)).rejects.toMatchObject({
      code: '42501',
    });
    await gateway.query('reset role');
    await expect(gateway.query(`select ringfence.append(gen_random_uuid(), '{}', 0)`)).rejects.toMatchObject({
      code: '42501',
    });
  });

  it('let an auditor read and nothing more', async () => {
    const login = await ledger.database.createLogin({ sql: 'grant ringfence_auditor to $login' });
    const auditor = await ledger.database.connect(login);
    await auditor.query('set role ringfence_auditor');
    expect(await readStreams(auditor)).toHaveLength(1);
    for (const sql of [
      'select * from ringfence.leaf',
      'select ringfence.sequence()',
      'select * from ringfence.claim_key',
    ]) {
      await expect(auditor.query(sql), sql).rejects.toMatchObject({ code: '42501' });
    }
  });

  it.each([
    `update ringfence.leaf set hash = hash`,
    'delete from ringfence.leaf',
    'truncate ringfence.leaf',
    'delete from ringfence.stream',
    'truncate ringfence.stream',
  ])('refuse even a superuser, and as a replica too: %s', async (sql) => {
    for (const role of ['origin', 'replica']) {
      await superuser.query(`set session_replication_role = ${role}`);
      await expect(superuser.query(sql)).rejects.toThrow('append-only');
    }
    await superuser.query('reset session_replication_role');
  });

  it('are held by functions that nobody can lead astray', async () => {
    const rows = await ledger.database.query<{ name: string }>(`
      select p.proname as name from pg_proc p
      where p.pronamespace = 'ringfence'::regnamespace
        and p.proname in ('append', 'record', 'sequence', 'ledger_streams', 'ledger_head', 'ledger_read', 'ledger_events')
        and (not p.prosecdef or p.proowner <> 'ringfence_owner'::regrole
          or 'search_path=pg_catalog, pg_temp' <> all (coalesce(p.proconfig, '{}'))
          or has_function_privilege('public', p.oid, 'execute'))`);
    expect(rows).toEqual([]);
  });
});
