/** What goes wrong inside a tool's code, told to the agent as in every other call, whatever wrapped it on the way. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/tools/define-tool.js';
import { describeOnServers } from '../support/test-server.js';
import { type GovernedShop, governedShop } from './support/governed-shop.js';
import { FACES } from './support/shop.js';

describeOnServers('a failure inside a tool', (server) => {
  let shop: GovernedShop;
  let hasty: GovernedShop;
  beforeAll(async () => {
    shop = await governedShop(server);
    await shop.database.query(`
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no % here', new.name; end $$;
      create trigger refuse before insert on customer for each row when (new.name = 'refused') execute function refuse();`);
    hasty = await governedShop(server, { timeoutMs: 250, beside: shop });
  });
  afterAll(async () => {
    await shop?.close();
    await hasty?.close();
  });
  afterEach(async () => {
    await shop.database.query('delete from customer where id >= 100');
  });

  const ADD = "insert into customer values (100, 'north', 'half')";

  describe.each(FACES)('with %s', (face) => {
    it('is a timeout where the database took too long', async () => {
      const decision = await hasty.call(face, async (db) => {
        await db.add(100, 'north', 'half');
        await db.raw('select pg_sleep(20)');
      });
      expect(decision).toMatchObject({ decision: 'failed', code: 'timeout' });
      expect(await hasty.names()).toEqual(['Ada', 'Bo', 'Eve']);
      expect((await hasty.events()).at(-1)?.decision).toMatchObject({ effect: 'failed', code: 'timeout' });
    });

    it('is a database that is not available where the connection was lost', async () => {
      const decision = await shop.call(face, async (db, client) => {
        await db.add(100, 'north', 'half');
        const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
        await shop.database.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
        await db.read();
      });
      expect(decision).toMatchObject({ decision: 'failed', code: 'database_unavailable' });
      expect(await shop.names()).toEqual(['Ada', 'Bo', 'Eve']);
      expect(await shop.call(face, (db) => db.one(1))).toMatchObject({ output: 'Ada' });
    });

    it('is somebody else’s lock where a lock was not to be had', async () => {
      const other = await shop.database.connect();
      await other.query('begin; select from customer where id = 1 for update');
      expect(
        await shop.call(face, (db) => db.raw('select id from customer where id = 1 for update nowait')),
      ).toMatchObject({
        decision: 'failed',
        code: 'timeout',
        reason: 'Somebody else is changing the same rows.',
      });
      await other.query('rollback');
      await other.end();
    });

    it('is a rule of the product’s, without its words, where a trigger said no', async () => {
      const decision = await shop.call(face, (db) => db.add(100, 'north', 'refused'));
      expect(decision).toMatchObject({ decision: 'denied', code: 'constraint_failed', rule: 'tools.work' });
      expect(JSON.stringify(decision)).not.toContain('here');
    });

    it('is the tool’s where its SQL is wrong', async () => {
      const decision = await shop.call(face, (db) => db.raw('select nothing from nowhere'));
      expect(decision).toMatchObject({ decision: 'failed', code: 'internal' });
      expect(JSON.stringify(decision)).not.toContain('nowhere');
      expect(shop.said.join()).toContain('nowhere');
    });

    it('is what the code made of it where the code had gone on since', async () => {
      const decision = await shop.call(face, async (db, client) => {
        await client.query('savepoint before');
        await db.raw('select id from customer where id = 1 / 0').catch(() => {});
        await db.add(100, 'north', 'taken', 'ada@north').catch(() => {});
        await client.query('rollback to savepoint before');
        await db.one(1);
        throw new Error('something of its own');
      });
      expect(decision).toMatchObject({ decision: 'failed', code: 'internal' });
      const refused = await shop.call(face, async (db) => {
        await db.add(100, 'north', 'taken', 'ada@north').catch(() => {
          throw new Refusal('That address is taken.');
        });
      });
      expect(refused).toMatchObject({
        decision: 'denied',
        code: 'tool_refused',
        reason: 'That address is taken.',
      });
    });
  });

  it('is a rule of the data’s where a constraint speaks at the commit alone', async () => {
    await shop.database.query(
      'create table line (id int primary key, customer_id int not null references customer deferrable initially deferred)',
    );
    await shop.database.query('grant insert, select on line to ringfence_app');
    for (const dry of [false, true]) {
      expect(
        await shop.call('pg', (_face, client) => client.query('insert into line values (1, 999)'), { dry }),
      ).toMatchObject({ decision: 'denied', code: 'constraint_failed', rule: 'tools.work' });
    }
    expect(await shop.database.query('select from line')).toEqual([]);
  });

  it('is a timeout where the code does not end, and its connection is not kept for it', async () => {
    const decision = await hasty.call('pg', async (_face, client) => {
      await client.query(ADD);
      await new Promise(() => {});
    });
    expect(decision).toMatchObject({ decision: 'failed', code: 'timeout' });
    expect(await hasty.names()).toEqual(['Ada', 'Bo', 'Eve']);
  });

  it.each(['kysely', 'drizzle', 'prisma'] as const)(
    'is said to the code where a transaction of %s waits for what waits for it',
    async (face) => {
      let told = '';
      const decision = await shop.call(face, (db) =>
        db
          .within(() => db.one(1))
          .catch((error: Error) => {
            told = `${error.message} ${(error.cause as Error | undefined)?.message}`;
            throw error;
          }),
      );
      expect(decision).toMatchObject({ decision: 'failed', code: 'internal' });
      expect(told).toContain('has held the connection of this call');
    },
  );
});
