import { describe, expect, it } from 'vitest';
import type { CatalogTable } from '../../src/policy/catalog.js';
import { compileGuess, tenancies } from './guess-schemas/compile-guess.js';
import { type ColumnNote, catalog, table } from './support/catalog.js';

const entity = (
  name: string,
  columns: Readonly<Record<string, ColumnNote>>,
  ...keys: readonly string[]
): CatalogTable => table(name, { columns: { id: 'int=', ...columns }, primaryKey: ['id'], keys });

describe('a column that every table has and that names its own row', () => {
  it.each(['uuid', 'guid', 'external_id', 'PublicId', 'rowguid'])(
    'is no tenant when it is called %s',
    (name) => {
      const shop = catalog(
        ...['list', 'campaign', 'template', 'bounce'].map((each) =>
          entity(each, { [name]: 'uuid', x: 'int' }),
        ),
        entity('team', { title: 'text' }),
        entity('page', { team_id: 'int' }, 'team_id -> team.id'),
        entity('board', { team_id: 'int' }, 'team_id -> team.id'),
      );
      expect(compileGuess(shop).guess.tenant).toMatchObject({ column: 'team_id' });
    },
  );

  it('is no tenant either when its name says nothing and it is unique', () => {
    const numbered = ['list', 'campaign', 'template', 'bounce'].map((each) =>
      table(each, {
        columns: { id: 'int=', ticket_uuid: 'uuid', x: 'int' },
        primaryKey: ['id'],
        unique: [['ticket_uuid']],
      }),
    );
    const shop = catalog(
      ...numbered,
      entity('team', { title: 'text' }),
      entity('page', { team_id: 'int' }, 'team_id -> team.id'),
      entity('board', { team_id: 'int' }, 'team_id -> team.id'),
    );
    expect(compileGuess(shop).guess.tenant).toMatchObject({ column: 'team_id' });
  });

  it('is the tenant all the same where tenants have one row each', () => {
    const one = (name: string): CatalogTable =>
      table(name, {
        columns: { id: 'int=', tenant_id: 'uuid', dark: 'boolean' },
        primaryKey: ['id'],
        unique: [['tenant_id']],
      });
    expect(tenancies(compileGuess(catalog(one('theme'), one('limits'), one('profile_page'))).policy)).toEqual(
      {
        theme: 'column tenant_id',
        limits: 'column tenant_id',
        profile_page: 'column tenant_id',
      },
    );
  });
});

describe('a key that is not declared', () => {
  it('leads to the table of its name also where one integer is wider than the other', () => {
    const shop = catalog(
      entity('accounts', { name: 'text' }),
      entity('conversations', { account_id: 'bigint', state: 'int' }),
      entity('inboxes', { account_id: 'int', state: 'int' }),
    );
    const { guess, policy } = compileGuess(shop);
    expect(guess.tenant?.root).toMatchObject({ table: { name: 'accounts' }, column: 'id' });
    expect(tenancies(policy)).toEqual({
      accounts: 'column id',
      conversations: 'column account_id',
      inboxes: 'column account_id',
    });
  });

  it('leads nowhere where the kinds differ', () => {
    const shop = catalog(
      entity('accounts', { name: 'text' }),
      entity('conversations', { account_id: 'uuid', state: 'int' }),
      entity('inboxes', { account_id: 'uuid', state: 'int' }),
    );
    const { guess, policy } = compileGuess(shop);
    expect(guess.tenant?.root).toBeNull();
    expect(tenancies(policy)).not.toHaveProperty('accounts');
  });
});

it('lets the boundary alone set the part of a link that holds the tenant of the parent', () => {
  const shop = catalog(
    entity('tenants', { name: 'text' }),
    table('orders', {
      columns: { tenant_id: 'int', no: 'int', title: 'text' },
      primaryKey: ['tenant_id', 'no'],
      keys: ['tenant_id -> tenants.id'],
    }),
    table('lines', {
      columns: { id: 'int=', seller: 'int', order_no: 'int', ssn: 'text?' },
      primaryKey: ['id'],
      keys: ['seller, order_no -> orders.tenant_id, no'],
    }),
  );
  const { policy } = compileGuess(shop);
  expect(tenancies(policy)).toMatchObject({ lines: 'via orders on seller, order_no' });
  const lines = policy.roles.get('editor')?.tables.get('lines');
  expect(lines?.write.create).toContain('order_no');
  expect(lines?.write.create).not.toContain('seller');
  expect(lines?.columns.map(({ name }) => name)).not.toContain('seller');
});

describe('row security that the product has already', () => {
  const guarded = (permissive: boolean, role: string, rowSecurity = true): CatalogTable =>
    table('note', {
      columns: { id: 'int=', tenant_id: 'int', title: 'text' },
      primaryKey: ['id'],
      keys: ['tenant_id -> tenants.id'],
      rowSecurity,
      policies: [
        {
          name: 'mine',
          permissive,
          roles: [role],
          command: 'all',
          using: 'owner = current_user',
          check: null,
        },
      ],
    });
  const written = (note: CatalogTable): string =>
    compileGuess(catalog(entity('tenants', { name: 'text' }), note)).text;

  it('is told beside the table where it binds agents too, for then they may see nothing', () => {
    expect(written(guarded(false, 'public'))).toMatch(/note: .*guess, low: .*\(mine\) binds agents as well/);
  });

  it.each([
    ['only opens something', guarded(true, 'public')],
    ['is for other roles', guarded(false, 'app')],
    ['is switched off', guarded(false, 'public', false)],
  ])('is not mentioned where it %s', (_, note) => {
    expect(written(note)).not.toContain('binds agents');
  });
});

describe('a table whose rows the role cannot tell from one another', () => {
  it.each([
    ['has no primary key', []],
    ['has a secret in its primary key', ['id', 'token']],
    ['has something personal in its primary key', ['id', 'email']],
  ])('is created in, and not updated, when it %s', (_, primaryKey) => {
    const shop = catalog(
      entity('tenants', { name: 'text' }),
      table('note', {
        columns: { id: 'int=', tenant_id: 'int', title: 'text', token: 'text=', email: 'text=' },
        primaryKey,
        keys: ['tenant_id -> tenants.id'],
      }),
    );
    const { policy, guess } = compileGuess(shop);
    const write = policy.roles.get('editor')?.tables.get('note')?.write;
    expect(write).toMatchObject({ update: null });
    expect(write?.create).toContain('title');
    expect(guess.tables.find(({ table: { name } }) => name === 'note')?.write?.update).toEqual([]);
  });
});
