import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { answer, denied } from './support/call.js';
import { openShop, type ShopDatabase, shop } from './support/shop.js';
import { contextOf } from './support/slice.js';

const context = contextOf({ tables: shop });

describeOnServers('an aggregate', (server) => {
  let open: ShopDatabase;
  beforeAll(async () => {
    open = await openShop(server);
    await open.database.query(
      `update app.base_invoice set changed_at = '2025-01-01T00:30:00Z'::timestamptz + (id - 1) * interval '20 days'`,
    );
  });
  afterAll(() => open.database.drop());

  const ask = (input: object) => answer(open.client, 'aggregate', { table: 'invoice', ...input }, context);

  test('of all rows is one row', async () => {
    const metrics = [
      { fn: 'count' },
      { fn: 'count', column: 'note' },
      { fn: 'count_distinct', column: 'customer_id', as: 'customers' },
      { fn: 'sum', column: 'total' },
      { fn: 'avg', column: 'total' },
      { fn: 'min', column: 'total' },
      { fn: 'max', column: 'note' },
    ];
    const all = await ask({ metrics });
    expect(all).toEqual({
      rows: [
        {
          count: 4,
          count_note: 3,
          customers: 2,
          sum_total: 42.75,
          avg_total: '10.6875000000000000',
          min_total: 5.25,
          max_note: 'third',
        },
      ].map((row) => ({ ...row, avg_total: 10.6875 })),
      truncated: false,
    });
    const none = await ask({ metrics: [{ fn: 'count' }, { fn: 'sum', column: 'total' }], where: { id: -1 } });
    expect(none.rows).toEqual([{ count: 0, sum_total: null }]);
  });

  test('by groups is ordered, filtered and cut by the names of its results', async () => {
    const input = {
      group_by: ['customer_id'],
      metrics: [
        { fn: 'sum', column: 'total' },
        { fn: 'count', as: 'n' },
      ],
    };
    expect((await ask({ ...input, order: ['-sum_total'] })).rows).toEqual([
      { customer_id: 1, sum_total: 37.5, n: 3 },
      { customer_id: 2, sum_total: 5.25, n: 1 },
    ]);
    expect((await ask({ ...input, order: ['n'] })).rows.map(({ customer_id }) => customer_id)).toEqual([
      2, 1,
    ]);
    expect((await ask({ ...input, having: { n: { gt: 1 } } })).rows).toEqual([
      { customer_id: 1, sum_total: 37.5, n: 3 },
    ]);
    expect((await ask({ ...input, having: { or: [{ sum_total: '5.25' }, { n: 7 }] } })).rows).toHaveLength(1);
    expect(await ask({ ...input, limit: 1 })).toMatchObject({ truncated: true, rows: [{ customer_id: 1 }] });
  });

  test('by parts of a date gives each part’s first day, in UTC', async () => {
    await open.client.query(`set timezone = 'Pacific/Honolulu'`);
    const by = async (part: string) =>
      (await ask({ group_by: [{ column: 'changed_at', by: part }], metrics: [{ fn: 'count' }] })).rows;
    expect(await by('month')).toEqual([
      { changed_at_month: '2025-01-01', count: 2 },
      { changed_at_month: '2025-02-01', count: 1 },
      { changed_at_month: '2025-03-01', count: 1 },
    ]);
    expect(await by('year')).toEqual([{ changed_at_year: '2025-01-01', count: 4 }]);
    expect((await by('day'))[0]).toEqual({ changed_at_day: '2025-01-01', count: 1 });
    expect((await by('week'))[0]).toEqual({ changed_at_week: '2024-12-30', count: 1 });
    expect(await by('quarter')).toEqual([{ changed_at_quarter: '2025-01-01', count: 4 }]);
    await open.client.query(`set timezone = 'UTC'`);
  });

  test('with two results of one name, or a function without its column, is refused', () => {
    const twice = {
      table: 'invoice',
      metrics: [{ fn: 'count' }, { fn: 'max', column: 'total', as: 'count' }],
    };
    expect(denied('aggregate', twice, context)).toMatchObject({
      code: 'input_invalid',
      reason: 'Two results are called "count".',
    });
    const bare = { table: 'invoice', metrics: [{ fn: 'sum' }] };
    expect(denied('aggregate', bare, context)).toMatchObject({ code: 'input_invalid' });
    const unknown = { table: 'invoice', metrics: [{ fn: 'count' }], order: ['total'] };
    expect(denied('aggregate', unknown, context)).toMatchObject({
      code: 'unknown_column',
      reason: 'The result has no column "total".',
      suggestion: 'The columns are: count.',
    });
  });
});
