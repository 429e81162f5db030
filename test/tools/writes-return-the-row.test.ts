import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { writeWithEvent } from '../../src/database/gateway.js';
import { describeOnServers } from '../support/test-server.js';
import { answer, denied, prepared } from './support/call.js';
import { openShop, type ShopDatabase, shop } from './support/shop.js';
import { contextOf } from './support/slice.js';

const context = contextOf({ tables: shop });

describeOnServers('a write', (server) => {
  let open: ShopDatabase;
  beforeAll(async () => {
    open = await openShop(server);
  });
  afterAll(() => open.database.drop());
  beforeEach(() => open.client.query('begin'));
  afterEach(() => open.client.query('rollback'));

  test('creates a row with presets from the boundary and gives it back', async () => {
    const input = {
      table: 'invoice',
      values: { customer_id: '2', total: '12.30', note: null },
      reason: 'ordered by phone',
    };
    const { rows } = await answer(open.client, 'create', input, context);
    expect(rows).toEqual([
      {
        id: expect.any(Number),
        customer_id: 2,
        total: 12.3,
        note: null,
        made_by: 'ada',
        changed_at: expect.stringMatching(/^20.*T.*\+00:00$/),
      },
    ]);
  });

  test('updates what it names, sets what is set on update, and leaves the rest', async () => {
    const input = { table: 'invoice', id: 1, values: { note: 'paid' }, reason: 'paid in cash' };
    const { rows } = await answer(open.client, 'update', input, context);
    expect(rows).toEqual([
      { id: 1, customer_id: 1, total: 10.5, note: 'paid', made_by: null, changed_at: expect.any(String) },
    ]);
    const others = await open.client.query(
      `select count(*)::int as n from slice_clerk.invoice where note = 'paid'`,
    );
    expect(others.rows).toEqual([{ n: 1 }]);
  });

  test('deletes one row and gives back its key', async () => {
    const made = await answer(open.client, 'create', { table: 'customer', values: { name: 'Eve' } }, context);
    const id = made.rows[0]?.id;
    expect((await answer(open.client, 'delete', { table: 'customer', id }, context)).rows).toEqual([{ id }]);
    expect(await answer(open.client, 'delete', { table: 'customer', id }, context)).toMatchObject({
      rows: [],
      code: 'not_found',
    });
  });

  test('is one statement of its kind, which another can be put around', async () => {
    const texts = [
      prepared('create', { table: 'customer', values: { name: 'x' } }, context),
      prepared('update', { table: 'customer', id: 1, values: { name: 'x' } }, context),
      prepared('delete', { table: 'customer', id: 1 }, context),
    ];
    expect(texts.map((call) => [call.kind, call.statement?.text.split(' ')[0], call.estimate])).toEqual([
      ['write', 'insert', false],
      ['write', 'update', false],
      ['write', 'delete', false],
    ]);
    for (const { statement } of texts) {
      if (statement === null) throw new Error('no statement');
      const around = writeWithEvent(statement, 'e', 'b', 1);
      expect(around.values.slice(0, statement.values.length)).toEqual(statement.values);
      expect(around.text).toContain(`(${statement.text})`);
    }
  });

  test('needs a workspace where a preset or a column does', () => {
    expect(denied('create', { table: 'task', values: { title: 'x' } }, context)).toMatchObject({
      code: 'scope_missing',
      rule: 'boundary.workspace',
    });
  });
});
