import { encode } from 'gpt-tokenizer';
import { describe, expect, test } from 'vitest';
import { dataTools, toolList } from '../../src/tools/data-tools.js';
import { denied, prepared } from './support/call.js';
import { hiddenTable, shop } from './support/shop.js';
import { column, contextOf, owned, table } from './support/slice.js';

const context = contextOf({ tables: shop, others: [hiddenTable], tenant: 'dental-practice-12' });
const describeSchema = (input: object) =>
  prepared('describe_schema', input, context).answer({ fields: [], rows: [] }).rows;

describe('describe_schema', () => {
  test('is brief about everything', () => {
    const rows = describeSchema({});
    expect(rows.map((row) => row.table)).toEqual(['customer', 'invoice', 'line', 'genre', 'task', 'visit']);
    expect(rows[0]).toEqual({
      table: 'customer',
      comment: 'Who buys',
      columns: 'id integer, name text, country text?, referred_by integer?',
      key: 'id',
      relations:
        'invoice (many), customer_referred_by (one customer), customer_by_referred_by (many customer)',
      write: 'create (id, name, country, referred_by), update (name, country, referred_by), delete',
    });
    expect(rows[3]).toMatchObject({ table: 'genre', write: 'no' });
  });

  test('is full about the tables that it is asked for', () => {
    const mood = column('mood', 'text', {
      type: 'mood',
      category: 'E',
      castType: 'app.mood',
      enumLabels: ['sad', 'happy'],
      comment: 'Today',
    });
    const person = table(
      'person',
      [
        column('id', 'int4', { notNull: true, hasDefault: true }),
        column('mail', 'text', { mask: 'email' }),
        mood,
      ],
      { scope: owned(['tenant', 'org']), indexes: [['org', 'id'], ['id'], ['org']] },
    );
    const { answer } = prepared('describe_schema', { tables: ['person'] }, contextOf({ tables: [person] }));
    expect(answer({ fields: [], rows: [] }).rows).toEqual([
      {
        table: 'person',
        columns: [
          { name: 'id', type: 'integer', nullable: false, default: true },
          { name: 'mail', type: 'text', nullable: true, masked: 'email' },
          { name: 'mood', type: 'enum', nullable: true, values: ['sad', 'happy'], comment: 'Today' },
        ],
        key: ['id'],
        relations: [],
        write: { create: false, update: false, delete: false },
        indexed: ['id'],
      },
    ]);
    expect(describeSchema({ tables: ['invoice'] })[0]).toMatchObject({
      relations: [
        { name: 'customer', kind: 'one', table: 'customer', on: { customer_id: 'id' } },
        { name: 'line', kind: 'many', table: 'line', on: { id: 'invoice_id' } },
      ],
      write: {
        create: ['customer_id', 'total', 'note'],
        delete: true,
        set_by_session: ['made_by', 'changed_at'],
        reason: 'required',
      },
    });
  });

  test('tells of types without their schemas', () => {
    const types = ['"My Types".box', 'extra.citext', 'numeric(30,10)', 'character varying(40)', 'app.mood'];
    const columns = types.map((type, index) => column(`c${index}`, 'text', { type }));
    const typed = table('typed', [
      ...columns,
      column('e', 'text', { type: 'app.mood', enumLabels: ['sad', 'ok'] }),
    ]);
    const { answer } = prepared('describe_schema', {}, contextOf({ tables: [typed] }));
    expect(answer({ fields: [], rows: [] }).rows[0]?.columns).toBe(
      'c0 box?, c1 citext?, c2 numeric(30,10)?, c3 character varying(40)?, c4 mood?, e enum sad|ok?',
    );
  });

  test('names no tenant, no scope column, no base table and nothing outside the slice', () => {
    const names = shop.map(({ name }) => name);
    const all = JSON.stringify([describeSchema({}), describeSchema({ tables: names })]);
    for (const secret of [
      'tenant_id',
      'workspace_id',
      'owner_id',
      'dental-practice-12',
      'base_',
      'salary',
      'slice_',
      'scope_',
    ]) {
      expect(all).not.toContain(secret);
    }
    expect(denied('describe_schema', { tables: ['salary'] }, context)).toMatchObject({
      code: 'unknown_table',
    });
  });

  test('asks nothing of the database', () => {
    expect(prepared('describe_schema', {}, context)).toMatchObject({
      kind: 'local',
      statement: null,
      estimate: false,
    });
  });
});

describe('the tool list', () => {
  test('costs a model under 2 000 tokens', () => {
    const openAi = toolList().map(({ name, description, inputSchema: parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    }));
    const mcp = toolList().map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
    expect(encode(JSON.stringify(openAi)).length).toBeLessThan(2000);
    expect(encode(JSON.stringify(mcp)).length).toBeLessThan(2000);
  });

  test('has every tool with its effect, and of some names only those', () => {
    expect(toolList().map(({ name, effect }) => `${name} ${effect}`)).toEqual([
      'describe_schema read',
      'query read',
      'get read',
      'aggregate read',
      'sql read',
      'create write',
      'update write',
      'delete write',
    ]);
    expect([...dataTools.keys()]).toEqual(toolList().map(({ name }) => name));
    expect(toolList(['get', 'describe_schema']).map(({ name }) => name)).toEqual(['describe_schema', 'get']);
  });

  test('describes inputs that take what it says and nothing else', () => {
    for (const { name, inputSchema } of toolList()) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(dataTools.get(name)?.inputSchema.safeParse({ nonsense: 1 }).success).toBe(false);
    }
    const shape = { table: 'a', limit: '10', order: ['-b'], where: { c: 1 } };
    expect(dataTools.get('query')?.inputSchema.safeParse(shape).data).toMatchObject({ limit: 10 });
    for (const limit of [0, -1, 1.5, 'ten']) {
      expect(dataTools.get('query')?.inputSchema.safeParse({ table: 'a', limit }).success).toBe(false);
    }
  });
});
