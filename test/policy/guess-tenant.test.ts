import { describe, expect, it } from 'vitest';
import type { CatalogTable } from '../../src/policy/catalog.js';
import { guessPolicy } from '../../src/policy/guess/guess-policy.js';
import { compileGuess, tenancies } from './guess-schemas/compile-guess.js';
import { type ColumnNote, catalog, column, table } from './support/catalog.js';

const entity = (
  name: string,
  columns: Readonly<Record<string, ColumnNote>>,
  ...keys: readonly string[]
): CatalogTable => table(name, { columns: { id: 'int=', ...columns }, primaryKey: ['id'], keys });

describe('the tenant column', () => {
  it.each([
    ['tenant_id', 'tenants'],
    ['TenantID', 'Tenants'],
    ['organisationId', 'organisations'],
    ['org_id', 'organizations'],
    ['account_uuid', 'accounts'],
    ['companyid', 'company'],
    ['clinic_id', 'app_clinics'],
  ])('is found when it is called %s and leads to %s', (name, root) => {
    const shop = catalog(
      entity(root, { name: 'text' }),
      entity('note', { [name]: 'int', title: 'text' }, `${name} -> ${root}.id`),
      entity('folder', { [name]: 'int', title: 'text' }, `${name} -> ${root}.id`),
    );
    expect(tenancies(compileGuess(shop).policy)).toEqual({
      [root]: 'column id',
      note: `column ${name}`,
      folder: `column ${name}`,
    });
  });

  it('is found without declared keys when the tables agree on it', () => {
    const shop = catalog(
      entity('notes', { tenant_id: 'uuid', title: 'text' }),
      entity('folders', { tenant_id: 'uuid', title: 'text' }),
      entity('colors', { name: 'text' }),
    );
    const { guess, policy } = compileGuess(shop);
    expect(guess.tenant).toMatchObject({ column: 'tenant_id', root: null });
    expect(tenancies(policy)).toEqual({
      notes: 'column tenant_id',
      folders: 'column tenant_id',
      colors: 'shared',
    });
  });

  it('is the widest owner: workspaces belong to an organization, not the other way round', () => {
    const shop = catalog(
      entity('organization', { name: 'text' }),
      entity('workspace', { organization_id: 'int', name: 'text' }, 'organization_id -> organization.id'),
      ...['page', 'board', 'sheet'].map((name) =>
        entity(name, { workspace_id: 'int', title: 'text' }, 'workspace_id -> workspace.id'),
      ),
    );
    const { guess, policy } = compileGuess(shop);
    expect(guess.tenant?.column).toBe('organization_id');
    expect(tenancies(policy)).toMatchObject({
      workspace: 'column organization_id',
      page: 'via workspace on workspace_id',
    });
  });

  it('is not whoever wrote a row, however many tables say who did', () => {
    const shop = catalog(
      entity('users', { name: 'text' }),
      ...['page', 'board', 'sheet'].map((name) =>
        entity(
          name,
          { created_by: 'int', user_id: 'int', title: 'text' },
          'created_by -> users.id',
          'user_id -> users.id',
        ),
      ),
    );
    expect(() => guessPolicy(shop)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });

  it('is in doubt between two that are as good: one is taken with low confidence, and the other named', () => {
    const half = (root: string): readonly CatalogTable[] => [
      entity(root, { name: 'text' }),
      ...['a', 'b', 'c'].map((name) =>
        entity(`${root}_${name}`, { [`${root}_id`]: 'int', x: 'text' }, `${root}_id -> ${root}.id`),
      ),
    ];
    const { tenant } = guessPolicy(catalog(...half('school'), ...half('clinic')));
    expect(tenant).toMatchObject({ column: 'clinic_id', confidence: 'low' });
    expect(tenant?.why).toMatch(/NOT SURE.*school_a\.school_id.*--tenant/);
  });

  it('cannot be a type that a boundary’s text does not compare with', () => {
    const shop = catalog(
      entity('note', { tenant_id: 'jsonb', title: 'text' }),
      entity('page', { tenant_id: 'jsonb' }),
    );
    expect(() => guessPolicy(shop, { tenant: 'note.tenant_id' })).toThrow(
      /jsonb, which cannot name a tenant/,
    );
    expect(() => guessPolicy(shop)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });

  it('does not pass to a column of the same name that points elsewhere or has another type', () => {
    const shop = catalog(
      entity('tenant', { name: 'text' }),
      entity('agency', { name: 'text', tenant_id: 'int' }, 'tenant_id -> tenant.id'),
      entity('page', { tenant_id: 'int', title: 'text' }, 'tenant_id -> tenant.id'),
      entity(
        'flat',
        { tenant_id: 'int', agency_id: 'int' },
        'tenant_id -> renter.id',
        'agency_id -> agency.id',
      ),
      entity('renter', { code: 'text' }),
      entity('meter', { tenant_id: 'text', agency_id: 'int' }, 'agency_id -> agency.id'),
    );
    const scopes = tenancies(compileGuess(shop).policy);
    expect(scopes).toMatchObject({ flat: 'via agency on agency_id', meter: 'via agency on agency_id' });
    expect(scopes).not.toHaveProperty('renter');
  });
});

describe('a tenant column that is named', () => {
  const shop = catalog(
    table('Client Base', {
      schema: 'sales',
      columns: [column('Id', 'int='), column('Served By', 'int'), column('title', 'text')],
      primaryKey: ['Id'],
      keys: ['Served By -> agent.id'],
    }),
    entity('agent', { alias: 'text' }),
    entity('visit', { served_by: 'int?' }, 'served_by -> agent.id'),
    entity('seat', { agent_id: 'int' }, 'agent_id -> agent.id'),
  );

  it.each([
    'sales.Client Base.Served By',
    'sales."Client Base"."Served By"',
    'Client Base.Served By',
    'Served By',
    'served_by',
    'visit.served_by',
  ])('is found as %s, and everything that points at the same owner with it', (tenant) => {
    const { policy } = compileGuess(shop, { tenant });
    expect(tenancies(policy)).toEqual({
      'sales_Client Base': 'column Served By',
      agent: 'column id',
      visit: 'column served_by',
      seat: 'column agent_id',
    });
  });

  it('may be the key of the table whose rows are the tenants', () => {
    expect(guessPolicy(shop, { tenant: 'agent.id' }).tenant?.root).toMatchObject({
      table: { name: 'agent' },
      column: 'id',
    });
  });

  it('that is not there is answered with the nearest', () => {
    expect(() => guessPolicy(shop, { tenant: 'visit.serve_by2' })).toThrow(/did you mean visit\.served_by\?/);
  });

  it('is not taken together with the word that there is none', () => {
    expect(() => guessPolicy(shop, { tenant: 'visit.served_by', single: true })).toThrow(
      /either --tenant or --single/,
    );
  });
});

describe('tables that no key leads from to a tenant', () => {
  const owned = [
    entity('tenant', { name: 'text' }),
    entity('project', { tenant_id: 'int', title: 'text' }, 'tenant_id -> tenant.id'),
  ];
  const why = (extra: readonly CatalogTable[], name: string): string | undefined =>
    guessPolicy(catalog(...owned, ...extra)).withheld.find((relation) => relation.table.name === name)?.why;

  it.each([
    ['people', entity('contacts', { name: 'text' }), /people/],
    ['personal data', entity('card', { iban: 'text' }), /iban looks personal/],
    [
      'an undeclared key to a tenant’s row',
      entity('step', { project_id: 'int', label: 'text' }),
      /project_id looks like a key to project/,
    ],
    ['an undeclared key to a person', entity('badge', { user_id: 'int', label: 'text' }), /user_id says/],
    [
      'an undeclared tenant',
      entity('flag', { organization_id: 'text', label: 'text' }),
      /organization_id says/,
    ],
    ['what somebody did', entity('payments', { amount: 'numeric' }), /what somebody did/],
    ['parts of what somebody did', entity('payment_lines', { amount: 'numeric' }), /what somebody did/],
    ['credentials', entity('access_tokens', { label: 'text' }), /credentials/],
    ['a migration tool’s rows', entity('schema_migrations', { version: 'text' }), /migration/],
    [
      'rows that only say who touched them',
      entity('rule', { updated_by: 'int?', name: 'text' }, 'updated_by -> project.id'),
      /touched/,
    ],
    ['nothing to go by', entity('blobs', { payload: 'jsonb' }), /nothing shows/],
  ])('stay out when they hold %s', (_, extra, reason) => {
    expect(why([extra], extra.name)).toMatch(reason);
  });

  it('stay out when they point at a table that does', () => {
    const extra = [
      entity('contacts', { name: 'text' }),
      entity('kind', { contact_id: 'int', name: 'text' }, 'contact_id -> contacts.id'),
    ];
    expect(why(extra, 'kind')).toMatch(/points at contacts/);
  });

  it('stay out when only a tenant’s rows lead to them and they hold what was said', () => {
    const text = entity('texts', { body: 'text' });
    const sent = entity(
      'sending',
      { tenant_id: 'int', text_id: 'int' },
      'tenant_id -> tenant.id',
      'text_id -> texts.id',
    );
    expect(why([text, sent], 'texts')).toMatch(/body looks personal/);
  });

  it('are offered a way in where the names tell one', () => {
    const { text } = compileGuess(catalog(...owned, entity('step', { project_id: 'int', label: 'text' })));
    expect(text).toContain('#   step: { tenant: { via: project, on: { project_id: id } } } #');
  });
});

describe('several keys to one parent', () => {
  it('are told apart by their columns', () => {
    const shop = catalog(
      entity('tenant', { name: 'text' }),
      entity('account', { tenant_id: 'int' }, 'tenant_id -> tenant.id'),
      entity('move', { source: 'int', target: 'int' }, 'source -> account.id', 'target -> account.id'),
    );
    const { guess, text, policy } = compileGuess(shop);
    expect(tenancies(policy)).toMatchObject({ move: 'via account on source' });
    expect(guess.tables.find((guessed) => guessed.table.name === 'move')?.confidence).toBe('medium');
    expect(text).toContain('#   or { tenant: { via: account, on: { target: id } } }');
  });

  it('are not used where the policy could not name them', () => {
    const shop = catalog(
      entity('tenant', { name: 'text' }),
      entity('account', { tenant_id: 'int', code: 'numeric' }, 'tenant_id -> tenant.id'),
      entity('move', { source: 'int', target: 'int' }, 'source -> account.code', 'target -> account.code'),
    );
    expect(tenancies(compileGuess(shop, { tenant: 'tenant_id' }).policy)).not.toHaveProperty('move');
  });
});

it('has nothing to say of a database without tables', () => {
  expect(() => guessPolicy(catalog())).toThrow(/no table to write a policy for/);
});
