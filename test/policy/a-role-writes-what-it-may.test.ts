import { describe, expect, test } from 'vitest';
import type { WriteRules } from '../../src/policy/compiled.js';
import { catalog, column, table } from './support/catalog.js';
import { refused, slice, warnings } from './support/policies.js';

const desk = catalog(
  table('ticket', {
    columns: [
      column('org_id', 'int'),
      column('id', { ...column('id', 'int='), defaultSequence: 'public.ticket_id_seq' }),
      column('subject', 'text'),
      column('body', 'text?'),
      column('slug', 'text'),
      column('number', 'int'),
      column('search', { ...column('search', 'text'), generated: true }),
      column('serial', { ...column('serial', 'int'), identity: 'always' }),
      column('customer_id', 'int?'),
      column('category_id', 'int?'),
      column('warehouse_id', 'int?'),
      column('parent_id', 'int?'),
      column('reset_token', 'text?'),
      column('created_by', 'text'),
      column('updated_at', 'timestamptz'),
      column('due', 'date?'),
      column('data', 'jsonb?'),
      column('mail', 'text?'),
    ],
    primaryKey: ['id'],
    unique: [['slug'], ['org_id', 'number'], ['number', 'org_id', 'subject']],
    indexes: [
      ['org_id'],
      {
        name: 'ticket_mail_key',
        columns: [null],
        unique: true,
        definition: 'create unique index ticket_mail_key on ticket (lower(mail))',
      },
    ],
    keys: [
      'org_id, customer_id -> customer.org_id, id',
      'category_id -> category.id',
      'warehouse_id -> warehouse.id',
      'parent_id -> ticket.id',
    ],
  }),
  table('customer', { columns: { org_id: 'int', id: 'int' }, primaryKey: ['org_id', 'id'] }),
  table('category', { columns: { id: 'int', name: 'text' }, primaryKey: ['id'] }),
  table('warehouse', { columns: { id: 'int' }, primaryKey: ['id'] }),
  table('comment', {
    columns: { ticket_id: 'int', position: 'int', body: 'text' },
    keys: ['ticket_id -> ticket.id cascade'],
    unique: [['ticket_id', 'position']],
    indexes: [['ticket_id']],
  }),
  table('team', {
    columns: [column('id', { ...column('id', 'int'), identity: 'always' }), column('name', 'text')],
    primaryKey: ['id'],
  }),
);
const TABLES = `tables:
  ticket: { tenant: { column: org_id } }
  customer: { tenant: { column: org_id } }
  category: { tenant: shared }
  comment: { tenant: { via: ticket } }
  team: { tenant: { column: id } }
`;

/** The role's tables begin on line 11. */
function support(entry: string, more = ''): string {
  return `${TABLES}roles:
  support:
    tables: { ${entry} }
${more}`;
}

function write(entry: string, more = '', of = 'ticket'): WriteRules {
  return slice(support(entry, more), of, desk).write;
}

describe('a role', () => {
  test('that is given nothing to write writes nothing', () => {
    expect(write('ticket: {}')).toEqual({
      create: null,
      update: null,
      delete: false,
      presets: [],
      reasonRequired: false,
      guardedKeys: [],
    });
  });

  test('writes the columns it is given, in the order of the table', () => {
    expect(
      write('ticket: { create: [body, subject], update: [body], delete: true, reason: required }'),
    ).toMatchObject({
      create: ['subject', 'body'],
      update: ['body'],
      delete: true,
      reasonRequired: true,
    });
  });

  test('given all writes what can be written: no key that tells of others, nothing computed, denied or preset', () => {
    expect(write('ticket: { create: all, presets: { created_by: $user } }').create).toEqual([
      'subject',
      'body',
      'number',
      'customer_id',
      'category_id',
      'parent_id',
      'updated_at',
      'due',
      'data',
    ]);
    expect(warnings(support('ticket: { update: all }'), desk)).toEqual(
      expect.arrayContaining([
        '11 roles.support.tables.ticket.update: all leaves out a column: slug is in the unique key ticket_slug_key, which spans boundaries and so tells of hidden rows',
      ]),
    );
  });

  test('is kept inside the boundary by each foreign key that it sets', () => {
    expect(
      write('ticket: { create: [subject, customer_id, category_id], update: [parent_id] }').guardedKeys,
    ).toEqual([
      { columns: ['org_id', 'customer_id'], parent: 'customer', parentColumns: ['org_id', 'id'] },
      { columns: ['parent_id'], parent: 'ticket', parentColumns: ['id'] },
    ]);
    expect(write('comment: { create: [ticket_id, body, position] }', '', 'comment').guardedKeys).toEqual([
      { columns: ['ticket_id'], parent: 'ticket', parentColumns: ['id'] },
    ]);
  });

  test('writes a unique key that the boundary is part of, and one that holds the whole link to the parent', () => {
    expect(write('ticket: { update: [number] }').update).toEqual(['number']);
    expect(write('comment: { update: [position] }', '', 'comment').update).toEqual(['position']);
  });

  test('writes what tells of hidden rows once that is acknowledged', () => {
    const more = 'acknowledge: { unique: [ticket.slug, ticket.mail], foreign_keys: [ticket.warehouse_id] }';
    expect(write('ticket: { update: [slug, warehouse_id, mail] }', more)).toMatchObject({
      update: ['slug', 'warehouse_id', 'mail'],
      guardedKeys: [],
    });
  });

  test('has a preset written that it does not read', () => {
    const { presets } = write(
      'ticket: { columns: [id, body], update: [body], presets: { created_by: $user } }',
    );
    expect(presets.map((preset) => preset.column)).toEqual(['created_by']);
  });

  test('of a single tenant writes any unique key: no row is hidden', () => {
    const body =
      'tenancy: single\ntables: { ticket: {} }\nroles: { support: { tables: { ticket: { update: [slug] } } } }';
    expect(slice(body, 'ticket', desk).write.update).toEqual(['slug']);
  });

  test('has columns set from the boundary', () => {
    const { presets } = write(
      'ticket: { create: [subject], presets: { created_by: $user, updated_at: { value: $now, on: update } } }',
    );
    expect(presets).toEqual([
      { column: 'created_by', castType: 'pg_catalog.text', source: 'user', onUpdate: false },
      { column: 'updated_at', castType: 'pg_catalog.timestamptz', source: 'now', onUpdate: true },
    ]);
  });
});

describe('compiling refuses to make writable', () => {
  test.each([
    ['org_id', 'org_id holds the tenant: the boundary sets it, never the agent'],
    [
      'reset_token',
      'reset_token is denied by the pattern *token* (where the pattern is wrong about it, deny: { except: [ticket.reset_token] })',
    ],
    ['search', 'search is generated: PostgreSQL computes it'],
    ['serial', 'serial is an identity column: PostgreSQL numbers it'],
    [
      'slug',
      'slug is in the unique key ticket_slug_key, which spans boundaries and so tells of hidden rows (lead the key with the boundary’s column, or accept it: acknowledge: { unique: [ticket.slug] })',
    ],
    [
      'id',
      'id is in the unique key ticket_pkey, which spans boundaries and so tells of hidden rows (lead the key with the boundary’s column, or accept it: acknowledge: { unique: [ticket.id] })',
    ],
    [
      'mail',
      'mail is in the unique key ticket_mail_key, which spans boundaries and so tells of hidden rows (lead the key with the boundary’s column, or accept it: acknowledge: { unique: [ticket.mail] })',
    ],
    [
      'warehouse_id',
      'warehouse_id points to public.warehouse, which has no tenancy in this policy: writing it tells which of its rows exist (add public.warehouse under tables, or accept it: acknowledge: { foreign_keys: [ticket.warehouse_id] })',
    ],
    ['sbject', 'public.ticket has no column sbject (did you mean subject?)'],
  ])('%s', (name, reason) => {
    for (const action of ['create', 'update'])
      expect(refused(support(`ticket: { ${action}: [${name}] }`), desk)).toEqual([
        `p.yaml:11:34  roles.support.tables.ticket.${action}[0]  ${reason}`,
      ]);
  });

  test('what the role does not read, reads masked, or has preset', () => {
    expect(
      refused(
        support(
          'ticket: { columns: [id, body, created_by], mask: { body: text }, presets: { created_by: $user }, create: [subject, body, created_by] }',
        ),
        desk,
      ).map((line) => line.replace(/^p.yaml:11:\d+ {2}roles.support.tables.ticket./, '')),
    ).toEqual([
      'create[0]  subject is not among the columns the role reads (add it to columns)',
      'create[1]  body is masked, and what is masked cannot be written (take away the mask or the right)',
      'create[2]  created_by is a preset: the boundary sets it, never the agent (keep it in one of the two)',
    ]);
  });

  test('a shared table', () => {
    expect(refused(support('category: { create: all, update: [name], delete: true }'), desk)).toEqual([
      'p.yaml:11:27  roles.support.tables.category.create  category is shared, and so read-only (take it away, or give the table a tenant)',
      'p.yaml:11:40  roles.support.tables.category.update  category is shared, and so read-only (take it away, or give the table a tenant)',
      'p.yaml:11:56  roles.support.tables.category.delete  category is shared, and so read-only (take it away, or give the table a tenant)',
    ]);
  });

  test('a table whose tenant PostgreSQL computes', () => {
    expect(refused(support('team: { create: [name] }'), desk)).toEqual([
      'p.yaml:11:23  roles.support.tables.team.create  id holds the tenant and is computed by PostgreSQL, so no agent can create a row',
    ]);
  });

  test('an acknowledged column that is gone', () => {
    expect(
      refused(
        support('ticket: {}', 'acknowledge: { unique: [ticket.slugg], foreign_keys: [tickt.id] }'),
        desk,
      ),
    ).toEqual([
      'p.yaml:12:25  acknowledge.unique[0]  public.ticket has no column slugg (did you mean slug?)',
      'p.yaml:12:55  acknowledge.foreign_keys[0]  the database has no table tickt in schema public (did you mean ticket?)',
    ]);
  });

  test.each([
    ['org_id: $tenant', 'org_id holds the tenant, and the boundary sets it already (take the preset away)'],
    ['created_bye: $user', 'public.ticket has no column created_bye (did you mean created_by?)'],
    ['search: $user', 'search is computed by PostgreSQL'],
    ['subject: $now', '$now does not fit subject, which is text'],
    ['due: $user', '$user does not fit due, which is date'],
    ['data: $run', '$run does not fit data, which is jsonb'],
    ['number: $role', '$role does not fit number, which is integer'],
  ])('a preset of %s', (preset, reason) => {
    const name = preset.split(':')[0];
    expect(refused(support(`ticket: { update: [body], presets: { ${preset} } }`), desk)).toEqual([
      `p.yaml:11:52  roles.support.tables.ticket.presets.${name}  ${reason}`,
    ]);
  });
});

test('a preset of a masked column is refused', () => {
  expect(
    refused(support('ticket: { update: [body], mask: { due: year }, presets: { due: $now } }'), desk),
  ).toEqual([
    'p.yaml:11:73  roles.support.tables.ticket.presets.due  due is masked, and what is masked cannot be written',
  ]);
});

describe('compiling warns of', () => {
  test('a row that cannot be created as it stands', () => {
    expect(
      warnings(support('ticket: { create: [subject], presets: { created_by: $user } }'), desk),
    ).toContain(
      '11 roles.support.tables.ticket.create: a new row needs slug, number, updated_at, which nothing here sets: unless a trigger does, creating fails',
    );
    expect(warnings(support('comment: { create: [body, position] }'), desk)).toContain(
      '11 roles.support.tables.comment.create: a new row needs ticket_id, which nothing here sets: unless a trigger does, creating fails',
    );
  });

  test('deletes that go further than the table', () => {
    expect(warnings(support('ticket: { delete: true }'), desk)).toContain(
      '11 roles.support.tables.ticket.delete: deleting a row deletes its rows in comment as well (on delete cascade)',
    );
  });

  test('changes without a key to name the row by, and presets that are never set', () => {
    expect(warnings(support('comment: { update: [body] }'), desk)).toContain(
      '11 roles.support.tables.comment: the role sees no primary key of comment, so it cannot say which row to change',
    );
    expect(warnings(support('ticket: { presets: { created_by: $user } }'), desk)).toContain(
      '11 roles.support.tables.ticket.presets: are never set: the role may neither create nor update',
    );
  });

  test('tools without a table, and tables without their tool', () => {
    const body = `${TABLES}roles: { support: { tools: [query, create, delete], tables: { ticket: { update: [body] } } } }`;
    expect(warnings(body, desk)).toEqual(
      expect.arrayContaining([
        '9 roles.support.tools: the tool create has no table to work on',
        '9 roles.support.tools: ticket may be written with the tool update, which the role does not have',
        '9 roles.support.tools: the tool delete has no table to work on',
      ]),
    );
  });
});
