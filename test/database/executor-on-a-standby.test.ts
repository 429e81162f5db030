/** SQL that an agent wrote, on a standby: described and run there; what it must not do it cannot do there either. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apply } from '../../src/database/apply.js';
import { installClaimKeys, setGatewayPassword } from '../../src/database/credentials.js';
import { Gateway } from '../../src/database/gateway.js';
import { generateKeys } from '../../src/database/keys.js';
import { compilePolicy } from '../../src/policy/compile.js';
import type { CompiledPolicy } from '../../src/policy/compiled.js';
import { parsePolicy } from '../../src/policy/file.js';
import { type Replicated, replicated } from '../support/standby.js';
import { describeOnServers } from '../support/test-server.js';
import { connectionState } from './support/connection-state.js';
import { type Executor, event, openPool, rowsOf, SHOP, SHOP_POLICY, stateOf } from './support/executor.js';
import { HOSTILE_SQL } from './support/hostile-sql.js';

describeOnServers('on a standby, the executor', (kind) => {
  const keys = generateKeys();
  let policy: CompiledPolicy;
  let servers: Replicated;
  let executor: Executor;
  let admin: pg.Client;

  beforeAll(async () => {
    servers = await replicated(kind, async (server) => {
      const builder = new pg.Client({
        connectionString: server.url('postgres', server.superuser, server.superuserPassword),
      });
      await builder.connect();
      await builder.query(SHOP);
      await apply(
        builder,
        (catalog) => {
          policy = compilePolicy(parsePolicy(SHOP_POLICY), catalog);
          return policy;
        },
        {
          alongside: async () => {
            await installClaimKeys(builder, keys);
            await setGatewayPassword(builder, keys);
            return true;
          },
        },
      );
      await builder.end();
    });
    const { primary, standby } = servers;
    executor = await openPool(policy, keys, {
      url: standby.url('postgres', 'ringfence_gateway', keys.gatewayPassword),
    });
    admin = new pg.Client({
      connectionString: primary.url('postgres', primary.superuser, primary.superuserPassword),
    });
    await admin.connect();
  });
  afterAll(async () => {
    await executor?.close();
    await admin?.end();
    await servers?.stop();
  });

  it('describes, runs and contains', async () => {
    const text = 'select tenant, pg_is_in_recovery(), count(*) from slice_support.customer group by 1';
    expect(await executor.describe(text)).toMatchObject({ kind: 'described' });
    for (const tenant of ['a', 'b'])
      expect(rowsOf(await executor.execute(text, { tenant, columns: 3, event: null }))).toEqual([
        [tenant, 't', '40'],
      ]);
    const before = await connectionState(executor);
    for (const { text: hostile } of Object.values(HOSTILE_SQL).flat()) {
      const outcome = await executor.execute(hostile, { event: null });
      expect(JSON.stringify(outcome), hostile).not.toMatch(/zephyr [0-9t]|@zephyr|zephyr[0-9]/);
      await executor.describe(hostile);
      expect(await connectionState(executor), hostile).toEqual(before);
    }
  });

  it('writes no event there, and says so when it is told to', async () => {
    const along = event();
    expect(stateOf(await executor.execute('select 1', { event: along }))).toBe('database_read_only');
    expect(rowsOf(await executor.execute('select 1', { event: null }))).toEqual([['1']]);
  });

  it('is where a gateway with a replica runs what has no event, and no other', async () => {
    const { primary, standby } = servers;
    const url = (server: typeof primary): string =>
      server.url('postgres', 'ringfence_gateway', keys.gatewayPassword);
    const gateway = await Gateway.open({ url: url(primary), replicaUrl: url(standby), keys });
    const call = {
      boundary: executor.boundary(),
      role: executor.role(),
      timeoutMs: 5_000,
      text: 'select pg_is_in_recovery()',
      columns: 1,
      rowLimit: 10,
      byteLimit: 1_000,
    };
    expect(gateway.readsOnPrimary).toBe(false);
    expect(rowsOf(await gateway.execute({ ...call, event: null }))).toEqual([['t']]);
    const along = event();
    expect(rowsOf(await gateway.execute({ ...call, event: along }))).toEqual([['f']]);
    const { rows } = await admin.query(
      'select row_count::int as rows from ringfence.event_pending where id = $1',
      [along.id],
    );
    expect(rows).toEqual([{ rows: 1 }]);
    expect(
      await gateway.describe({
        ...call,
        opaque: 'select id from slice_support.customer',
      }),
    ).toMatchObject({ kind: 'described', fields: [{ name: 'id', typeOid: 23 }] });
    await gateway.close();
  });
});
