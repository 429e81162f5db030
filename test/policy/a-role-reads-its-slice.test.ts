import { describe, expect, test } from 'vitest';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { catalog, column, enumColumn, table } from './support/catalog.js';
import { compiled, refused, slice, warnings } from './support/policies.js';

const crm = catalog(
  table('person', {
    comment: 'Who we talk to',
    columns: [
      column('org_id', 'int'),
      column('id', 'int'),
      column('owner_id', 'int'),
      column('fullName', 'text'),
      column('email', 'varchar'),
      column('age', 'int'),
      column('born', 'date'),
      column('wakes_at', 'time'),
      enumColumn('mood', ['good', 'bad']),
      column('passwordHash', 'text'),
      column('token_count', 'int'),
      column('fax', 'text'),
    ],
    primaryKey: ['org_id', 'id'],
    indexes: [
      ['org_id', 'email'],
      ['org_id', 'mood', 'age'],
      ['passwordHash'],
      ['age', 'passwordHash', 'id'],
      { columns: ['email'], leakproof: false, name: 'odd_operator_class' },
      { columns: ['born', 'mood'], leakproof: false },
      { columns: ['fax'], partial: true },
      { columns: [null, 'fax'] },
      { columns: ['fax'], method: 'gin' },
      { columns: ['wakes_at'], method: 'hash' },
    ],
  }),
  table('internal_note', { columns: { id: 'int', org_id: 'int' }, primaryKey: ['id'] }),
);
const TABLES = `tables:
  person: { as: contact, tenant: { column: org_id }, user: { column: owner_id } }
  internal_note: { tenant: { column: org_id } }
`;

/** A policy whose role support has one table, from line 8 on. */
function support(entry: string, head = ''): string {
  return `${head}${TABLES}roles:
  support:
    tables: { ${entry} }
`;
}

function names(entry: string, head = ''): readonly string[] {
  return slice(support(entry, head), 'contact', crm).columns.map(({ name }) => name);
}

describe('a role', () => {
  test('reads all columns but denied ones and those of the boundary', () => {
    expect(names('person: {}')).toEqual([
      'id',
      'fullName',
      'email',
      'age',
      'born',
      'wakes_at',
      'mood',
      'fax',
    ]);
  });

  test('reads a column that deny.except takes out of a pattern, and none that a pattern of its own catches', () => {
    expect(names('person: {}', 'deny: { except: [person.token_count] }\n')).toContain('token_count');
    for (const pattern of [
      'person.fax',
      'contact.fax',
      'public.person.FAX',
      'per*.f*x',
      '"person".fax',
      'fax',
    ])
      expect(names('person: {}', `deny: { columns: ['${pattern}'] }\n`)).not.toContain('fax');
    expect(names('person: {}', 'deny: { columns: [internal_note.fax] }\n')).toContain('fax');
    expect(names('person: {}', 'deny: { columns: [] }\n')).toContain('passwordHash');
  });

  test('reads the columns it lists, in the order of the table, by their own or their SQL name', () => {
    expect(names(`contact: { columns: [email, '"fullName"', ID] }`)).toEqual(['id', 'fullName', 'email']);
  });

  test('sees a table as the policy calls it, with its key as far as the boundary leaves it open', () => {
    const contact = slice(support('person: {}'), 'contact', crm);
    expect(contact).toMatchObject({
      name: 'contact',
      schema: 'public',
      table: 'person',
      comment: 'Who we talk to',
      primaryKey: ['id'],
    });
    expect(slice(support('person: { columns: [email] }'), 'contact', crm).primaryKey).toEqual([]);
    expect(slice(support('person: { mask: { id: hash } }'), 'contact', crm).primaryKey).toEqual([]);
  });

  test('that reaches past an axis reads the column of it like any other', () => {
    const contact = slice(
      `${TABLES}roles: { support: { reach: tenant, tables: { person: {} } } }`,
      'contact',
      crm,
    );
    expect(contact.columns.map(({ name }) => name)).toContain('owner_id');
    expect(contact.scope).toEqual({
      kind: 'scoped',
      columns: [{ axis: 'tenant', column: 'org_id', castType: 'pg_catalog.int4' }],
      via: null,
    });
  });

  test('of a single tenant that reaches past the only axis is not narrowed at all', () => {
    const body =
      'tenancy: single\ntables: { person: { user: { column: owner_id } } }\nroles: { support: { reach: tenant, tables: { person: {} } } }';
    expect(slice(body, 'person', crm).scope).toEqual({ kind: 'single' });
  });

  test('knows which indexes serve it: leakproof, whole, and in the slice', () => {
    expect(slice(support('person: {}'), 'contact', crm).indexes).toEqual([
      ['org_id', 'id'],
      ['org_id', 'email'],
      ['org_id', 'mood', 'age'],
      ['age'],
      ['born'],
      ['wakes_at'],
    ]);
    expect(slice(support('person: { mask: { email: hash } }'), 'contact', crm).indexes).toContainEqual([
      'org_id',
    ]);
  });
});

describe('a mask', () => {
  test('makes text of what it writes text for, and keeps the type of the rest', () => {
    const { columns } = slice(
      support(
        'person: { mask: { email: email, age: hash, born: year, mood: null, fullName: partial, fax: last4 } }',
      ),
      'contact',
      crm,
    );
    expect(
      Object.fromEntries(
        columns.map(({ name, mask, castType, typeOid }) => [name, [mask, castType, typeOid]]),
      ),
    ).toEqual({
      id: [null, 'pg_catalog.int4', 23],
      fullName: ['partial', 'pg_catalog.text', 25],
      email: ['email', 'pg_catalog.text', 25],
      age: ['hash', 'pg_catalog.text', 25],
      born: ['year', 'pg_catalog.date', 1082],
      wakes_at: [null, 'pg_catalog.time', 1083],
      mood: ['null', 'public.status', 16_500],
      fax: ['last4', 'pg_catalog.text', 25],
    });
    expect(columns.find(({ name }) => name === 'mood')?.enumLabels).toEqual(['good', 'bad']);
  });

  test.each([
    ['age: email', 'email masks text, and age is integer (use hash or null)'],
    ['age: partial', 'partial masks text, and age is integer (use hash or null)'],
    ['age: last4', 'last4 masks text, and age is integer (use hash or null)'],
    ['born: text', 'text masks text, and born is date (use hash or null)'],
    ['mood: partial', 'partial masks text, and mood is status (use hash or null)'],
    [
      'email: year',
      'year masks a date or a timestamp, and email is character varying(40) (use hash or null)',
    ],
    [
      'wakes_at: year',
      'year masks a date or a timestamp, and wakes_at is time without time zone (use hash or null)',
    ],
    ['emial: email', 'public.person has no column emial (did you mean email?)'],
    ['org_id: hash', 'org_id is never shown, so there is nothing to mask'],
    [
      'passwordHash: hash',
      'passwordHash is not among the columns the role reads (add it to columns, or take the mask away)',
    ],
  ])('%s is refused', (mask, reason) => {
    const name = mask.split(':')[0];
    expect(refused(support(`person: { mask: { ${mask} } }`), crm)).toEqual([
      `p.yaml:8:33  roles.support.tables.person.mask.${name}  ${reason}`,
    ]);
  });
});

describe('compiling refuses', () => {
  test('a denied column that is named, and says how to except it', () => {
    expect(refused(support('person: { columns: [id, passwordHash] }'), crm)).toEqual([
      `p.yaml:8:39  roles.support.tables.person.columns[1]  passwordHash is denied by the pattern *password* (leave it out, or, where the pattern is wrong about it, deny: { except: [person."passwordHash"] })`,
    ]);
    expect(
      names('person: { columns: [id, passwordHash] }', 'deny: { except: [person."passwordHash"] }\n'),
    ).toContain('passwordHash');
  });

  test('a column that is gone, and an exception for one', () => {
    expect(
      refused(
        support('person: { columns: [id, fulname] }', 'deny: { except: [person.fulname, gone.x, fax] }\n'),
        crm,
      ),
    ).toEqual([
      'p.yaml:3:18  deny.except[0]  public.person has no column fulname (did you mean fullName?)',
      'p.yaml:3:34  deny.except[1]  the database has no table gone in schema public',
      'p.yaml:3:42  deny.except[2]  expected table.column',
      'p.yaml:9:39  roles.support.tables.person.columns[1]  public.person has no column fulname (did you mean fullName?)',
    ]);
  });

  test('a table that no role may name', () => {
    expect(refused(support('internal_note: {}', 'deny: { tables: [internal_*] }\n'), crm)).toEqual([
      'p.yaml:9:15  roles.support.tables.internal_note  is denied by the pattern internal_* in deny.tables (take it out of the role, or narrow the pattern)',
    ]);
  });

  test('a slice without columns, and one table twice', () => {
    expect(refused(support('person: { columns: [] }, contact: {}'), crm)).toEqual([
      'p.yaml:8:25  roles.support.tables.person.columns  leaves the role no column to read (take the table out of the role)',
      'p.yaml:8:40  roles.support.tables.contact  is the table person, which is there already',
    ]);
  });
});

describe('compiling warns of', () => {
  test('columns that a pattern catches, where nobody named them', () => {
    expect(warnings(support('person: {}'), crm)).toContain(
      '8 roles.support.tables.person: left out because deny.columns catches them: passwordHash (*password*), token_count (*token*)',
    );
    expect(warnings(support('person: { columns: [id] }'), crm).join()).not.toMatch(/left out/);
  });

  test('a denial that denies nothing, where it means a certain column', () => {
    const said = warnings(
      support('person: {}', 'deny: { columns: [person.fxa, "*nothing*", person.fax] }\n'),
      crm,
    );
    expect(said.filter((line) => line.includes('denies no column'))).toEqual([
      '3 deny.columns[0]: person.fxa denies no column of any table of this policy',
    ]);
  });

  test('a column of the boundary that is named', () => {
    expect(warnings(support('person: { columns: [org_id, id] }'), crm)).toContain(
      '8 roles.support.tables.person.columns[0]: org_id holds the tenant: the boundary sets it and it is never shown',
    );
  });

  test('what looks like personal data and is read unmasked, in production only', () => {
    const entry = support('person: { mask: { fax: hash } }');
    const owners = 'owners: { tenant: a, role: b, secrets: c, audit: d }';
    const production = compilePolicy(parsePolicy(`version: 1\n${owners}\n${entry}`), crm).warnings;
    expect(production.map(({ message }) => message)).toContain(
      'email of contact may be personal data, and the role reads it unmasked',
    );
    expect(warnings(entry, crm).join()).not.toMatch(/personal/);
  });

  test('a column that is a word of the filter language', () => {
    const words = catalog(
      table('t', { columns: { id: 'int', org: 'int', has: 'text' }, primaryKey: ['id'], indexes: [['org']] }),
    );
    expect(
      warnings(
        'tables: { t: { tenant: { column: org } } }\nroles: { support: { tables: { t: {} } } }',
        words,
      ),
    ).toEqual([
      '4 roles.support.tables.t.columns: has is a word of the filter language, so nobody can filter by this column',
    ]);
  });
});

test('a compiled policy cannot be changed', () => {
  const policy = compiled(support('person: {}'), crm);
  const role = policy.roles.get('support');
  const grow = policy.tables as Map<string, unknown>;
  const tools = role?.tools as Set<string>;
  expect(() => grow.set('other', {})).toThrow(TypeError);
  expect(() => grow.clear()).toThrow(TypeError);
  expect(() => tools.add('delete')).toThrow(TypeError);
  expect(() => Object.assign(role ?? {}, { reach: 'tenant' })).toThrow(TypeError);
  expect(() => Object.assign(role?.tables.get('contact')?.columns[0] ?? {}, { mask: null })).toThrow(
    TypeError,
  );
});
