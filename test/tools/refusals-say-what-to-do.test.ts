import { describe, expect, test } from 'vitest';
import type { ToolName } from '../../src/policy/compiled.js';
import { dataTools } from '../../src/tools/data-tools.js';
import { denied, prepare } from './support/call.js';
import { hiddenTable, shop } from './support/shop.js';
import { column, contextOf, owned, READ_ONLY, table } from './support/slice.js';

const context = contextOf({ tables: shop, others: [hiddenTable] });

describe('a name that is not there', () => {
  test('is answered with what is', () => {
    expect(denied('query', { table: 'custmer' }, context)).toEqual({
      code: 'unknown_table',
      rule: 'roles.clerk.tables',
      reason: 'There is no table "custmer".',
      suggestion: 'Did you mean customer? The tables are: customer, invoice, line, genre, task, visit.',
    });
    const unknown = [
      [{ table: 'customer', columns: ['nmae'] }, 'unknown_column', 'Did you mean name?'],
      [{ table: 'customer', where: { nmae: 'x' } }, 'unknown_column', 'Did you mean name?'],
      [{ table: 'customer', order: ['-nmae'] }, 'unknown_column', 'Did you mean name?'],
      [
        { table: 'invoice', where: { has: { customer: { nmae: 'x' } } } },
        'unknown_column',
        'Did you mean name?',
      ],
      [{ table: 'customer', include: { invoices: true } }, 'unknown_relation', 'Did you mean invoice?'],
      [{ table: 'customer', where: { has: { invoices: {} } } }, 'unknown_relation', 'Did you mean invoice?'],
      [{ table: 'invoice', where: { customer: 'x' } }, 'unknown_column', 'has'],
      [{ table: 'customer', where: { name: { like: 'x' } } }, 'unknown_operator', 'prefix'],
      [{ table: 'customer', include: { invoice: { column: ['id'] } } }, 'input_invalid', 'columns'],
    ] as const;
    for (const [input, code, hint] of unknown) {
      const denial = denied('query', input, context);
      expect(denial).toMatchObject({ code, suggestion: expect.stringContaining(hint) });
    }
  });

  test('is the same whether it is hidden or absent', () => {
    const hidden = denied('query', { table: 'salary' }, context);
    const absent = denied('query', { table: 'yralas' }, context);
    expect(JSON.stringify(hidden).replaceAll('salary', 'x')).toEqual(
      JSON.stringify(absent).replaceAll('yralas', 'x'),
    );
  });

  test('includes tables that this call is narrowed away from, and relations that lead there', () => {
    const narrow = contextOf({ tables: shop, only: ['customer', 'genre'] });
    expect(denied('query', { table: 'invoice' }, narrow)).toMatchObject({ code: 'unknown_table' });
    const denials = [
      denied('query', { table: 'customer', include: { invoice: true } }, narrow),
      denied('query', { table: 'customer', where: { has: { invoice: { id: 1 } } } }, narrow),
    ];
    for (const denial of denials) {
      expect(denial.code).toBe('unknown_relation');
      expect(denial.suggestion).not.toContain('invoice');
    }
  });

  test('is refused when it is one of JavaScript’s own', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect(denied('query', { table: name }, context).code).toBe('unknown_table');
      const byName = JSON.parse(`{"${name}": 1}`) as object;
      expect(denied('query', { table: 'customer', where: byName }, context).code).toBe('unknown_column');
      expect(denied('query', { table: 'customer', include: byName }, context).code).toBe('unknown_relation');
      expect(denied('create', { table: 'customer', values: byName }, context).code).toBe('unknown_column');
      expect(denied('get', { table: 'customer', id: byName }, context).code).toBe('unknown_column');
      const operator = JSON.parse(`{"name": {"${name}": 1}}`) as object;
      expect(denied('query', { table: 'customer', where: operator }, context).code).toBe('unknown_operator');
    }
  });
});

describe('an input that names a tenant', () => {
  const task = contextOf({ tables: shop, workspace: '7' });
  const naming: readonly (readonly [ToolName, object])[] = [
    ['query', { table: 'customer', where: { tenant_id: 'design' } }],
    ['query', { table: 'customer', where: { tenant_id: 'dental' } }],
    ['query', { table: 'customer', where: { or: [{ id: 1 }, { not: { tenant_id: { ne: 'dental' } } }] } }],
    ['query', { table: 'invoice', where: { has: { customer: { tenant_id: 'design' } } } }],
    ['query', { table: 'customer', columns: ['id', 'tenant_id'] }],
    ['query', { table: 'customer', order: ['-tenant_id'] }],
    ['query', { table: 'customer', include: { tenant_id: true } }],
    ['query', { table: 'invoice', include: { customer: { columns: ['tenant_id'] } } }],
    [
      'query',
      { table: 'customer', include: { invoice: { include: { customer: { order: ['tenant_id'] } } } } },
    ],
    ['get', { table: 'customer', id: { id: 11, tenant_id: 'design' } }],
    ['aggregate', { table: 'customer', metrics: [{ fn: 'count' }], group_by: ['tenant_id'] }],
    ['aggregate', { table: 'customer', metrics: [{ fn: 'max', column: 'tenant_id' }] }],
    ['aggregate', { table: 'customer', metrics: [{ fn: 'count' }], having: { tenant_id: 'design' } }],
    ['create', { table: 'customer', values: { name: 'Eve', tenant_id: 'design' } }],
    ['update', { table: 'customer', id: 1, values: { tenant_id: 'design' } }],
    ['update', { table: 'customer', id: { tenant_id: 'design', id: 11 }, values: { name: 'x' } }],
    ['delete', { table: 'customer', id: { tenant_id: 'design', id: 11 } }],
  ];
  test.each(naming)('is refused by %s: %j', (tool, input) => {
    expect(denied(tool, input, context)).toMatchObject({ code: 'tenant_named', rule: 'boundary.tenant' });
  });

  test('or a workspace or a user is refused by its own rule', () => {
    const where = (name: string) => denied('query', { table: 'task', where: { [name]: '8' } }, task);
    expect(where('workspace_id')).toMatchObject({ code: 'tenant_named', rule: 'boundary.workspace' });
    expect(where('owner_id')).toMatchObject({ code: 'tenant_named', rule: 'boundary.user' });
  });

  test('beside the input’s own keys does not have its shape', () => {
    for (const [name, tool] of dataTools) {
      const input = { table: 'customer', id: 1, values: { name: 'x' }, metrics: [{ fn: 'count' }] };
      const own = name === 'describe_schema' ? {} : input;
      for (const key of ['tenant', 'tenant_id', 'org_id', 'role', 'workspace']) {
        expect(tool.inputSchema.safeParse({ ...own, [key]: 'design' }).success).toBe(false);
      }
    }
  });

  test('where it only looks so is an unknown column', () => {
    expect(denied('query', { table: 'invoice', where: { tenant_id: 'design' } }, context).code).toBe(
      'unknown_column',
    );
    expect(denied('query', { table: 'customer', where: { org_id: 'design' } }, context).code).toBe(
      'unknown_column',
    );
  });
});

describe('a value of the wrong type', () => {
  const sample = table(
    'sample',
    [
      column('id', 'int4', { notNull: true }),
      column('n', 'int2'),
      column('big', 'int8'),
      column('exact', 'numeric'),
      column('flag', 'bool'),
      column('uid', 'uuid'),
      column('day', 'date'),
      column('at', 'timestamptz'),
      column('local', 'timestamp'),
      column('doc', 'jsonb'),
      column('raw', 'bytea'),
      column('tags', '_text'),
      column('word', 'text'),
      column('mood', 'text', {
        type: 'mood',
        category: 'E',
        castType: 'app.mood',
        enumLabels: ['sad', 'happy'],
      }),
    ],
    {
      scope: owned(['tenant', 'tenant_id']),
      write: {
        ...READ_ONLY,
        create: [
          'id',
          'n',
          'big',
          'exact',
          'flag',
          'uid',
          'day',
          'at',
          'local',
          'doc',
          'raw',
          'tags',
          'word',
          'mood',
        ],
        update: [],
      },
    },
  );
  const typed = contextOf({ tables: [sample] });
  const wrong: readonly (readonly [string, unknown])[] = [
    ['id', 'abc'],
    ['id', 1.5],
    ['id', 2 ** 31],
    ['n', 40_000],
    ['big', 2 ** 53],
    ['big', '9223372036854775808'],
    ['exact', 'ten'],
    ['exact', 2 ** 53],
    ['flag', 'yes'],
    ['uid', '123'],
    ['day', '2025-02-30'],
    ['day', 'yesterday'],
    ['at', 'now'],
    ['local', '2025-01-31T09:30:00+02:00'],
    ['word', 'a\0b'],
    ['mood', 'glad'],
  ];
  test.each(wrong)('of column %s is told before the database is asked: %j', (name, value) => {
    expect(denied('query', { table: 'sample', where: { [name]: value } }, typed)).toMatchObject({
      code: 'type_mismatch',
      reason: expect.stringContaining(name),
    });
    expect(denied('create', { table: 'sample', values: { [name]: value } }, typed)).toMatchObject({
      code: 'type_mismatch',
      reason: expect.stringContaining(name),
    });
  });

  test('to be stored is told too: bytes, arrays, and null where there must be something', () => {
    const values = [{ raw: 'abc' }, { tags: 'a,b' }, { tags: ['a\0'] }, { tags: [1] }, { id: null }];
    for (const value of values) {
      expect(denied('create', { table: 'sample', values: value }, typed).code).toBe('type_mismatch');
    }
  });

  test('as an id is told', () => {
    for (const id of ['abc', 1.5, { id: 'abc' }, 2 ** 40]) {
      expect(denied('get', { table: 'sample', id }, typed)).toMatchObject({
        code: 'type_mismatch',
        rule: 'input.id',
      });
    }
  });

  test('or an operation that the type does not have', () => {
    const calls = [
      denied('query', { table: 'sample', where: { doc: { eq: '{}' } } }, typed),
      denied('query', { table: 'sample', where: { n: { prefix: '1' } } }, typed),
      denied('query', { table: 'sample', order: ['doc'] }, typed),
      denied('aggregate', { table: 'sample', metrics: [{ fn: 'sum', column: 'word' }] }, typed),
      denied('aggregate', { table: 'sample', metrics: [{ fn: 'avg', column: 'day' }] }, typed),
      denied('aggregate', { table: 'sample', metrics: [{ fn: 'max', column: 'uid' }] }, typed),
      denied('aggregate', { table: 'sample', metrics: [{ fn: 'count' }], group_by: ['tags'] }, typed),
      denied(
        'aggregate',
        { table: 'sample', metrics: [{ fn: 'count' }], group_by: [{ column: 'n', by: 'day' }] },
        typed,
      ),
    ];
    for (const denial of calls) expect(denial.code).toBe('type_mismatch');
  });
});

describe('a write that the slice does not allow', () => {
  test('is told what is allowed', () => {
    expect(denied('create', { table: 'genre', values: { name: 'x' } }, context)).toMatchObject({
      code: 'not_writable',
      suggestion: 'It can only be read.',
    });
    expect(denied('delete', { table: 'task', id: 1 }, context)).toMatchObject({
      code: 'not_writable',
      suggestion: 'It takes: create, update.',
    });
    expect(denied('update', { table: 'customer', id: 1, values: { id: 5 } }, context)).toMatchObject({
      code: 'not_writable',
      rule: 'roles.clerk.tables.customer.update',
    });
    const preset = { table: 'invoice', values: { customer_id: 1, total: 1, made_by: 'bob' }, reason: 'r' };
    expect(denied('create', preset, context)).toMatchObject({
      code: 'not_writable',
      rule: 'roles.clerk.tables.invoice.presets',
    });
  });

  test('without its reason is told to give one', () => {
    for (const reason of [undefined, '', '  ']) {
      const input = {
        table: 'invoice',
        id: 1,
        values: { note: 'x' },
        ...(reason === undefined ? {} : { reason }),
      };
      expect(denied('update', input, context)).toMatchObject({
        code: 'reason_required',
        rule: 'roles.clerk.tables.invoice.reason',
      });
    }
    expect(denied('delete', { table: 'invoice', id: 1 }, context).code).toBe('reason_required');
  });

  test('of nothing, or of a row without its parent, is no input', () => {
    expect(denied('update', { table: 'customer', id: 1, values: {} }, context).code).toBe('input_invalid');
    expect(denied('create', { table: 'customer', values: {} }, context).code).toBe('input_invalid');
    const orphan = { table: 'invoice', values: { total: 1 }, reason: 'r' };
    expect(denied('create', orphan, context)).toMatchObject({
      code: 'input_invalid',
      suggestion: expect.stringContaining('customer_id'),
    });
  });

  test('to a masked column is refused even where the rules name it', () => {
    const masked = table(
      'person',
      [column('id', 'int4', { notNull: true }), column('mail', 'text', { mask: 'email' })],
      {
        scope: owned(['tenant', 'tenant_id']),
        write: { ...READ_ONLY, create: ['mail'], update: ['mail'] },
      },
    );
    const input = { table: 'person', id: 1, values: { mail: 'a@b.c' } };
    expect(denied('update', input, contextOf({ tables: [masked] })).code).toBe('not_writable');
  });
});

describe('an id', () => {
  test('of a key with several columns names them all', () => {
    const wrong = [5, '5', { invoice_id: 1 }, { invoice_id: 1, n: 1, article: 'x' }, {}];
    for (const id of wrong) {
      expect(denied('get', { table: 'line', id }, context)).toMatchObject({
        code: 'input_invalid',
        suggestion: 'Give the id as {"invoice_id":"…","n":"…"}.',
      });
    }
    expect(prepare('get', { table: 'line', id: { n: 1, invoice_id: '1' } }, context)).toHaveProperty(
      'statement',
    );
  });

  test('is no way to a row of a table without a key, or with a masked one', () => {
    expect(denied('get', { table: 'visit', id: 1 }, context)).toMatchObject({
      code: 'input_invalid',
      suggestion: expect.stringContaining('query'),
    });
    const masked = table('secret', [column('id', 'int4', { notNull: true, mask: 'hash' })], {
      scope: owned(['tenant', 'tenant_id']),
    });
    expect(denied('get', { table: 'secret', id: 1 }, contextOf({ tables: [masked] })).code).toBe(
      'input_invalid',
    );
  });
});

describe('too much', () => {
  test('is relations deeper than the limit, by include and by filter together', () => {
    const two = contextOf({ tables: shop, limits: { joinDepth: 2 } });
    const deep = [
      { table: 'customer', include: { invoice: { include: { line: { include: { genre: true } } } } } },
      { table: 'customer', where: { has: { invoice: { has: { line: { has: { genre: { id: 1 } } } } } } } },
      {
        table: 'customer',
        include: { invoice: { where: { has: { line: { has: { genre: { id: 1 } } } } } } },
      },
    ];
    for (const input of deep) {
      expect(denied('query', input, two)).toMatchObject({
        code: 'join_too_deep',
        rule: 'roles.clerk.limits.join_depth',
      });
      expect(prepare('query', input, context)).toHaveProperty('statement');
    }
  });

  test('is a list or a filter beyond all sense', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => index);
    let nested: object = { id: 1 };
    for (let depth = 0; depth < 1000; depth += 1) nested = { not: nested };
    const inputs = [
      { table: 'customer', where: { id: many } },
      { table: 'customer', where: { or: many.map((id) => ({ id })) } },
      { table: 'customer', where: nested },
    ];
    for (const input of inputs) expect(denied('query', input, context).code).toBe('limit_exceeded');
  });
});
