/** One tool written with `pg`, Kysely, Drizzle and Prisma: each is held to the tenant, and to one transaction with its event. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { kyselyOn } from '../../src/adapters/kysely.js';
import { prismaOn } from '../../src/adapters/prisma.js';
import { describeOnServers } from '../support/test-server.js';
import { type GovernedShop, governedShop } from './support/governed-shop.js';
import { FACES, faceOf } from './support/shop.js';

describeOnServers('a tool of the product', (server) => {
  let shop: GovernedShop;
  beforeAll(async () => {
    shop = await governedShop(server);
  });
  afterAll(() => shop?.close());
  afterEach(async () => {
    await shop.database.query("delete from customer where id >= 100; update invoice set state = 'open'");
  });

  const failed = { decision: 'failed', code: 'internal' };

  describe.each(FACES)('with %s', (face) => {
    it('reads rows of its own tenant where the same code elsewhere reads everybody’s', async () => {
      const own = await faceOf(face, shop.database.url, shop.PrismaClient);
      expect((await own.read()).map(({ name }) => name)).toEqual(['Ada', 'Bo', 'Eve']);
      expect(await own.one(3)).toBe('Eve');
      await own.close();
      expect(await shop.call(face, (db) => db.read(), { tool: 'look' })).toMatchObject({
        decision: 'allowed',
        output: [
          { id: 1, name: 'Ada', totals: [5] },
          { id: 2, name: 'Bo', totals: [7] },
        ],
      });
      expect(await shop.call(face, (db) => db.one(3), { tool: 'look' })).toMatchObject({ output: null });
      expect(await shop.call(face, (db) => db.one(3), { tool: 'look', tenant: 'south' })).toMatchObject({
        output: 'Eve',
      });
    });

    it('writes rows of its own tenant alone', async () => {
      const own = await faceOf(face, shop.database.url, shop.PrismaClient);
      expect(await own.closeAll()).toBe(3);
      await own.add(300, 'south', 'planted');
      await own.close();
      await shop.database.query("delete from customer where id = 300; update invoice set state = 'open'");

      expect(await shop.call(face, (db) => db.closeAll())).toMatchObject({ decision: 'allowed', output: 2 });
      expect(await shop.database.query("select id from invoice where state = 'open'")).toEqual([{ id: 30 }]);
      const planted = await shop.call(face, (db) => db.add(301, 'south', 'planted'));
      expect(planted).toMatchObject(failed);
      expect(JSON.stringify(planted)).not.toMatch(/planted|customer|row-level/);
      expect(await shop.names()).toEqual(['Ada', 'Bo', 'Eve']);
    });

    it('is recorded by what its statements were, and not by what was in them', async () => {
      await shop.call(face, async (db) => {
        await db.add(100, 'north', 'a secret name');
        await db.closeAll();
      });
      const event = (await shop.events()).at(-1);
      expect(
        event?.statements?.filter(({ command }) => command === 'INSERT' || command === 'UPDATE'),
      ).toMatchObject([
        { command: 'INSERT', rows: 1, us: expect.any(Number) },
        { command: 'UPDATE', rows: 2, us: expect.any(Number) },
      ]);
      expect(JSON.stringify(event)).not.toMatch(/secret|select|insert into|invoice/);
    });

    it('keeps what it rolled back out of the database and out of the count', async () => {
      expect(await shop.call(face, (db) => db.nested([100, 101, 102]))).toMatchObject({
        decision: 'allowed',
      });
      expect(await shop.names()).toEqual(['Ada', 'Bo', 'Eve', 'first', 'third']);
      const inserts = (await shop.events()).at(-1)?.statements?.filter(({ command }) => command === 'INSERT');
      expect(inserts?.map(({ undone }) => undone)).toEqual([undefined, true, undefined]);
      expect(await shop.lastRowCount()).toBe(2);

      expect(await shop.call(face, (db) => db.undone(103))).toMatchObject({ decision: 'allowed' });
      expect(await shop.names()).not.toContain('undone');
      expect(await shop.lastRowCount()).toBe(0);
    });

    it('works on several things at once, one transaction after the other', async () => {
      expect(await shop.call(face, (db) => db.atOnce([100, 101]))).toMatchObject({ decision: 'allowed' });
      expect(await shop.names()).toEqual(['Ada', 'Bo', 'Eve', 'at once', 'at once']);
    });

    it('is told of a value that is taken, without whose it is', async () => {
      const taken = await shop.call(face, (db) => db.add(100, 'north', 'Second', 'eve@south'));
      expect(taken).toMatchObject({ decision: 'denied', code: 'conflict', rule: 'tools.work' });
      expect(JSON.stringify(taken)).not.toMatch(/eve@|email|customer/);
      const broken = await shop.call(face, (db) =>
        db.raw('insert into invoice (id, customer_id, total) values (100, 1, 0)'),
      );
      expect(broken).toMatchObject({ decision: 'denied', code: 'constraint_failed' });
    });

    it('has no transaction of another kind', async () => {
      let told = '';
      const decision = await shop.call(face, (db) =>
        db.serializable().catch((error: Error) => {
          told = `${error.message} ${(error.cause as Error | undefined)?.message}`;
          throw error;
        }),
      );
      expect(decision).toMatchObject(failed);
      expect(told).toContain('cannot be made "isolation level serializable"');
      expect(await shop.names()).toEqual(['Ada', 'Bo', 'Eve']);
    });

    it('that only reads cannot write', async () => {
      expect(await shop.call(face, (db) => db.add(100, 'north', 'written'), { tool: 'look' })).toMatchObject(
        failed,
      );
      expect(await shop.names()).toEqual(['Ada', 'Bo', 'Eve']);
    });

    it('is answered by nobody once its call is over', async () => {
      let kept: (() => Promise<unknown>) | undefined;
      await shop.call(face, async (db) => {
        kept = () => db.read();
      });
      await expect(kept?.()).rejects.toThrow();
      await expect(kept?.()).rejects.toThrow();
    });

    it('meets no other call that runs beside it', async () => {
      const reads = await Promise.all(
        Array.from({ length: 12 }, async (_, at) => {
          const tenant = at % 2 === 0 ? 'north' : 'south';
          return { tenant, decision: await shop.call(face, (db) => db.read(), { tenant, tool: 'look' }) };
        }),
      );
      for (const { tenant, decision } of reads) {
        const names = (decision as unknown as { output: { name: string }[] }).output.map(({ name }) => name);
        expect(names).toEqual(tenant === 'north' ? ['Ada', 'Bo'] : ['Eve']);
      }
    });
  });

  it('has Prisma’s own transactions in turn: of nested writes, of lists, and of what goes on beside them', async () => {
    const line = (id: number) => ({ create: [{ id, total: 1 }] });
    const decision = await shop.call('pg', async (_face, client) => {
      const prisma = prismaOn(client, (adapter) => new shop.PrismaClient({ adapter }));
      await Promise.allSettled([
        prisma.customer.create({ data: { id: 100, org: 'north', name: 'one', invoice: line(100) } }),
        // Its second row exists already: both of its rows go, and no row of its neighbours.
        prisma.customer.create({ data: { id: 101, org: 'north', name: 'none', invoice: line(10) } }),
        prisma.customer.create({ data: { id: 102, org: 'north', name: 'beside' } }),
        prisma.customer.create({ data: { id: 103, org: 'north', name: 'two', invoice: line(103) } }),
      ]);
      await prisma.$transaction([
        prisma.customer.create({ data: { id: 104, org: 'north', name: 'three' } }),
        prisma.customer.create({ data: { id: 105, org: 'north', name: 'four' } }),
      ]);
      return (await prisma.customer.findMany({ include: { invoice: true } })).length;
    });
    expect(decision).toMatchObject({ decision: 'allowed', output: 7 });
    expect(await shop.names()).toEqual(['Ada', 'Bo', 'Eve', 'one', 'beside', 'two', 'three', 'four']);
    await shop.database.query('delete from invoice where id >= 100');
  });

  it('binds to the client of a call, and to no other', async () => {
    const client = await shop.database.connect();
    expect(() => kyselyOn(client as never)).toThrow('nothing holds it to a boundary');
  });
});
