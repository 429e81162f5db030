import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parsePolicy } from '../../src/policy/file.js';

const BASE = {
  version: 1,
  preset: 'development',
  tables: {
    customer: { tenant: { column: 'org_id' }, user: { column: 'owner_id' } },
    invoice: { tenant: { via: 'customer', on: { customer_id: 'id' } } },
    'billing.note': { as: 'memo', tenant: { column: 'org_id' } },
  },
  deny: { columns: ['*password*', '*token*'], except: ['customer.token_count'] },
  roles: {
    support: {
      tools: ['query', 'get', 'update'],
      limits: { rows: 50 },
      tables: {
        customer: {
          columns: ['id', 'name', 'email'],
          mask: { email: 'email' },
          rows: { country: { in: ['USA', 'Canada'] }, or: [{ a: 1 }, { b: 2 }] },
          update: ['name'],
          presets: { updated_by: { value: '$user', on: 'update' }, created_by: '$user' },
        },
        invoice: {},
        memo: {},
      },
    },
  },
  plans: { free: { tools: ['query'] } },
  cross_tenant: {
    acting_for: [
      { agent: 'a', roles: ['support'], tenants: '*' },
      { agent: 'b', roles: ['support'], tenants: ['t1', 't2'] },
    ],
    grants: { nightly: { role: 'support', tenants: ['t1', 't2'], expires: '2027-01-31' } },
  },
};

type Data = unknown;

function hash(data: Data): string {
  return parsePolicy(stringify(data)).hash;
}

/** The same data with the keys of every mapping in another order. */
function shuffled(data: Data, pick: (length: number) => number): Data {
  if (Array.isArray(data)) return data.map((item) => shuffled(item, pick));
  if (typeof data !== 'object' || data === null) return data;
  const entries: [string, Data][] = Object.entries(data);
  const out: [string, Data][] = [];
  while (entries.length > 0) {
    const [[key, value] = ['', null]] = entries.splice(pick(entries.length), 1);
    out.push([key, shuffled(value, pick)]);
  }
  return Object.fromEntries(out);
}

/** `BASE` with one place changed. */
function changed(path: readonly string[], value: Data): Data {
  const copy = structuredClone(BASE) as Record<string, Data>;
  let at: Record<string, Data> = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, Data>;
  const last = path.at(-1) ?? '';
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

describe('the hash of a policy', () => {
  const known = hash(BASE);

  test('is sha256 over its canonical form', () => {
    expect(known).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('does not change with the order of keys', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 80, maxLength: 80 }), (picks) => {
        let next = 0;
        expect(hash(shuffled(BASE, (length) => (picks[next++ % picks.length] ?? 0) % length))).toBe(known);
      }),
    );
  });

  test('does not change with comments, layout and quotes', () => {
    const text = stringify(BASE, { indent: 4, defaultStringType: 'QUOTE_DOUBLE' });
    expect(
      parsePolicy(`# a comment\n${text.replace('"customer":', '"customer": # the buyer\n   ')}\n# done`).hash,
    ).toBe(known);
  });

  test.each<readonly [string, readonly string[], Data]>([
    ['tenancy written out', ['tenancy'], 'multi'],
    ['schema written out', ['schema'], 'public'],
    [
      'owners written out',
      ['owners'],
      { tenant: 'unassigned', role: 'unassigned', secrets: 'unassigned', audit: 'unassigned' },
    ],
    [
      'limits written out',
      ['limits'],
      { rows: 1000, scanned_rows: 1_000_000, timeout_ms: 30_000, join_depth: 5 },
    ],
    ['reach written out', ['roles', 'support', 'reach'], 'user'],
    [
      'all written out',
      ['roles', 'support', 'tables', 'invoice'],
      { columns: 'all', delete: false, reason: 'optional' },
    ],
    [
      'the short form of a preset written out',
      ['roles', 'support', 'tables', 'customer', 'presets', 'created_by'],
      { value: '$user', on: 'create' },
    ],
    [
      'columns in another order',
      ['roles', 'support', 'tables', 'customer', 'columns'],
      ['email', 'name', 'id', 'id'],
    ],
    ['tools in another order', ['roles', 'support', 'tools'], ['update', 'query', 'get']],
    ['patterns in another order', ['deny', 'columns'], ['*token*', '*password*']],
    ['tenants in another order', ['cross_tenant', 'grants', 'nightly', 'tenants'], ['t2', 't1']],
    [
      'a date as its first moment',
      ['cross_tenant', 'grants', 'nightly', 'expires'],
      '2027-01-31T01:00:00+01:00',
    ],
    ['a parent named with its schema', ['tables', 'invoice', 'tenant', 'via'], 'public.customer'],
    ['a parent named with quotes', ['tables', 'invoice', 'tenant', 'via'], '"customer"'],
    ['the schema of the file for editors', ['$schema'], './policy.schema.json'],
  ])('does not change with %s', (_what, path, value) => {
    expect(hash(changed(path, value))).toBe(known);
  });

  test('does not change when a role names a table by its SQL name', () => {
    const { memo, ...tables } = BASE.roles.support.tables;
    expect(hash(changed(['roles', 'support', 'tables'], { ...tables, 'billing.note': memo }))).toBe(known);
  });

  test('does not change with the default denials and tools written out', () => {
    const defaults = { version: 1, preset: 'development', tables: {}, roles: { a: { tables: {} } } };
    expect(
      hash({
        ...defaults,
        deny: { columns: ['*password*', '*secret*', '*token*', '*api_key*'], except: [], tables: [] },
        roles: {
          a: { description: '', tools: ['describe_schema', 'query', 'get', 'aggregate'], tables: {} },
        },
        plans: {},
        acknowledge: {},
        cross_tenant: { acting_for: [] },
      }),
    ).toBe(hash(defaults));
  });

  test.each<readonly [string, readonly string[], Data]>([
    ['the preset', ['preset'], 'production'],
    ['a limit', ['roles', 'support', 'limits', 'rows'], 51],
    ['a mask', ['roles', 'support', 'tables', 'customer', 'mask', 'email'], 'hash'],
    ['a value of a row rule', ['roles', 'support', 'tables', 'customer', 'rows', 'country'], { in: ['USA'] }],
    ['a tenant column', ['tables', 'customer', 'tenant', 'column'], 'owner_id'],
    ['a parent', ['tables', 'invoice', 'tenant', 'via'], 'billing.note'],
    ['a tool', ['roles', 'support', 'tools'], ['query', 'get']],
    ['an exception', ['deny', 'except'], undefined],
    ['an end', ['cross_tenant', 'grants', 'nightly', 'expires'], '2027-02-01'],
    ['a table of a role', ['roles', 'support', 'tables', 'invoice'], undefined],
  ])('changes with %s', (_what, path, value) => {
    const owners =
      path[0] === 'preset'
        ? { tenant: 'unassigned', role: 'unassigned', secrets: 'unassigned', audit: 'unassigned' }
        : {};
    const data = changed(path, value) as Record<string, Data>;
    expect(hash(path[0] === 'preset' ? { ...data, owners } : data)).not.toBe(known);
  });
});
