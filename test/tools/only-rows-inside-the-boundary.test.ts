import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { answer, denied, prepared } from './support/call.js';
import { openShop, type ShopDatabase, shop } from './support/shop.js';
import { contextOf } from './support/slice.js';

const dental = contextOf({ tables: shop });

describeOnServers('the statement alone, with nothing beneath it', (server) => {
  let open: ShopDatabase;
  beforeAll(async () => {
    open = await openShop(server);
  });
  afterAll(() => open.database.drop());

  test('raw, every view shows both tenants', async () => {
    for (const view of ['customer', 'invoice', 'line', 'task', 'visit']) {
      const { rows } = await open.client.query(`select v::text as row from slice_clerk.${view} v`);
      expect(JSON.stringify(rows)).toContain('canary');
    }
  });

  const reads = {
    'a query by own column': ['query', { table: 'customer' }],
    'a query through a parent': ['query', { table: 'invoice' }],
    'a query through two parents': ['query', { table: 'line' }],
    'a query of a table without a key': ['query', { table: 'visit' }],
    'an include of one row': ['query', { table: 'invoice', include: { customer: true } }],
    'includes of many rows, nested': [
      'query',
      { table: 'customer', include: { invoice: { include: { line: { include: { genre: true } } } } } },
    ],
    'an include that leaves a shared table': ['query', { table: 'genre', include: { line: true } }],
    'a foreign id among others': ['query', { table: 'customer', where: { id: [1, 11, 12] } }],
    'an or that is always true': [
      'query',
      { table: 'invoice', where: { or: [{ id: 11 }, { not: { id: 11 } }] } },
    ],
    'a relation filter to the other tenant': [
      'query',
      { table: 'genre', where: { has: { line: { article: 'canary pen' } } } },
    ],
    'a get of a foreign id': ['get', { table: 'invoice', id: 11, include: { customer: true } }],
    'a count': [
      'aggregate',
      {
        table: 'invoice',
        metrics: [
          { fn: 'max', column: 'total' },
          { fn: 'max', column: 'note' },
        ],
      },
    ],
  } as const;
  for (const [name, [tool, input]] of Object.entries(reads)) {
    test(`${name} shows nothing of the other tenant`, async () => {
      const { rows } = await answer(open.client, tool, input, dental);
      expect(JSON.stringify(rows)).not.toContain('canary');
      expect(JSON.stringify(rows)).not.toContain('1000');
    });
  }

  test('a shared table is whole, and its rows are found through rows inside the boundary only', async () => {
    const all = await answer(open.client, 'query', { table: 'genre' }, dental);
    expect(all.rows).toHaveLength(2);
    const design = contextOf({ tables: shop, tenant: 'design' });
    const filter = { table: 'genre', where: { has: { line: { article: 'canary pen' } } } };
    expect((await answer(open.client, 'query', filter, dental)).rows).toEqual([]);
    expect((await answer(open.client, 'query', filter, design)).rows).toEqual([{ id: 1, name: 'Rock' }]);
  });

  test('a get of a foreign row and of an absent one are the same answer', async () => {
    const foreign = await answer(open.client, 'get', { table: 'customer', id: 11 }, dental);
    const absent = await answer(open.client, 'get', { table: 'customer', id: 999 }, dental);
    expect(foreign).toEqual(absent);
    expect(foreign).toMatchObject({ rows: [], code: 'not_found' });
  });

  test('whatever is asked, no row of the other tenant comes back', async () => {
    const anything = fc.letrec<{ filter: object; include: object }>((tie) => ({
      filter: fc.oneof(
        { maxDepth: 3 },
        fc.record({
          id: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.record({ gte: fc.integer({ min: 0, max: 20 }) })),
        }),
        fc.record({ name: fc.record({ contains: fc.constantFrom('canary', 'a', 'Y') }) }),
        fc.record({ country: fc.constantFrom('DE', 'US', null) }),
        fc.record({ not: tie('filter') }),
        fc.record({ or: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
        fc.record({ has: fc.record({ customer_referred_by: tie('filter') }) }),
        fc.record({ has: fc.record({ customer_by_referred_by: tie('filter') }) }),
      ),
      include: fc.constantFrom(
        {},
        { customer_referred_by: true },
        { customer_by_referred_by: { include: { invoice: true } } },
        { invoice: { where: { total: { gt: 1 } }, include: { line: true, customer: true } } },
      ),
    }));
    const wide = contextOf({ tables: shop, limits: { joinDepth: 10 } });
    await fc.assert(
      fc.asyncProperty(anything.filter, anything.include, async (where, include) => {
        const { rows } = await answer(open.client, 'query', { table: 'customer', where, include }, wide);
        expect(JSON.stringify(rows)).not.toContain('canary');
      }),
      { numRuns: 150 },
    );
  });

  describe('writes', () => {
    beforeEach(() => open.client.query('begin'));
    afterEach(() => open.client.query('rollback'));

    test('an update and a delete by a foreign id meet no row', async () => {
      const writes = [
        ['update', { table: 'customer', id: 11, values: { name: 'stolen' } }],
        ['update', { table: 'invoice', id: 11, values: { note: 'stolen' }, reason: 'r' }],
        ['delete', { table: 'customer', id: 12 }],
        ['delete', { table: 'invoice', id: 12, reason: 'r' }],
      ] as const;
      for (const [tool, input] of writes) {
        expect(await answer(open.client, tool, input, dental)).toMatchObject({ rows: [], code: 'not_found' });
      }
    });

    test('a new row is the tenant’s own', async () => {
      const { rows } = await answer(
        open.client,
        'create',
        { table: 'customer', values: { name: 'Dora' } },
        dental,
      );
      expect(rows).toEqual([{ id: expect.any(Number), name: 'Dora', country: null, referred_by: null }]);
      const made = await open.client.query('select tenant_id from slice_clerk.customer where name = $1', [
        'Dora',
      ]);
      expect(made.rows).toEqual([{ tenant_id: 'dental' }]);
    });

    test('a new row cannot be hung under a foreign parent, nor an old one moved there', async () => {
      const writes = [
        ['create', { table: 'invoice', values: { customer_id: 11, total: 1 }, reason: 'r' }],
        ['create', { table: 'invoice', values: { customer_id: 999, total: 1 }, reason: 'r' }],
        ['update', { table: 'invoice', id: 1, values: { customer_id: 11 }, reason: 'r' }],
        ['create', { table: 'customer', values: { name: 'Eve', referred_by: 11 } }],
        ['update', { table: 'customer', id: 1, values: { referred_by: 11 } }],
      ] as const;
      for (const [tool, input] of writes) {
        expect(await answer(open.client, tool, input, dental)).toMatchObject({ rows: [], code: 'not_found' });
      }
    });

    test('a row may refer to one inside the boundary, to itself, and to nothing', async () => {
      const writes = [
        ['create', { table: 'customer', values: { name: 'Eve', referred_by: 1 } }],
        ['create', { table: 'customer', values: { id: 50, name: 'Self', referred_by: 50 } }],
        ['create', { table: 'customer', values: { name: 'Alone', referred_by: null } }],
        ['update', { table: 'customer', id: 2, values: { referred_by: 2 } }],
        ['update', { table: 'invoice', id: 1, values: { customer_id: 2 }, reason: 'r' }],
      ] as const;
      for (const [tool, input] of writes) {
        expect((await answer(open.client, tool, input, dental)).rows).toHaveLength(1);
      }
    });
  });

  describe('workspace and user', () => {
    const titles = async (context: ReturnType<typeof contextOf>) =>
      (await answer(open.client, 'query', { table: 'task' }, context)).rows.map(({ title }) => title);

    test('a role sees as far as it reaches', async () => {
      const at = { tables: shop, workspace: '7' } as const;
      expect(await titles(contextOf({ ...at, reach: 'user' }))).toEqual(['mine']);
      expect(await titles(contextOf({ ...at, reach: 'workspace' }))).toEqual(['mine', 'of my workspace']);
      expect(await titles(contextOf({ ...at, reach: 'tenant' }))).toEqual([
        'mine',
        'of my workspace',
        'of my tenant',
      ]);
    });

    test('a new row belongs to tenant, workspace and user', async () => {
      await open.client.query('begin');
      const context = contextOf({ tables: shop, workspace: '7' });
      await answer(open.client, 'create', { table: 'task', values: { title: 'new' } }, context);
      const made = await open.client.query(
        `select tenant_id, workspace_id, owner_id from slice_clerk.task where title = 'new'`,
      );
      expect(made.rows).toEqual([{ tenant_id: 'dental', workspace_id: 7, owner_id: 'ada' }]);
      await open.client.query('rollback');
    });
  });
});

describe('a boundary that a table needs more of', () => {
  test('is told what it lacks', () => {
    expect(denied('query', { table: 'task' }, dental)).toMatchObject({
      code: 'scope_missing',
      rule: 'boundary.workspace',
    });
    const include = { table: 'genre', include: { line: true } };
    expect(prepared('query', include, dental).statement).not.toBeNull();
  });

  test('is told of a value of the wrong type without the value', () => {
    const denial = denied('query', { table: 'task' }, contextOf({ tables: shop, workspace: 'not-a-number' }));
    expect(denial).toMatchObject({ code: 'type_mismatch', rule: 'boundary.workspace' });
    expect(JSON.stringify(denial)).not.toContain('not-a-number');
  });
});
