/** SQL of an agent's for many tenants at once, directly and behind PgBouncer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { within } from '../../src/boundary/propagation.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createRingfence, type Ringfence } from '../../src/ringfence.js';
import { loadChinook } from '../support/chinook.js';
import type { TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { pgBouncerMissing, startPgBouncer } from '../support/pgbouncer.js';
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
