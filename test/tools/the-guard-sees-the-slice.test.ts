/** What the guard is told of a slice: the agent's names, and for each table a SELECT that holds the boundary's values. */
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GuardTable } from '../../src/guard/slice.js';
import { guardSlice } from '../../src/tools/guard-slice.js';
import type { ToolContext } from '../../src/tools/tool.js';
import { describeOnServers } from '../support/test-server.js';
import { openShop, type ShopDatabase, shop } from './support/shop.js';
import { column, contextOf, table } from './support/slice.js';

const tableOf = (context: ToolContext, name: string): GuardTable => {
  const found = guardSlice(context, 18).tables.get(name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
};

describe('a slice as the guard sees it', () => {
  it('names the columns of the agent’s, and apart from them those that tie rows to a boundary', () => {
    const task = tableOf(contextOf({ tables: shop }), 'task');
    expect(task).toMatchObject({
      schema: 'app',
      table: 'base_task',
      columns: ['id', 'title'],
      scopeColumns: ['tenant_id', 'workspace_id', 'owner_id'],
    });
    expect(task.scoped).toBe(
      'select t."id", t."title" from "slice_clerk"."task" t where t."tenant_id" = $1::pg_catalog.text::pg_catalog.text ' +
        'and t."workspace_id" = $2::pg_catalog.text::pg_catalog.int4 and t."owner_id" = $3::pg_catalog.text::pg_catalog.text',
    );
  });

  it('holds no condition of an axis that the role reaches beyond, and none where rows belong to nobody', () => {
    expect(tableOf(contextOf({ tables: shop, reach: 'tenant' }), 'task').scoped).not.toMatch(/\$[23]/);
    expect(tableOf(contextOf({ tables: shop }), 'genre').scoped).toBe(
      'select t."id", t."name" from "slice_clerk"."genre" t',
    );
  });

  it('is as narrow as the boundary’s data sources', () => {
    const narrowed = contextOf({ tables: shop, only: ['customer'] });
    expect([...guardSlice(narrowed, 18).tables.keys()]).toEqual(['customer']);
  });

  it('is made once for a slice', () => {
    const context = contextOf({ tables: shop });
    expect(guardSlice({ ...context }, 18)).toBe(guardSlice(context, 18));
  });

  it('knows types that are not PostgreSQL’s own, each once, an array by its element', () => {
    const of = (castType: string) => column(castType.replace(/\W/g, '_'), 'text', { castType });
    const names = [
      'public.mood',
      'public.mood[]',
      'app."Odd ""type"',
      'pg_catalog.text',
      'pg_catalog.int4[]',
    ];
    const { types } = guardSlice(contextOf({ tables: [table('a', names.map(of))] }), 18);
    expect(types).toEqual([
      { schema: 'public', name: 'mood' },
      { schema: 'app', name: 'Odd "type' },
    ]);
  });
});

describeOnServers('the SELECT that stands for a table', (server) => {
  let opened: ShopDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    opened = await openShop(server);
    client = opened.client;
  });
  afterAll(() => opened.database.drop());

  const rows = async (name: string, values: readonly (string | null)[]): Promise<unknown[]> => {
    const { scoped } = tableOf(contextOf({ tables: shop }), name);
    const text = `with given as (select $1::text, $2::text, $3::text) ${scoped}`;
    return (await client.query(text, [...values])).rows;
  };

  it.each(['customer', 'invoice', 'line', 'visit'])(
    'gives the rows of %s that are the tenant’s, and no other',
    async (name) => {
      const given = JSON.stringify([...(await rows(name, ['dental', null, 'ada']))]);
      expect(given).not.toContain('canary');
      expect(JSON.parse(given).length).toBeGreaterThan(1);
      expect(JSON.stringify(await rows(name, ['design', null, 'ada']))).not.toMatch(
        /Anna|floss|10\.50|"\/a"/,
      );
      expect(await rows(name, ['nobody', null, 'ada'])).toEqual([]);
    },
  );

  it('compares with each axis by the type of its column', async () => {
    expect(await rows('task', ['dental', '7', 'ada'])).toEqual([{ id: 1, title: 'mine' }]);
    expect(await rows('task', ['dental', null, 'ada'])).toEqual([]);
  });
});
