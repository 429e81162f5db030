import { describe, expect, test } from 'vitest';
import { catalog, column, table } from './support/catalog.js';
import { compiled, refused, warnings } from './support/policies.js';

const shop = catalog(
  table('org', { columns: { id: 'int', name: 'text' }, primaryKey: ['id'] }),
  table('account', {
    columns: {
      org_id: 'int',
      id: 'int',
      ws_id: 'uuid',
      owner_id: 'text',
      code: 'varchar',
      settings: 'jsonb?',
      active: 'boolean',
    },
    primaryKey: ['org_id', 'id'],
    keys: ['org_id -> org.id'],
    unique: [['code']],
    indexes: [['org_id', 'owner_id']],
  }),
  table('order', {
    columns: {
      id: 'int',
      org_id: 'int',
      account_id: 'int',
      billing: 'int?',
      shipping: 'int?',
      code: 'text?',
    },
    primaryKey: ['id'],
    keys: ['org_id, account_id -> account.org_id, id', 'billing -> address.id', 'shipping -> address.id'],
  }),
  table('address', {
    columns: { id: 'int', org_id: 'int', nickname: 'text' },
    primaryKey: ['id'],
    indexes: [['org_id']],
  }),
  table('item', {
    columns: { id: 'int', order_id: 'int' },
    primaryKey: ['id'],
    keys: ['order_id -> order.id'],
    indexes: [['order_id']],
  }),
  table('a', { columns: { id: 'int', b_id: 'int' }, primaryKey: ['id'], keys: ['b_id -> b.id'] }),
  table('b', { columns: { id: 'int', a_id: 'int' }, primaryKey: ['id'], keys: ['a_id -> a.id'] }),
  table('node', {
    columns: { id: 'int', parent_id: 'int?' },
    primaryKey: ['id'],
    keys: ['parent_id -> node.id'],
  }),
  table('Order Details', {
    columns: { id: 'int', 'Org Id': 'int' },
    primaryKey: ['id'],
    indexes: [['Org Id']],
  }),
  table('note', {
    schema: 'billing',
    columns: { id: 'int', org_id: 'int' },
    primaryKey: ['id'],
    indexes: [['org_id']],
  }),
  table('v', { kind: 'view', columns: { org_id: 'int' } }),
  table('mv', { kind: 'materialized_view', columns: { org_id: 'int' } }),
  table('ft', { kind: 'foreign', columns: { org_id: 'int' } }),
  table('log', { kind: 'partitioned', columns: { id: 'int', org_id: 'int' }, indexes: [['org_id']] }),
  table('log_2026', { isChild: true, columns: { id: 'int', org_id: 'int' } }),
);

function scopes(body: string): unknown {
  return Object.fromEntries([...compiled(body, shop).tables].map(([name, { scope }]) => [name, scope]));
}

describe('a table', () => {
  test('belongs by its own columns, one for each axis', () => {
    expect(
      scopes(
        `tables: { account: { tenant: { column: org_id }, workspace: { column: ws_id }, user: { column: owner_id } } }\nroles: {}`,
      ),
    ).toEqual({
      account: {
        kind: 'scoped',
        columns: [
          { axis: 'tenant', column: 'org_id', castType: 'pg_catalog.int4' },
          { axis: 'workspace', column: 'ws_id', castType: 'pg_catalog.uuid' },
          { axis: 'user', column: 'owner_id', castType: 'pg_catalog.text' },
        ],
        via: null,
      },
    });
  });

  test('belongs through the one foreign key to its parent, over several hops and several columns', () => {
    expect(
      scopes(`tables:
  item: { tenant: { via: order } }
  order: { tenant: { via: account } }
  account: { tenant: { column: org_id } }
roles: {}`),
    ).toMatchObject({
      item: { columns: [], via: { parent: 'order', columns: ['order_id'], parentColumns: ['id'] } },
      order: {
        via: { parent: 'account', columns: ['org_id', 'account_id'], parentColumns: ['org_id', 'id'] },
      },
    });
  });

  test('may be linked to its parent by columns without a foreign key', () => {
    expect(
      scopes(
        `tables: { account: { tenant: { column: org_id } }, order: { tenant: { via: account, on: { code: code } } } }\nroles: {}`,
      ),
    ).toMatchObject({ order: { via: { columns: ['code'], parentColumns: ['code'] } } });
  });

  test('may be found by any SQL name, and is called what the policy calls it', () => {
    const policy = compiled(
      `tables:
  '"Order Details"': { tenant: { column: Org Id } }
  billing.note: { tenant: { column: org_id } }
  public.address: { as: place, tenant: { column: '"org_id"' } }
roles: {}`,
      shop,
    );
    expect([...policy.tables.values()].map(({ name, schema, table: of }) => [name, schema, of])).toEqual([
      ['Order Details', 'public', 'Order Details'],
      ['billing_note', 'billing', 'note'],
      ['place', 'public', 'address'],
    ]);
  });

  test('of a single tenant needs no tenancy, and may still belong to users', () => {
    expect(
      scopes(`tenancy: single
tables: { account: { user: { column: owner_id } }, order: { tenant: { via: account } }, address: {}, org: { tenant: shared } }
roles: {}`),
    ).toMatchObject({
      account: { kind: 'scoped', columns: [{ axis: 'user' }] },
      order: { kind: 'scoped', columns: [], via: { parent: 'account' } },
      address: { kind: 'single' },
      org: { kind: 'shared' },
    });
  });
});

describe('compiling refuses', () => {
  test.each<readonly [string, string, string]>([
    [
      'a table without tenancy',
      'account: {}',
      'p.yaml:4:3  tables.account  has no tenancy: whose are its rows? (tenant: { column: … }, { via: … } or shared)',
    ],
    [
      'a table that is gone',
      'acount: { tenant: shared }',
      'p.yaml:4:3  tables.acount  the database has no table acount in schema public (did you mean account?)',
    ],
    [
      'a table that needs its quotes',
      'order details: { tenant: shared }',
      `p.yaml:4:3  tables.order details  order details holds a character that SQL wants in double quotes: write '"order details"'`,
    ],
    [
      'a table in another schema',
      'note: { tenant: shared }',
      'p.yaml:4:3  tables.note  the database has no table note in schema public (did you mean billing.note?)',
    ],
    [
      'a table in another case',
      `'"order details"': { tenant: shared }`,
      `p.yaml:4:3  tables."order details"  the database has no table "order details" in schema public (did you mean '"Order Details"'?)`,
    ],
    [
      'a column that is gone',
      'account: { tenant: { column: orgid } }',
      'p.yaml:4:24  tables.account.tenant.column  public.account has no column orgid (did you mean org_id?)',
    ],
    [
      'a column that cannot hold a tenant',
      'account: { tenant: { column: settings } }',
      'p.yaml:4:24  tables.account.tenant.column  a tenant cannot be told from a column of type jsonb',
    ],
    [
      'a shared table with a user',
      'account: { tenant: shared, user: { column: owner_id } }',
      'p.yaml:4:30  tables.account.user  a shared table belongs to nobody, so it has no user',
    ],
    [
      'a view',
      'v: { tenant: { column: org_id } }',
      'p.yaml:4:3  tables.v  is a view: row-level security holds on tables, and a view reads its own with its owner’s rights (list the tables beneath it)',
    ],
    [
      'a foreign table',
      'ft: { tenant: { column: org_id } }',
      'p.yaml:4:3  tables.ft  is a foreign table: PostgreSQL has no row-level security for it (protect it in the database it comes from)',
    ],
    [
      'a partition',
      'log_2026: { tenant: { column: org_id } }',
      'p.yaml:4:3  tables.log_2026  is a partition or an inheritance child: the rules of its parent do not hold when it is read directly (list its parent)',
    ],
    [
      'a parent without tenancy',
      'item: { tenant: { via: order } }',
      'p.yaml:4:21  tables.item.tenant.via  order has no tenancy in this policy (add it under tables)',
    ],
    [
      'a parent that is nowhere',
      'item: { tenant: { via: ordr } }',
      'p.yaml:4:21  tables.item.tenant.via  the database has no table ordr in schema public (did you mean order?)',
    ],
  ])('%s', (_what, entry, line) => {
    expect(refused(`tables:\n  ${entry}\nroles: {}\n`, shop)).toEqual([line]);
  });

  test('a parent that several keys lead to, and lists them', () => {
    expect(
      refused(
        `tables:\n  address: { tenant: { column: org_id } }\n  order: { tenant: { via: address } }\nroles: {}`,
        shop,
      ),
    ).toEqual([
      'p.yaml:5:22  tables.order.tenant.via  2 foreign keys lead from order to address (choose one: on: { billing: id } or on: { shipping: id })',
    ]);
  });

  test('a parent that no key leads to', () => {
    expect(
      refused(
        `tables:\n  address: { tenant: { column: org_id } }\n  item: { tenant: { via: address } }\nroles: {}`,
        shop,
      ),
    ).toEqual([
      'p.yaml:5:21  tables.item.tenant.via  no foreign key leads from item to address (say which columns link them: on: { own_column: parent_column })',
    ]);
  });

  test('a link of columns that do not compare, that are not unique, or that are none', () => {
    expect(
      refused(
        `tables:
  address: { tenant: { column: org_id } }
  account: { tenant: { column: org_id } }
  order: { tenant: { via: account, on: { code: id } } }
  item: { tenant: { via: address, on: { id: org_id } } }
  a: { tenant: { via: address, on: {} } }
  b: { tenant: { via: address, on: { aid: id, a_id: idd } } }
roles: {}`,
        shop,
      ),
    ).toEqual([
      'p.yaml:6:42  tables.order.tenant.on.code  code is text and id is integer: they cannot be compared',
      'p.yaml:7:35  tables.item.tenant.on  org_id is not unique in address: a row could have two owners (link to a unique key of address, or give it one)',
      'p.yaml:8:32  tables.a.tenant.on  names no columns (on: { own_column: parent_column })',
      'p.yaml:9:38  tables.b.tenant.on.aid  public.b has no column aid (did you mean a_id?)',
      'p.yaml:9:47  tables.b.tenant.on.a_id  public.address has no column idd (did you mean id?)',
    ]);
  });

  test('a key that is unique only for some rows', () => {
    const partial = catalog(
      table('p', {
        columns: { id: 'int', org: 'int', code: 'text' },
        primaryKey: ['id'],
        unique: [['code']],
        indexes: [{ name: 'p_code_key', columns: ['code'], unique: true, partial: true }],
      }),
      table('c', { columns: { id: 'int', code: 'text' } }),
    );
    const [line] = refused(
      `tables: { p: { tenant: { column: org } }, c: { tenant: { via: p, on: { code: code } } } }\nroles: {}`,
      partial,
    );
    expect(line).toMatch(/code is not unique in p/);
  });

  test('a circle of parents, once, and a table that is its own parent', () => {
    const lines = refused(
      `tables:\n  a: { tenant: { via: b } }\n  b: { tenant: { via: a } }\n  node: { tenant: { via: node } }\nroles: {}`,
      shop,
    );
    expect(lines).toEqual([
      'p.yaml:4:18  tables.a.tenant.via  leads in a circle: a → b → a (one of them needs a tenant column of its own)',
      'p.yaml:6:21  tables.node.tenant.via  leads in a circle: node → node (one of them needs a tenant column of its own)',
    ]);
  });

  test('a shared parent, and in a single tenancy one that nothing narrows', () => {
    expect(
      refused(`tables: { order: { tenant: shared }, item: { tenant: { via: order } } }\nroles: {}`, shop),
    ).toEqual([
      'p.yaml:3:56  tables.item.tenant.via  order is shared: it belongs to nobody (name a parent that has a tenant)',
    ]);
    expect(
      refused(`tenancy: single\ntables: { order: {}, item: { tenant: { via: order } } }\nroles: {}`, shop),
    ).toEqual([
      'p.yaml:4:40  tables.item.tenant.via  order has no workspace or user to inherit (leave tenant out)',
    ]);
  });

  test('a tenant column where there is one tenant', () => {
    expect(
      refused(`tenancy: single\ntables: { account: { tenant: { column: org_id } } }\nroles: {}`, shop),
    ).toEqual([
      'p.yaml:4:32  tables.account.tenant.column  tenancy is single: one tenant owns every row (leave tenant out, or write tenancy: multi)',
    ]);
  });

  test('a table under two spellings, and two tables under one name', () => {
    expect(
      refused(
        `tables:
  address: { tenant: { column: org_id } }
  public.address: { tenant: { column: org_id } }
  account: { as: address, tenant: { column: org_id } }
roles: {}`,
        shop,
      ),
    ).toEqual([
      'p.yaml:5:3  tables.public.address  public.address is already there, under another spelling',
      'p.yaml:6:3  tables.account  agents would call this table address, and address too (give one of them another name with as: …)',
    ]);
  });

  test('what is wrong in many places, all at once and without echoes', () => {
    const lines = refused(
      `tables:
  account: { tenant: { column: nope_at_all } }
  order: { tenant: { via: account } }
  item: { tenant: { via: order } }
roles:
  support: { tables: { account: {}, order: {}, item: {}, address: {}, addresss: {} } }
cross_tenant: { acting_for: [{ agent: a, roles: [suport], tenants: "*" }] }`,
      shop,
    );
    expect(lines).toEqual([
      'p.yaml:4:24  tables.account.tenant.column  public.account has no column nope_at_all (it has org_id, id, ws_id, owner_id, code, settings, active)',
      'p.yaml:8:58  roles.support.tables.address  address has no tenancy in this policy, so no role may have it (add it under tables: { tenant: { column: … } }, { tenant: { via: … } } or { tenant: shared })',
      'p.yaml:8:71  roles.support.tables.addresss  the database has no table addresss in schema public (did you mean address?)',
      'p.yaml:9:50  cross_tenant.acting_for[0].roles[0]  there is no role suport (did you mean support?)',
    ]);
  });
});

describe('compiling warns of', () => {
  test('rows that are nobody’s, and of tenants that no index finds', () => {
    const bare = catalog(
      table('p', { columns: [column('id', 'int'), column('org', 'int?')], primaryKey: ['id'] }),
      table('c', { columns: { id: 'int', p_id: 'int?' }, keys: ['p_id -> p.id'] }),
    );
    expect(
      warnings(
        `tables:\n  p: { tenant: { column: org } }\n  c: { tenant: { via: p } }\nroles: { r: { tables: {} } }`,
        bare,
      ),
    ).toEqual([
      '4 tables.p.tenant.column: org may be null, and rows where it is are nobody’s: no agent sees them',
      '4 tables.p.tenant.column: no index of p leads with org: each call reads the whole table',
      '5 tables.c.tenant.via: no index of c leads with p_id: each call reads the whole table',
      '5 tables.c.tenant.via: p_id may be null, and rows without a parent are nobody’s: no agent sees them',
    ]);
  });

  test('nothing where all is well, and of a policy without roles', () => {
    expect(
      warnings(`tables: { account: { tenant: { column: org_id } } }\nroles: { r: { tables: {} } }`, shop),
    ).toEqual([]);
    expect(warnings(`tables: {}\nroles: {}`, shop)).toEqual([
      '4 roles: there is no role, so no agent may do anything',
    ]);
  });
});
