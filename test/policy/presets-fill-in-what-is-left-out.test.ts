import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../src/policy/file.js';

const REST = `
tables: { a: { tenant: { column: org } } }
roles: { support: { tables: { a: {} } }, ops: { limits: { rows: 5 }, tables: { a: { reason: optional } } } }
`;
const OWNERS = 'owners: { tenant: a, role: b, secrets: c, audit: d }';

describe('production, the default preset,', () => {
  const { policy } = parsePolicy(`version: 1\n${OWNERS}${REST}`);

  test('is strict', () => {
    expect(policy.preset).toBe('production');
    expect(policy.tenancy).toBe('multi');
    expect(policy.deny.columns).toEqual(['*password*', '*secret*', '*token*', '*api_key*']);
    expect(policy.roles.support).toMatchObject({
      reach: 'user',
      tools: ['describe_schema', 'query', 'get', 'aggregate'],
      limits: { rows: 200, scanned_rows: 100_000, timeout_ms: 5_000, join_depth: 3 },
      tables: { a: { columns: 'all', create: null, update: null, delete: false, reasonRequired: true } },
    });
    expect(policy.owners).toEqual({ tenant: 'a', role: 'b', secrets: 'c', audit: 'd' });
  });

  test('gives way to what a role says', () => {
    expect(policy.roles.ops?.limits).toEqual({
      rows: 5,
      scanned_rows: 100_000,
      timeout_ms: 5_000,
      join_depth: 3,
    });
    expect(policy.roles.ops?.tables.a?.reasonRequired).toBe(false);
  });
});

describe('development', () => {
  const { policy } = parsePolicy(`version: 1\npreset: development\nlimits: { join_depth: 1 }${REST}`);

  test('is lenient, and denies secrets all the same', () => {
    expect(policy.roles.support).toMatchObject({
      limits: { rows: 1_000, scanned_rows: 1_000_000, timeout_ms: 30_000, join_depth: 1 },
      tables: { a: { reasonRequired: false } },
    });
    expect(policy.deny.columns).toHaveLength(4);
    expect(policy.owners.audit).toBe('unassigned');
  });

  test('lets a role widen the limits of the policy', () => {
    const wide = parsePolicy(
      `version: 1\npreset: development\nlimits: { rows: 10 }\ntables: {}\nroles: { r: { limits: { rows: 500 }, tables: {} } }`,
    );
    expect(wide.policy.roles.r?.limits.rows).toBe(500);
  });
});
