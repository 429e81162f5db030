/** SQL of an agent's for many tenants at once, behind PgBouncer, on a standby, and over connections that break. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { within } from '../../src/boundary/propagation.js';
import { apply } from '../../src/database/apply.js';
import { installClaimKeys, setGatewayPassword } from '../../src/database/credentials.js';
import { generateKeys } from '../../src/database/keys.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createRingfence, type Ringfence } from '../../src/ringfence.js';
import { loadChinook } from '../support/chinook.js';
import type { TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { pgBouncerMissing, startPgBouncer } from '../support/pgbouncer.js';
import { type Replicated, replicated } from '../support/standby.js';
import { describeOnServers } from '../support/test-server.js';
import { CHINOOK_SQL } from './support/chinook.js';
import { eventsOf } from './support/events.js';

/** Customers of each tenant. */
const CUSTOMERS: Readonly<Record<string, number>> = { '3': 21, '4': 20, '5': 18 };
const COUNT =
  'select count(*) as n, count(*) filter (where i.total < 0) as none from customer c left join (select customer_id, sum(total) as total from invoice group by 1) i using (customer_id)';

type Ask = (tenant: string, statement: string) => ReturnType<Governed['call']>;

/** Many calls of three tenants, one after the other as they come; each answers its own rows and has its event. */
async function inTurns(ask: Ask, database: TestDatabase): Promise<void> {
  const answers = await Promise.all(
    Array.from({ length: 45 }, async (_, n) => {
      const tenant = String(3 + (n % 3));
      const statement =
        n % 5 === 0
          ? 'select 1 / (customer_id - customer_id) from customer'
          : n % 7 === 0
            ? 'select nme from customer'
            : COUNT;
      return [tenant, statement, await ask(tenant, statement)] as const;
    }),
  );
  for (const [tenant, statement, answer] of answers) {
    if (statement === COUNT) expect(answer).toMatchObject({ rows: [{ n: CUSTOMERS[tenant], none: 0 }] });
    else expect(answer).toMatchObject({ code: statement.includes('nme') ? 'unknown_column' : 'value_error' });
    expect(await eventsOf(database, answer.event)).toMatchObject([{ decision: { effect: answer.decision } }]);
  }
  expect(new Set(answers.map(([, , { event }]) => event)).size).toBe(answers.length);
}

describeOnServers('SQL of an agent’s', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  beforeAll(async () => {
    database = await loadChinook(server);
    governed = await govern(database, CHINOOK_SQL, { size: 4 });
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });

  it('keeps tenants apart that ask at once', async () => {
    await inTurns((tenant, statement) => governed.call(tenant, 'sql', { statement }), database);
  });

  it('goes again, or says so, where its connection was cut; with one event either way', async () => {
    const statement = 'select count(*) as n from customer';
    await governed.call('3', 'sql', { statement });
    await database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ringfence_gateway'",
    );
    for (let n = 0; n < 6; n++) {
      const answer = await governed.call('3', 'sql', { statement });
      if (answer.decision === 'allowed') expect(answer.rows).toEqual([{ n: 21 }]);
      else expect(answer).toMatchObject({ decision: 'failed', code: 'database_unavailable' });
      expect(await eventsOf(database, answer.event)).toMatchObject([
        { decision: { effect: answer.decision } },
      ]);
    }
  });

  it('has one event where the connection breaks under it', async () => {
    const statement =
      'with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n';
    const asked = governed.call('3', 'sql', { statement });
    let cut = 0;
    while (cut === 0) {
      cut = (
        await database.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ringfence_gateway' and state = 'active' and query like '%ringfence.execute%'",
        )
      ).length;
    }
    // It goes once more, on another connection, and runs into its time there.
    const stopped = asked.then((answer) => answer);
    const second = async (): Promise<void> => {
      for (let tries = 0; tries < 400; tries++) {
        const found = await database.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ringfence_gateway' and state = 'active' and query like '%ringfence.execute%'",
        );
        if (found.length > 0) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await second();
    const answer = await stopped;
    expect(answer).toMatchObject({ decision: 'failed' });
    expect(await eventsOf(database, answer.event)).toMatchObject([{ decision: { effect: 'failed' } }]);
  });
});

const bouncing = pgBouncerMissing === undefined ? describe : describe.skip;

bouncing(`through PgBouncer${pgBouncerMissing === undefined ? '' : ` (${pgBouncerMissing})`}`, () => {
  describeOnServers('SQL of an agent’s', (server) => {
    let database: TestDatabase;
    let governed: Governed;
    let ringfence: Ringfence;
    let bouncer: Awaited<ReturnType<typeof startPgBouncer>>;
    beforeAll(async () => {
      database = await loadChinook(server);
      governed = await govern(database, CHINOOK_SQL);
      bouncer = await startPgBouncer({
        port: database.port,
        database: database.name,
        user: 'ringfence_gateway',
        password: governed.keys.gatewayPassword,
      });
      ringfence = await createRingfence({
        url: bouncer.url,
        pooled: true,
        size: 4,
        keys: governed.keys,
        policy: parsePolicy(CHINOOK_SQL),
      });
    });
    afterAll(async () => {
      await ringfence?.close();
      await bouncer?.stop();
      await governed?.close();
      await database?.drop();
    });

    it('keeps tenants apart that take turns on one server connection', async () => {
      await inTurns(
        (tenant, statement) =>
          within(governed.boundary({ tenant }), () => ringfence.call('sql', { statement })),
        database,
      );
    });
  });
});

describeOnServers('SQL of an agent’s on a standby', (kind) => {
  const keys = generateKeys();
  let servers: Replicated;
  let ringfence: Ringfence;
  let admin: pg.Client;
  beforeAll(async () => {
    servers = await replicated(kind, async (server) => {
      const client = new pg.Client({
        connectionString: server.url('postgres', server.superuser, server.superuserPassword),
      });
      await client.connect();
      await client.query(
        "create table note (id int primary key, org text not null, body text); insert into note values (1, 'a', 'mine'), (2, 'b', 'theirs')",
      );
      const file = parsePolicy(POLICY);
      await apply(client, (catalog) => compilePolicy(file, catalog), {
        alongside: async () => {
          await installClaimKeys(client, keys);
          await setGatewayPassword(client, keys);
          return true;
        },
      });
      await client.end();
    });
    const { primary, standby } = servers;
    ringfence = await createRingfence({
      url: primary.url('postgres', 'ringfence_gateway', keys.gatewayPassword),
      replicaUrl: standby.url('postgres', 'ringfence_gateway', keys.gatewayPassword),
      policy: parsePolicy(POLICY),
      keys,
    });
    admin = new pg.Client({
      connectionString: primary.url('postgres', primary.superuser, primary.superuserPassword),
    });
    await admin.connect();
  });
  afterAll(async () => {
    await ringfence?.close();
    await admin?.end();
    await servers?.stop();
  });
  const POLICY = `
version: 1
preset: production
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { note: { tenant: { column: org } } }
roles: { support: { tools: [sql], tables: { note: {} } } }
`;

  it.each([
    ['select body from note', { decision: 'allowed', rows: [{ body: 'mine' }] }, { effect: 'allowed' }],
    [
      'select 1 / (id - id) from note',
      { code: 'value_error' },
      { effect: 'failed', code: 'value_error', sqlstate: '22012' },
    ],
    [
      'select bdy from note',
      { code: 'unknown_column' },
      { effect: 'denied', code: 'unknown_column', sqlstate: '42703' },
    ],
  ])('is answered there and recorded on the primary: %s', async (statement, expected, decision) => {
    const boundary = ringfence.trustedBoundary({
      tenant: 'a',
      user: 'u1',
      role: 'support',
      actor: { kind: 'agent', id: 'test' },
    });
    const answer = await within(boundary, () => ringfence.call('sql', { statement }));
    expect(answer).toMatchObject(expected);
    const { rows } = await admin.query(
      'select body::jsonb as event from ringfence.event_pending where id = $1',
      [answer.event],
    );
    if (rows.length === 0) await ringfence.sequence();
    const events =
      rows.length > 0
        ? rows
        : (
            await admin.query(
              "select convert_from(leaf, 'UTF8')::jsonb -> 'event' as event from ringfence.leaf where event_id = $1",
              [answer.event],
            )
          ).rows;
    expect(events).toMatchObject([{ event: { action: 'sql', decision } }]);
  });

  it('runs on the standby, and not where events are written', async () => {
    const boundary = ringfence.trustedBoundary({
      tenant: 'a',
      user: 'u1',
      role: 'support',
      actor: { kind: 'agent', id: 'test' },
    });
    await admin.query("update note set body = 'changed' where id = 1");
    await servers.standby.stop();
    const answer = await within(boundary, () =>
      ringfence.call('sql', { statement: 'select body from note' }),
    );
    expect(answer).toMatchObject({ decision: 'failed', code: 'database_unavailable' });
  });
});
