import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { answer, prepared } from './support/call.js';
import { openShop, type ShopDatabase, shop } from './support/shop.js';
import { contextOf } from './support/slice.js';

const context = contextOf({ tables: shop });

describeOnServers('an include', (server) => {
  let open: ShopDatabase;
  beforeAll(async () => {
    open = await openShop(server);
  });
  afterAll(() => open.database.drop());

  const rows = async (input: object) => (await answer(open.client, 'query', input, context)).rows;

  test('gives one row as an object, or null, and many as a list, or an empty one', async () => {
    const include = {
      customer_referred_by: { columns: ['name'] },
      invoice: { columns: ['id', 'total'], order: ['-total'] },
    };
    expect(await rows({ table: 'customer', columns: ['name'], include })).toEqual([
      {
        name: 'Anna',
        customer_referred_by: null,
        invoice: [
          { id: 2, total: 20 },
          { id: 1, total: 10.5 },
          { id: 4, total: 7 },
        ],
      },
      { name: 'Ben', customer_referred_by: { name: 'Anna' }, invoice: [{ id: 3, total: 5.25 }] },
      { name: 'Cid', customer_referred_by: { name: 'Anna' }, invoice: [] },
    ]);
  });

  test('nests, filters, and says where a list was cut', async () => {
    const include = {
      invoice: {
        columns: ['id'],
        where: { total: { gt: 6 } },
        limit: 2,
        include: { line: { columns: ['article'], limit: 1 } },
      },
    };
    expect(await rows({ table: 'customer', columns: ['id'], where: { id: 1 }, include })).toEqual([
      {
        id: 1,
        invoice: [
          { id: 1, line: [{ article: 'floss' }], line_truncated: true },
          { id: 2, line: [{ article: 'paste' }] },
        ],
        invoice_truncated: true,
      },
    ]);
  });

  test('of a relation that is said to be false is left out', async () => {
    expect(
      await rows({ table: 'customer', columns: ['id'], where: { id: 1 }, include: { invoice: false } }),
    ).toEqual([{ id: 1 }]);
  });

  test('adds no statement, and no more rows than there is room for', () => {
    const include = { invoice: { include: { line: { limit: 1_000_000 } } } };
    const many = contextOf({ tables: shop, limits: { rows: 1000 } });
    const { statement } = prepared('query', { table: 'customer', include }, many);
    const limits = [...(statement?.text ?? '').matchAll(/limit (\d+)/g)].map(([, limit]) => Number(limit));
    // 1 000 customers with 10 invoices each leave room for one line each; one row more tells of the rest.
    expect(limits).toEqual([2, 11, 1001]);
    const one = prepared('get', { table: 'customer', id: 1, include }, many);
    expect(
      [...(one.statement?.text ?? '').matchAll(/limit (\d+)/g)].map(([, limit]) => Number(limit)),
    ).toEqual([11, 1001, 1]);
  });

  test('names every table and column it touches for the ledger', () => {
    const input = {
      table: 'invoice',
      columns: ['id'],
      where: { has: { line: { article: 'floss' } } },
      order: ['-total'],
      include: { customer: { columns: ['name'] } },
    };
    const { tables, columns } = prepared('query', input, context);
    expect([...tables].sort()).toEqual(['customer', 'invoice', 'line']);
    expect([...columns].sort()).toEqual(['customer.name', 'invoice.id', 'invoice.total', 'line.article']);
  });

  test('needs an estimate, and a get without one does not', () => {
    expect(prepared('get', { table: 'customer', id: 1 }, context).estimate).toBe(false);
    expect(prepared('get', { table: 'customer', id: 1, include: { invoice: true } }, context).estimate).toBe(
      true,
    );
    expect(prepared('query', { table: 'customer' }, context).estimate).toBe(true);
  });
});
