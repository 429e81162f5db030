import { describe, expect, test } from 'vitest';
import { catalog, table } from './support/catalog.js';
import { slice } from './support/policies.js';

const shop = catalog(
  table('staff', {
    columns: { org: 'int', id: 'int', boss_id: 'int?', home: 'int?' },
    primaryKey: ['id'],
    keys: ['boss_id -> staff.id', 'home -> address.id'],
  }),
  table('address', {
    columns: { org: 'int', id: 'int', staff_id: 'int' },
    primaryKey: ['id'],
    keys: ['staff_id -> staff.id'],
  }),
  table('customer', {
    columns: { org: 'int', id: 'int', rep_id: 'int', note: 'text' },
    primaryKey: ['org', 'id'],
    keys: ['rep_id -> staff.id', 'org -> org.id'],
  }),
  table('order', {
    columns: { org: 'int', id: 'int', buyer_id: 'int', payer_id: 'int' },
    primaryKey: ['id'],
    keys: [
      'org, buyer_id -> customer.org, id',
      'org, payer_id -> customer.org, id',
      'buyer_id, org -> customer.id, org',
      'org -> org.id',
    ],
  }),
  table('note', {
    columns: { org: 'int', id: 'int', customer_id: 'int' },
    primaryKey: ['id'],
    keys: ['org, customer_id -> customer.org, id'],
  }),
  table('order_buyer_id', { columns: { org: 'int', id: 'int', c: 'int' }, primaryKey: ['id'] }),
  table('org', { columns: { id: 'int', name: 'text' }, primaryKey: ['id'] }),
);

function relations(of: string, entries: string, staff = 'tenant: { column: org }'): unknown {
  const body = `tables:
  staff: { ${staff} }
  address: { tenant: { column: org } }
  customer: { tenant: { column: org } }
  order: { tenant: { column: org } }
  note: { tenant: { column: org } }
  org: { tenant: { column: id } }
roles: { support: { tables: { ${entries} } } }`;
  return slice(body, of, shop).relations.map(({ name, kind, table: to, columns, otherColumns }) => [
    name,
    kind,
    `${columns.join(',')} -> ${to}.${otherColumns.join(',')}`,
  ]);
}

describe('a relation', () => {
  test('is called by the other table, from both sides', () => {
    expect(relations('customer', 'staff: { columns: [id] }, customer: {}')).toEqual([
      ['staff', 'one', 'rep_id -> staff.id'],
    ]);
    expect(relations('staff', 'staff: { columns: [id] }, customer: {}')).toEqual([
      ['customer', 'many', 'id -> customer.rep_id'],
    ]);
  });

  test('is told from its like by the columns of its key, and a key that is there twice is one', () => {
    expect(relations('order', 'order: {}, customer: {}')).toEqual([
      ['customer_buyer_id_org', 'one', 'buyer_id,org -> customer.id,org'],
      ['customer_org_buyer_id', 'one', 'org,buyer_id -> customer.org,id'],
      ['customer_org_payer_id', 'one', 'org,payer_id -> customer.org,id'],
    ]);
  });

  test('of a table to itself is told by its direction', () => {
    expect(relations('staff', 'staff: { columns: [id, boss_id] }')).toEqual([
      ['staff_boss_id', 'one', 'boss_id -> staff.id'],
      ['staff_by_boss_id', 'many', 'id -> staff.boss_id'],
    ]);
  });

  test('between tables that point at each other is told by its direction', () => {
    expect(relations('staff', 'staff: { columns: [id, home] }, address: {}')).toEqual([
      ['address_by_staff_id', 'many', 'id -> address.staff_id'],
      ['address_home', 'one', 'home -> address.id'],
    ]);
  });

  test('never has the name of a column', () => {
    expect(relations('customer', 'note: {}, customer: {}')).toEqual([
      ['note_by_org_customer_id', 'many', 'org,id -> note.org,customer_id'],
    ]);
  });

  test('is there only where both sides show its columns in plain', () => {
    expect(relations('customer', 'customer: {}')).toEqual([]);
    expect(relations('customer', 'staff: { columns: [boss_id] }, customer: {}')).toEqual([]);
    expect(relations('customer', 'staff: {}, customer: { columns: [id] }')).toEqual([]);
    expect(relations('customer', 'staff: {}, customer: { mask: { rep_id: hash } }')).toEqual([]);
  });

  test('is none where the key is the boundary itself', () => {
    expect(relations('order', 'order: {}, org: {}')).toEqual([]);
    expect(relations('org', 'order: {}, org: {}')).toEqual([]);
  });
});

test('the names do not depend on the order of the policy', () => {
  const entries = ['staff: {}', 'address: {}', 'customer: {}', 'order: {}', 'note: {}'];
  for (const of of ['staff', 'customer', 'order'])
    expect(relations(of, [...entries].reverse().join(', '))).toEqual(relations(of, entries.join(', ')));
});
