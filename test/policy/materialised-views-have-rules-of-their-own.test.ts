/** What a policy may ask of a materialised view, and what it is told where it asks for more. */
import { describe, expect, it } from 'vitest';
import type { Catalog, CatalogGrant, CatalogRole } from '../../src/policy/catalog.js';
import { catalog, type TableNote, table } from './support/catalog.js';
import { compiled, refused, slice, warnings } from './support/policies.js';

const view = (note: Partial<TableNote> = {}) =>
  table('sales', {
    kind: 'materialized_view',
    columns: { org: 'int?', customer_id: 'int?', country: 'text?', total: 'numeric?' },
    unique: [['org', 'customer_id']],
    ...note,
  });
const customer = table('customer', {
  columns: { id: 'int', org: 'int' },
  primaryKey: ['id'],
  indexes: [['org']],
});
const shop = (note?: Partial<TableNote>, roles: readonly CatalogRole[] = []): Catalog => ({
  ...catalog(view(note), customer),
  roles,
});
const granted = (...grants: readonly Partial<CatalogGrant>[]): Partial<TableNote> => ({
  grants: grants.map((one) => ({ grantee: 'public', privilege: 'select', columns: null, ...one })),
});
const member = (name: string, ...memberOf: readonly string[]): CatalogRole => ({
  name,
  superuser: false,
  bypassRls: false,
  canLogin: false,
  memberOf,
});

const SALES = 'tables: { sales: { tenant: { column: org }, refresh_minutes: 15 } }';

describe('a materialised view', () => {
  it('belongs by its own column, and is refreshed as often as the policy says', () => {
    const policy = compiled(`${SALES}\nroles: {}`, shop());
    expect(policy.tables.get('sales')).toEqual({
      name: 'sales',
      schema: 'public',
      table: 'sales',
      kind: 'materialized_view',
      refreshMinutes: 15,
      scope: {
        kind: 'scoped',
        columns: [{ axis: 'tenant', column: 'org', castType: 'pg_catalog.int4' }],
        via: null,
      },
    });
    const left = compiled(`tables: { sales: { tenant: { column: org } } }\nroles: {}`, shop());
    expect(left.tables.get('sales')?.refreshMinutes).toBeNull();
  });

  it('is read with columns, masks and row rules like any table', () => {
    const body = `${SALES}
roles: { support: { tables: { sales: { columns: [country, total], mask: { country: partial }, rows: { customer_id: { gt: 5 } } } } } }`;
    const found = slice(body, 'sales', shop());
    expect(found.columns.map(({ name, mask }) => [name, mask])).toEqual([
      ['country', 'partial'],
      ['total', null],
    ]);
    expect(found.rows).toEqual({ customer_id: { gt: 5 } });
    expect(found.write).toMatchObject({ create: null, update: null, delete: false });
  });

  it.each([
    [
      'belongs through a parent',
      `tables: { customer: { tenant: { column: org } }, sales: { tenant: { via: customer, on: { customer_id: id } } } }\nroles: {}`,
      'p.yaml:3:69  tables.sales.tenant.via  is a materialised view, whose rows can only belong by a column of their own (select the tenant in its definition, and name that: tenant: { column: … })',
    ],
    [
      'is a parent',
      `tables: { sales: { tenant: { column: org } }, customer: { tenant: { via: sales, on: { id: customer_id } } } }\nroles: {}`,
      'p.yaml:3:69  tables.customer.tenant.via  sales is a materialised view: a copy that may be out of date, so nothing can belong through it (name the table that it is made from)',
    ],
    [
      'has no tenancy',
      `tables: { sales: { refresh_minutes: 15 } }\nroles: {}`,
      'p.yaml:3:11  tables.sales  has no tenancy: whose are its rows? (tenant: { column: … }, { via: … } or shared)',
    ],
    [
      'is created in',
      `${SALES}\nroles: { support: { tables: { sales: { create: [total] } } } }`,
      'p.yaml:4:40  roles.support.tables.sales.create  sales is a materialised view, and so read-only (take it away, or write to the tables beneath)',
    ],
    [
      'is updated',
      `${SALES}\nroles: { support: { tables: { sales: { update: all } } } }`,
      'p.yaml:4:40  roles.support.tables.sales.update  sales is a materialised view, and so read-only (take it away, or write to the tables beneath)',
    ],
    [
      'is deleted from',
      `tables: { sales: { tenant: shared } }\nroles: { support: { tables: { sales: { delete: true } } } }`,
      'p.yaml:4:40  roles.support.tables.sales.delete  sales is a materialised view, and so read-only (take it away, or write to the tables beneath)',
    ],
  ])('that %s is a complaint', (_, body, line) => {
    expect(refused(body, shop())).toEqual([line]);
  });

  it('is refreshed only where PostgreSQL can do so past its readers', () => {
    const complaint =
      'p.yaml:3:45  tables.sales.refresh_minutes  has no unique index over plain columns and all rows, without which PostgreSQL keeps readers out while it refreshes (create unique index on public.sales (…), with the columns that tell its rows apart)';
    expect(refused(`${SALES}\nroles: {}`, shop({ unique: [] }))).toEqual([complaint]);
    // A predicate or an expression does not do: introspection then names no unique key.
    const partial = { unique: [], indexes: [{ columns: ['org'], unique: true, partial: true }] };
    expect(refused(`${SALES}\nroles: {}`, shop(partial))).toEqual([complaint]);
    expect(
      compiled(`tables: { sales: { tenant: { column: org } } }\nroles: {}`, shop({ unique: [] })).tables.size,
    ).toBe(1);
  });

  it('is all that is ever refreshed', () => {
    expect(
      refused(`tables: { customer: { tenant: { column: org }, refresh_minutes: 5 } }\nroles: {}`, shop()),
    ).toEqual([
      'p.yaml:3:48  tables.customer.refresh_minutes  is no materialised view, and so never out of date (take refresh_minutes away)',
    ]);
  });

  it.each([
    ['PUBLIC', granted({}), [], 'PUBLIC'],
    ['PUBLIC, for some of its columns', granted({ columns: ['total'] }), [], 'PUBLIC'],
    [
      'the gateway',
      granted({ grantee: 'ringfence_gateway' }),
      [member('ringfence_gateway')],
      'ringfence_gateway',
    ],
    [
      'a slice itself',
      granted({ grantee: 'ringfence_slice_support' }),
      [member('ringfence_slice_support')],
      'ringfence_slice_support',
    ],
    [
      'a role that the gateway is a member of',
      granted({ grantee: 'readers' }),
      [member('ringfence_gateway', 'staff'), member('staff', 'readers'), member('readers')],
      'readers',
    ],
  ])('that may be read by %s is a complaint, for nothing would hold', (_, note, roles, names) => {
    expect(refused(`${SALES}\nroles: {}`, shop(note, roles))).toEqual([
      `p.yaml:3:11  tables.sales  ${names} may read it, and so may every agent’s statement past its slice: a materialised view has no row-level security (revoke all on public.sales from ${names})`,
    ]);
  });

  it('that may be read by others of the product’s is theirs as before', () => {
    const roles = [member('ringfence_gateway'), member('reporting'), member('ringfence_view_support', 'x')];
    const note = granted({ grantee: 'reporting' }, { grantee: 'ringfence_view_support', columns: ['org'] });
    expect(compiled(`${SALES}\nroles: {}`, shop(note, roles)).tables.size).toBe(1);
  });

  it('that is shared is a note, and open to PUBLIC as long as no row rule narrows it', () => {
    const shared = 'tables: { sales: { tenant: shared } }\nroles: { support: { tables: { sales: {} } } }';
    expect(warnings(shared, shop(granted({})))).toEqual([
      '3 tables.sales.tenant: sales is computed from tables, and shared: whatever it says of one tenant, every tenant is told',
    ]);
    const narrowed = shared.replace('sales: {} }', 'sales: { rows: { country: US } } }');
    expect(refused(narrowed, shop(granted({})))[0]).toContain('PUBLIC may read it');
    expect(compiled(narrowed, shop()).tables.get('sales')?.scope).toEqual({ kind: 'shared' });
  });

  it('of the only tenant needs no column', () => {
    const policy = compiled('tenancy: single\ntables: { sales: {} }\nroles: {}', shop());
    expect(policy.tables.get('sales')?.scope).toEqual({ kind: 'single' });
    expect(refused('tenancy: single\ntables: { sales: {} }\nroles: {}', shop(granted({})))).toHaveLength(1);
  });
});
