import { describe, expect, test } from 'vitest';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { catalog, column, enumColumn, table } from './support/catalog.js';
import { refused, slice, warnings } from './support/policies.js';

const crm = catalog(
  table('person', {
    columns: [
      column('id', 'int'),
      column('org_id', 'int'),
      column('desk', 'text'),
      column('fullName', 'text'),
      column('country', 'varchar'),
      column('email', 'varchar'),
      enumColumn('mood', ['good', 'bad']),
      column('active', 'boolean'),
      column('traits', 'jsonb'),
      column('tags', 'textArray'),
      column('passwordHash', 'text'),
    ],
    primaryKey: ['id'],
  }),
  table('country', { columns: { code: 'text', phone: 'text' }, primaryKey: ['code'] }),
);

/** A policy whose role support has these samples of a person, on line 7. */
function support(samples: string, more = ''): string {
  return `tables:
  person: { tenant: { column: org_id }, workspace: { column: desk } }
  country: { tenant: shared }
roles:
  support: { tables: { person: { samples: ${samples}${more} } } }
`;
}

const sampled = (samples: string, more?: string) => slice(support(samples, more), 'person', crm).samples;

const told = (body: string) => warnings(body, crm).filter((warning) => warning.includes('samples'));

describe('samples', () => {
  test('are none unless a role names them', () => {
    expect(
      slice(
        'tables: { country: { tenant: shared } }\nroles: { support: { tables: { country: {} } } }',
        'country',
        crm,
      ).samples,
    ).toEqual([]);
    expect(sampled('[]')).toEqual([]);
  });

  test('are columns of the slice, in the order of the table, each once, by their own or their SQL name', () => {
    expect(sampled(`[COUNTRY, '"fullName"', country]`)).toEqual(['fullName', 'country']);
  });

  test.each([
    ['[contry]', 'public.person has no column contry (did you mean country?)'],
    ['[org_id]', 'org_id holds the tenant: it is never shown (take it out)'],
    ['[desk]', 'desk holds the workspace: it is never shown (take it out)'],
    [
      '[passwordHash]',
      'passwordHash is denied by the pattern *password* (leave it out, or, where the pattern is wrong about it, deny: { except: [person."passwordHash"] })',
    ],
    [
      '[traits]',
      'traits is jsonb, whose values no condition compares, so samples of it would serve nothing (take it out)',
    ],
    [
      '[tags]',
      'tags is text[], whose values no condition compares, so samples of it would serve nothing (take it out)',
    ],
  ])('cannot be %s', (samples, reason) => {
    expect(refused(support(samples), crm)).toEqual([
      `p.yaml:7:44  roles.support.tables.person.samples[0]  ${reason}`,
    ]);
  });

  test('cannot be of a column that is masked, or not read', () => {
    expect(refused(support('[country]', ', mask: { country: partial }'), crm)).toEqual([
      'p.yaml:7:44  roles.support.tables.person.samples[0]  country is masked (partial), and samples of it would show masks, not how values are written (take it out, or take the mask away)',
    ]);
    expect(refused(support('[country]', ', columns: [id]'), crm)).toEqual([
      'p.yaml:7:44  roles.support.tables.person.samples[0]  country is not among the columns the role reads (add it to columns, or take it out)',
    ]);
  });

  test('may be of a column that a role with a wider reach reads like any other', () => {
    const wide = support('[desk]').replace('support: {', 'support: { reach: tenant,');
    expect(slice(wide, 'person', crm).samples).toEqual(['desk']);
  });

  test('are not needed where a type tells its values', () => {
    expect(sampled('[mood, active, country]')).toEqual(['country']);
    expect(told(support('[mood, active]'))).toEqual([
      '7 roles.support.tables.person.samples[0]: mood is enum: what it can be is shown without samples',
      '7 roles.support.tables.person.samples[1]: active is boolean: what it can be is shown without samples',
    ]);
  });

  test('of what looks like personal data are warned of, under every preset, and not of what is everybody’s', () => {
    const warning =
      'email of person may be personal data, and describe_schema puts values of it before the model unasked';
    expect(told(support('[country, email]'))).toEqual([
      `7 roles.support.tables.person.samples[1]: ${warning}`,
    ]);
    const owners = 'owners: { tenant: a, role: b, secrets: c, audit: d }';
    const production = compilePolicy(parsePolicy(`version: 1\n${owners}\n${support('[email]')}`), crm);
    expect(production.warnings.map(({ message }) => message)).toContain(warning);
    const shared = support('[country]').replace(
      'person: { samples: [country] }',
      'country: { samples: [phone] }',
    );
    expect(told(shared)).toEqual([]);
  });

  test('that nobody can see are told of', () => {
    const without = support('[country]').replace('support: {', 'support: { tools: [query],');
    expect(told(without)).toEqual([
      '7 roles.support.tools: samples of person are shown by the tool describe_schema, which the role does not have',
    ]);
  });

  test('are part of what the policy is known by, in any order', () => {
    const hash = (samples: string) =>
      compilePolicy(parsePolicy(`version: 1\npreset: development\n${support(samples)}`), crm).hash;
    expect(hash('[country, fullName]')).toBe(hash('[fullName, country, country]'));
    expect(hash('[country]')).not.toBe(hash('[]'));
    expect(hash('[]')).toBe(
      compilePolicy(
        parsePolicy(`version: 1\npreset: development\n${support('[]').replace('samples: []', '')}`),
        crm,
      ).hash,
    );
  });
});
