/** Behind PgBouncer in transaction mode the end of one call is followed by the beginning of another, on the same connection of the server's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appPassword } from '../../src/database/keys.js';
import type { Governed } from '../support/governed.js';
import { pgBouncerMissing, startPgBouncer } from '../support/pgbouncer.js';
import { describeOnServers } from '../support/test-server.js';
import { type GovernedShop, governedShop } from './support/governed-shop.js';
import { FACES } from './support/shop.js';

const suite = pgBouncerMissing === undefined ? describe : describe.skip;

suite(`through PgBouncer${pgBouncerMissing === undefined ? '' : ` (${pgBouncerMissing})`}`, () => {
  describeOnServers('a tool of the product', (server) => {
    let shop: GovernedShop;
    let bouncer: Awaited<ReturnType<typeof startPgBouncer>>;
    let through: Governed;
    beforeAll(async () => {
      shop = await governedShop(server);
      const { keys } = shop.governed;
      bouncer = await startPgBouncer({
        port: shop.database.port,
        database: shop.database.name,
        user: 'ringfence_gateway',
        password: keys.gatewayPassword,
        others: [{ user: 'ringfence_app', password: appPassword(keys) }],
      });
      through = await shop.openAgain({ url: bouncer.url, pooled: true });
    });
    afterAll(async () => {
      await through?.close();
      await bouncer?.stop();
      await shop?.close();
    });

    describe.each(FACES)('with %s', (face) => {
      it('works, in turns, inside its tenant', async () => {
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, at) =>
            shop.call(face, (db) => db.one(3), { tool: 'look', tenant: at % 2 ? 'south' : 'north', through }),
          ),
        );
        expect(answers.map((answer) => ('output' in answer ? answer.output : answer))).toEqual(
          answers.map((_, at) => (at % 2 ? 'Eve' : null)),
        );
        expect(await shop.call(face, (db) => db.nested([100, 101, 102]), { through })).toMatchObject({
          decision: 'allowed',
        });
        expect(await shop.names()).toEqual(['Ada', 'Bo', 'Eve', 'first', 'third']);
        await shop.database.query('delete from customer where id >= 100');
      });

      it.each([false, true])('leaves nothing for the next, whether it fails or not: %s', async (fails) => {
        const backend = async (): Promise<unknown> => {
          let pid: unknown;
          await shop.call(
            'pg',
            async (_face, client) => {
              ({ pid } =
                (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0] ?? {});
            },
            { through },
          );
          return pid;
        };
        const before = await backend();
        await shop.call(
          face,
          async (db) => {
            await db.raw('create temp table customer (id int, org text, name text, email text)');
            await db.raw("insert into customer values (3, 'north', 'of another tenant')");
            await db.raw('prepare of_another_tenant as select 1');
            await db.raw("select set_config('work_mem', '77MB', false)");
            if (fails) throw new Error('and then fails');
          },
          { through },
        );
        expect(await backend()).toBe(before);
        const next = await shop.call(
          'pg',
          async (db, client) => {
            const { rows } = await client.query<{ memory: string; prepared: string }>(
              "select current_setting('work_mem') as memory, (select count(*) from pg_prepared_statements) as prepared",
            );
            return [await db.one(3), rows[0]?.memory, rows[0]?.prepared];
          },
          { tenant: 'south', through },
        );
        expect(next).toMatchObject({ output: ['Eve', '4MB', '0'] });
      });
    });
  });
});
