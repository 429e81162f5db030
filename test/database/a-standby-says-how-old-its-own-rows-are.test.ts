/** Reads that go to a standby are told how old the standby's rows are, however far the primary has come. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installClaimKeys, setGatewayPassword } from '../../src/database/credentials.js';
import { Gateway } from '../../src/database/gateway.js';
import { generateKeys } from '../../src/database/keys.js';
import type { Server } from '../../src/database/server.js';
import { type Replicated, replicated } from '../support/standby.js';
import { describeOnServers } from '../support/test-server.js';
import { applyPolicy } from './support/governed.js';

const SQL = `
create table sale (id int primary key, org text not null);
insert into sale values (1, 'a');
create materialized view sales as select org, count(*)::int as sales from sale group by org;
create unique index on sales (org);
`;
const POLICY = `
tables: { sales: { tenant: { column: org }, refresh_minutes: 15 } }
roles: { support: { tables: { sales: {} } } }
`;

describeOnServers('a standby', (kind) => {
  const keys = generateKeys();
  const never = new AbortController().signal;
  const view = { schema: 'public', view: 'sales' };
  let servers: Replicated;
  let gateway: Gateway;
  let standby: pg.Client;

  const asSuperuser = async (server: Server): Promise<pg.Client> => {
    const client = new pg.Client({
      connectionString: server.url('postgres', server.superuser, server.superuserPassword),
    });
    await client.connect();
    return client;
  };

  beforeAll(async () => {
    servers = await replicated(kind, async (server) => {
      const builder = await asSuperuser(server);
      await builder.query(SQL);
      await applyPolicy(builder, POLICY);
      await installClaimKeys(builder, keys);
      await setGatewayPassword(builder, keys);
      await builder.end();
    });
    const url = (server: Server): string => server.url('postgres', 'ringfence_gateway', keys.gatewayPassword);
    gateway = await Gateway.open({ url: url(servers.primary), replicaUrl: url(servers.standby), keys });
    // The same cluster has the same superuser.
    const { superuser, superuserPassword } = servers.primary;
    standby = new pg.Client({
      connectionString: servers.standby.url('postgres', superuser, superuserPassword),
    });
    await standby.connect();
  });
  afterAll(async () => {
    await gateway?.close();
    await standby?.end();
    await servers?.stop();
  });

  it('has rows and their age from one moment', async () => {
    await standby.query('select pg_wal_replay_pause()');
    while (
      (await standby.query('select pg_get_wal_replay_pause_state() as state')).rows[0]?.state !== 'paused'
    );
    expect(await gateway.nextDueView()).toEqual(view);
    expect(await gateway.refreshView(view, never)).toEqual({ kind: 'refreshed' });
    expect(await gateway.refreshedViews()).toEqual([{ ...view, refreshedAt: null }]);
    await standby.query('select pg_wal_replay_resume()');
    while ((await gateway.refreshedViews())[0]?.refreshedAt === null);
    expect((await gateway.refreshedViews())[0]?.refreshedAt).toBeInstanceOf(Date);
  });
});
