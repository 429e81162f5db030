import { describe, expect, test } from 'vitest';
import { compiled, refused } from './support/policies.js';

const CHINOOK = `owners: { tenant: platform-team }
tables:
  customer:     { tenant: { column: support_rep_id } }
  invoice:      { tenant: { via: customer } }
  invoice_line: { tenant: { via: invoice, on: { invoice_id: invoice_id } } }
  employee:     { tenant: shared }
  track:        { tenant: shared }
  genre:        { tenant: shared }
roles:
  support:
    description: Answers customers
    tools: [describe_schema, query, get, aggregate, create, update]
    limits: { rows: 100 }
    tables:
      customer:
        mask: { email: email, phone: last4, last_name: partial }
        update: [company]
      invoice: {}
      invoice_line: { columns: [invoice_line_id, invoice_id, track_id, quantity] }
      track: {}
      genre: {}
      employee: { columns: [employee_id, first_name] }
plans:
  free: { tools: [describe_schema, query, get] }
cross_tenant:
  acting_for: [{ agent: billing-agent, roles: [support], tenants: "*" }]
  grants: { nightly-dunning: { role: support, tenants: ["1", "2"], expires: 2027-01-31 } }
`;

describe('the policy of a shop', () => {
  const policy = compiled(CHINOOK);
  const support = policy.roles.get('support');

  test('names what each role is in the database', () => {
    expect(support).toMatchObject({
      name: 'support',
      description: 'Answers customers',
      sliceRole: 'ringfence_slice_support',
      viewRole: 'ringfence_view_support',
      sliceSchema: 'slice_support',
      scopeSchema: 'scope_support',
      reach: 'user',
      limits: { rows: 100, scannedRows: 1_000_000, timeoutMs: 30_000, joinDepth: 5 },
    });
    expect(support?.tools).toEqual(
      new Set(['describe_schema', 'query', 'get', 'aggregate', 'create', 'update']),
    );
  });

  test('leads from the line to the tenant by the keys of the database', () => {
    expect(
      [...policy.tables.values()].map(({ name, scope }) => [
        name,
        scope.kind === 'scoped' ? (scope.via?.parent ?? scope.columns[0]?.column) : scope.kind,
      ]),
    ).toEqual([
      ['customer', 'support_rep_id'],
      ['invoice', 'customer'],
      ['invoice_line', 'invoice'],
      ['employee', 'shared'],
      ['track', 'shared'],
      ['genre', 'shared'],
    ]);
  });

  test('hides the tenant column, and with it the way to the employee', () => {
    const customer = support?.tables.get('customer');
    expect(customer?.columns.map(({ name }) => name)).not.toContain('support_rep_id');
    expect(customer?.relations.map(({ name }) => name)).toEqual(['invoice']);
    expect(support?.tables.get('employee')?.relations).toEqual([]);
  });

  test('says which index serves a line and that none serves a total', () => {
    expect(support?.tables.get('invoice')?.indexes).toEqual([['invoice_id'], ['customer_id']]);
  });

  test('has plans, owners and work across tenants', () => {
    expect(policy).toMatchObject({
      version: 1,
      preset: 'development',
      tenancy: 'multi',
      owners: { tenant: 'platform-team', audit: 'unassigned' },
    });
    expect(policy.plans.get('free')?.tools).toEqual(new Set(['describe_schema', 'query', 'get']));
    expect(policy.crossTenant.actingFor).toEqual([
      { agent: 'billing-agent', roles: ['support'], tenants: '*' },
    ]);
    expect(policy.crossTenant.grants.get('nightly-dunning')).toEqual({
      role: 'support',
      tenants: ['1', '2'],
      expires: new Date('2027-01-31T00:00:00Z'),
    });
  });

  test('is the same however often it is compiled', () => {
    expect(compiled(CHINOOK)).toEqual(policy);
  });
});

describe('work across tenants', () => {
  test('is refused in a role that is not there, and where there is one tenant', () => {
    expect(
      refused(`tenancy: single
tables: {}
roles: { support: { tables: {} } }
cross_tenant:
  acting_for: [{ agent: a, roles: [support, finance], tenants: [t] }]
  grants: { g: { role: suport, tenants: "*", expires: 2027-01-31 } }`),
    ).toEqual([
      'p.yaml:6:1  cross_tenant  tenancy is single: there is no other tenant (take it out)',
      'p.yaml:7:45  cross_tenant.acting_for[0].roles[1]  there is no role finance',
      'p.yaml:8:18  cross_tenant.grants.g.role  there is no role suport (did you mean support?)',
    ]);
  });
});
