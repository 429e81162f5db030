import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestDatabase } from '../support/database.js';
import { createDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { answer, asClerk, denied, prepared } from './support/call.js';
import { column, contextOf, owned, table } from './support/slice.js';

const event = table(
  'event',
  [
    column('id', 'int4', { notNull: true }),
    column('part', 'text', { notNull: true }),
    column('a', 'int4'),
    column('b', 'text'),
    column('c', 'float8'),
    column('d', 'numeric', { notNull: true }),
  ],
  { scope: owned(['tenant', 'tenant_id']), primaryKey: ['part', 'id'] },
);
const keyless = table('keyless', [column('a', 'int4')], { scope: owned(['tenant', 'tenant_id']) });
const context = contextOf({ tables: [event, keyless] });

describeOnServers('paging', (server) => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await createDatabase(server, {
      sql: `create schema slice_clerk; create schema app;
        create table app.event (tenant_id text not null, part text not null, id int4 not null, a int4, b text, c float8, d numeric not null,
          primary key (tenant_id, part, id));
        insert into app.event select t, chr(97 + i % 3), i, nullif(i % 4, 0), nullif(repeat('x', i % 3), ''),
          case i % 5 when 0 then null when 1 then 'NaN'::float8 else i % 2 end, i % 2
          from generate_series(1, 40) i, unnest(array['dental', 'design']) t;
        create view slice_clerk.event as select * from app.event;
        create view slice_clerk.keyless as select tenant_id, a from app.event`,
    });
    const login = await database.createLogin({
      sql: 'grant usage on schema slice_clerk to $login; grant select on all tables in schema slice_clerk to $login',
    });
    client = await asClerk(await database.connect(login));
  });
  afterAll(() => database.drop());

  async function allPages(input: Record<string, unknown>): Promise<{ rows: unknown[]; pages: number }> {
    const rows: unknown[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await answer(
        client,
        'query',
        { ...input, ...(cursor === undefined ? {} : { cursor }) },
        context,
      );
      rows.push(...page.rows);
      expect(page.truncated).toBe(page.nextCursor !== undefined);
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== undefined && pages < 100);
    return { rows, pages };
  }

  test('gives every row exactly once, in the order asked for, whatever ties and nulls there are', async () => {
    const order = fc
      .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'id', 'part'), { maxLength: 4 })
      .chain((names) => fc.tuple(...names.map((name) => fc.constantFrom(name, `-${name}`))));
    const columns = fc.constantFrom(['id', 'part'], ['part', 'id', 'a'], undefined);
    await fc.assert(
      fc.asyncProperty(order, fc.integer({ min: 1, max: 17 }), columns, async (keys, limit, shown) => {
        const input = {
          table: 'event',
          limit,
          where: { id: { lte: 30 } },
          ...(shown === undefined ? {} : { columns: shown }),
          ...(keys.length === 0 ? {} : { order: keys }),
        };
        const { rows, pages } = await allPages(input);
        const terms = keys.map((key) =>
          key.startsWith('-') ? `${key.slice(1)} desc nulls last` : `${key} asc nulls last`,
        );
        const tie = keys.at(-1)?.startsWith('-') ? 'desc' : 'asc';
        const byHand = await client.query(
          `select id, part from slice_clerk.event where tenant_id = 'dental' and id <= 30
           order by ${[...terms, `part ${tie}`, `id ${tie}`].join(', ')}`,
        );
        expect(
          rows.map((row) => (({ id, part }) => ({ id, part }))(row as { id: number; part: string })),
        ).toEqual(byHand.rows);
        expect(pages).toBe(Math.ceil(30 / limit));
      }),
      { numRuns: 120 },
    );
  });

  test('compares whole rows where no column can be null, so that one index serves the order', () => {
    const first = { table: 'event', order: ['-d'], limit: 5 };
    const call = prepared('query', first, context);
    const { nextCursor } = call.answer({
      fields: [],
      rows: Array.from({ length: 6 }, () => ['1', 'a', null, null, null, '0']),
    });
    const next = prepared('query', { ...first, cursor: nextCursor }, context);
    expect(next.statement?.text).toContain(
      '(t0."d", t0."part", t0."id") < ($2::pg_catalog.numeric, $3::pg_catalog.text, $4::pg_catalog.int4)',
    );
    expect(next.statement?.text).toContain('order by t0."d" desc, t0."part" desc, t0."id" desc');
  });

  test('of a table without a key says that there is more, and gives no cursor', async () => {
    const page = await answer(client, 'query', { table: 'keyless', limit: 3 }, context);
    expect(page).toMatchObject({ truncated: true, suggestion: expect.stringContaining('no key') });
    expect(page.nextCursor).toBeUndefined();
    expect(page.rows).toHaveLength(3);
  });

  test('stops at the rows that the role may see at once, whatever the call asks for', async () => {
    const few = contextOf({ tables: [event], limits: { rows: 4 } });
    for (const limit of [undefined, 4, 5, 1_000_000]) {
      const page = await answer(
        client,
        'query',
        { table: 'event', ...(limit === undefined ? {} : { limit }) },
        few,
      );
      expect(page.rows).toHaveLength(4);
      expect(page.truncated).toBe(true);
    }
    const all = await answer(client, 'query', { table: 'event', where: { id: { lte: 4 } } }, few);
    expect(all).toMatchObject({ truncated: false });
    expect(all.rows).toHaveLength(4);
  });

  test('goes on with a cursor only in the same query of the same boundary', async () => {
    const input = {
      table: 'event',
      where: { id: { gt: 1 }, a: { is_null: false } },
      order: ['-a'],
      limit: 2,
    };
    const { nextCursor: cursor } = await answer(client, 'query', input, context);
    const allowed = [
      { ...input, cursor },
      { ...input, cursor, limit: 7, columns: ['id'] },
      { ...input, cursor, where: { a: { is_null: false }, id: { gt: 1 } } },
    ];
    for (const same of allowed)
      expect((await answer(client, 'query', same, context)).rows.length).toBeGreaterThan(0);
    const refused = [
      { ...input, cursor, where: { id: { gt: 0 } } },
      { ...input, cursor, order: ['a'] },
      { table: 'keyless', limit: 2, cursor },
      { ...input, cursor: `${cursor}x` },
      { ...input, cursor: '' },
      { ...input, cursor: 'k1.e30.e30' },
    ];
    for (const other of refused) {
      expect(denied('query', other, context)).toMatchObject({ code: 'cursor_invalid', rule: 'input.cursor' });
    }
    const others = [{ tenant: 'design' }, { user: 'bob' }, { workspace: '7' }];
    for (const other of others) {
      expect(denied('query', { ...input, cursor }, contextOf({ tables: [event], ...other })).code).toBe(
        'cursor_invalid',
      );
    }
  });
});
