import { describe, expect, test } from 'vitest';
import { PolicyInvalidError } from '../../src/policy/complaint.js';
import { parsePolicy } from '../../src/policy/file.js';
import { complaints } from './support/policies.js';

const MINIMAL = `version: 1
preset: development
tables: {}
roles: {}
`;

function said(text: string): readonly string[] {
  return complaints(() => parsePolicy(text, { filename: 'p.yaml' }));
}

describe('a policy file', () => {
  test('that holds everything the format knows is accepted', () => {
    const file = parsePolicy(`
version: 1
preset: production
owners: { tenant: platform-team, role: product, secrets: security, audit: compliance }
tenancy: multi
schema: public
tables:
  customer:      { tenant: { column: support_rep_id } }
  invoice_line:  { tenant: { via: invoice, on: { invoice_id: invoice_id } } }
  genre:         { tenant: shared }
  billing.note:  { as: billing_note, tenant: { column: org_id }, workspace: { column: ws_id }, user: { column: owner_id } }
  '"Order Details"': { tenant: { via: '"Order"' } }
deny:
  columns: ["*password*", "*secret*", "*token*", "*api_key*"]
  except: [llm_usage.token_count]
  tables: [internal_*]
roles:
  support:
    description: Answers customers
    reach: tenant
    tools: [describe_schema, query, get, aggregate, create, update]
    limits: { rows: 100 }
    tables:
      customer:
        columns: all
        mask: { email: email, phone: last4, last_name: partial, ssn: null }
        rows: { country: { in: [USA, Canada] } }
        create: [first_name, last_name, email]
        update: [company]
        delete: true
        presets: { created_by: $user, updated_at: { value: $now, on: update } }
        reason: required
      genre: {}
plans:
  free: { tools: [describe_schema, query, get] }
limits: { rows: 200, scanned_rows: 100000, timeout_ms: 5000, join_depth: 3 }
acknowledge:
  unique: [customer.email]
  foreign_keys: [order.warehouse_id]
cross_tenant:
  acting_for: [{ agent: billing-agent, roles: [support], tenants: "*" }]
  grants: { nightly-dunning: { role: support, tenants: [t1, t2], expires: 2027-01-31 } }
`);
    expect(file.filename).toBe('ringfence.policy.yaml');
    expect(file.policy.tables['billing.note']).toEqual({
      as: 'billing_note',
      tenant: { column: 'org_id' },
      workspace: 'ws_id',
      user: 'owner_id',
      refresh_minutes: null,
    });
    const customer = file.policy.roles.support?.tables.customer;
    expect(customer?.mask.ssn).toBe('null');
    expect(customer?.presets).toEqual({
      created_by: { source: 'user', onUpdate: false },
      updated_at: { source: 'now', onUpdate: true },
    });
    expect(file.locate(['roles', 'support', 'limits'])).toEqual({ line: 22, column: 5 });
  });

  test('has every fault named at once, in the order of the file, with its place and what to write', () => {
    expect(
      said(`version: 1
presett: production
owners: { tenant: a, role: b, secrets: c }
tables:
  customer: { tenant: { colum: org_id } }
  invoice: { tenant: { via: 3 } }
  genre: { tenant: sharde }
  note: { tenant: { column: a }, usr: { column: b } }
roles:
  Support: { tables: {} }
  finance:
    tools: [query, qurey]
    reach: all
    limits: { rows: 0 }
    tables:
      customer: { mask: { email: emial }, create: alle, presets: { by: $me } }
      genre:
`),
    ).toEqual([
      'p.yaml:2:1  presett  unknown key presett (did you mean preset?)',
      'p.yaml:3:1  owners.audit  production wants an owner for the audit axis (owners: { audit: <team> })',
      'p.yaml:5:25  tables.customer.tenant.colum  unknown key colum (did you mean column?)',
      'p.yaml:6:24  tables.invoice.tenant.via  expected text (put it in quotes: "3")',
      'p.yaml:7:12  tables.genre.tenant  expected shared, { column: … } or { via: … } (did you mean shared?)',
      'p.yaml:8:34  tables.note.usr  unknown key usr (did you mean user?)',
      'p.yaml:10:3  roles.Support  a role is named in lower-case letters, digits and underscores, at most 40, a letter first',
      'p.yaml:13:5  roles.finance.reach  expected one of tenant, workspace, user',
      'p.yaml:14:15  roles.finance.limits.rows  expected at least 1',
      'p.yaml:16:27  roles.finance.tables.customer.mask.email  expected one of partial, email, last4, hash, null, year, text (did you mean email?)',
      'p.yaml:16:43  roles.finance.tables.customer.create  expected all, or a list of columns (did you mean all?)',
      'p.yaml:16:68  roles.finance.tables.customer.presets.by  expected one of $tenant, $workspace, $user, $role, $run, $actor, $now, or { value: …, on: create | update }',
      'p.yaml:17:7  roles.finance.tables.genre  expected a mapping (write {} for nothing in particular)',
    ]);
  });

  test.each([
    ['', 'p.yaml:1:1  the file is empty (ringfence init writes one from your database)'],
    ['- a', 'p.yaml:1:1  expected a mapping'],
    [MINIMAL.replace('1', '2'), 'p.yaml:1:1  version  expected 1, the only version there is'],
    [MINIMAL.replace('1', '"1"'), 'p.yaml:1:1  version  expected 1, the only version there is'],
    [MINIMAL.replace('version: 1\n', ''), 'p.yaml:1:1  version  expected 1, the only version there is'],
    [MINIMAL.replace('roles: {}\n', ''), 'p.yaml:1:1  roles  is missing: expected a mapping'],
    [`${MINIMAL}schema: ''`, 'p.yaml:5:1  schema  is empty'],
    [`${MINIMAL}limits: { rows: 1.5 }`, 'p.yaml:5:11  limits.rows  expected a whole number'],
    [`${MINIMAL}limits: { rows: many }`, 'p.yaml:5:11  limits.rows  expected a number'],
    [`${MINIMAL}limits: { timeout_ms: 600001 }`, 'p.yaml:5:11  limits.timeout_ms  expected at most 600000'],
    [`${MINIMAL}deny: { columns: "*x*" }`, 'p.yaml:5:9  deny.columns  expected a list (write [*x*])'],
    [
      `${MINIMAL}acknowledge: { unique: [yes, true] }`,
      'p.yaml:5:30  acknowledge.unique[1]  expected text (put it in quotes: "true")',
    ],
    [
      `${MINIMAL}plans: { free: { tool: [] } }`,
      'p.yaml:5:18  plans.free.tool  unknown key tool (did you mean tools?)',
    ],
    [
      `${MINIMAL}surprise: 1`,
      /^p.yaml:5:1 {2}surprise {2}unknown key surprise \(known here: \$schema, version, preset, /,
    ],
    [`${MINIMAL}limits: { rows: .inf }`, 'p.yaml:5:11  limits.rows  is not a finite number'],
    [`${MINIMAL}__proto__: 1`, 'p.yaml:5:1  __proto__  __proto__ cannot be a name here'],
  ])('%j is refused with one sentence', (text, sentence) => {
    const lines = said(text);
    const found = lines.find((line) =>
      typeof sentence === 'string' ? line === sentence : sentence.test(line),
    );
    expect(found ?? lines).toEqual(found);
  });

  test.each([
    [`${MINIMAL}tables: {}`, /^p.yaml:5:1 {2}this key is already there, higher up/],
    [
      `${MINIMAL}deny: { columns: [*password*] }`,
      /^p.yaml:5:19 {2}an unquoted \* .*\(text that begins with \* goes in quotes/,
    ],
    [
      `${MINIMAL}deny: { columns: [ * ] }`,
      /^p.yaml:5:20 {2}an unquoted \* .*\(text that begins with \* goes in quotes/,
    ],
    [`${MINIMAL}deny: { columns: [a`, /^p.yaml:5:\d+ {2}not YAML: /],
    [`${MINIMAL}\tdeny: 1`, /^p.yaml:5:\d+ {2}not YAML: /],
    [`${MINIMAL}deny: !!python/object x`, /^p.yaml:5:\d+ {2}not YAML: /],
    ['a: 1\n---\nb: 2', /not YAML: /],
  ])('%j is refused as YAML, with its line', (text, pattern) => {
    expect(said(text)[0]).toMatch(pattern);
  });

  test('whose aliases expand without measure is refused before they do', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [name, before] of [...'bcdefgh'].map((letter, index) => [letter, 'abcdefg'[index]] as const))
      bomb.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(', ')}]`);
    expect(said(bomb.join('\n'))[0]).toMatch(/aliases .* expand without measure/);
  });

  test.each([
    ['brackets', '['.repeat(200_000)],
    ['closed brackets', `a: ${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['an alias of itself', 'a: &a [*a]'],
    ['a chain of lists', `a: ${'- '.repeat(20_000)}x`],
    ['a very long line', `a: ${'x'.repeat(3_000_000)}`],
  ])('made of %s is refused, not choked on', (_what, text) => {
    expect(said(text)[0]).toMatch(/^p.yaml:\d+:\d+ {2}/);
  });

  test('may use an alias for what it says twice', () => {
    const file = parsePolicy(
      `${MINIMAL.replace('tables: {}', 'tables: { a: &own { tenant: { column: org } }, b: *own }')}`,
    );
    expect(file.policy.tables.b).toEqual(file.policy.tables.a);
    expect(file.locate(['tables', 'b', 'tenant'])).toEqual({ line: 3, column: 21 });
  });

  test('gives its complaints as data too', () => {
    try {
      parsePolicy(`${MINIMAL}limit: {}`);
    } catch (error) {
      expect(error).toBeInstanceOf(PolicyInvalidError);
      expect(error).toMatchObject({
        code: 'policy_invalid',
        complaints: [
          {
            line: 5,
            column: 1,
            path: 'limit',
            message: 'unknown key limit',
            suggestion: 'did you mean limits?',
          },
        ],
      });
      return;
    }
    expect.unreachable('the file was accepted');
  });

  test.each([
    ['2027-02-30', false],
    ['31.01.2027', false],
    ['2027-01-31T10:00:00', false],
    ['2027-01-31T10:00:00Z', true],
    ['2027-01-31T10:00:00+02:00', true],
  ])('with a grant that expires at %s is %s', (expires, accepted) => {
    const text = `${MINIMAL}cross_tenant: { grants: { g: { role: r, tenants: [a], expires: ${expires} } } }`;
    if (accepted) expect(parsePolicy(text).policy.cross_tenant.grants.g?.expires).toBe(expires);
    else expect(said(text)).toEqual([expect.stringMatching(/expires {2}expected a date/)]);
  });

  test('wants tenants written as text, for 007 is not 7', () => {
    const text = `${MINIMAL}cross_tenant: { acting_for: [{ agent: a, roles: [r], tenants: [007] }] }`;
    expect(said(text)).toEqual([expect.stringMatching(/tenants\[0\] {2}a tenant is text: put it in quotes/)]);
  });
});
