import { beforeAll, describe, expect, it } from 'vitest';
import { introspect } from '../../src/database/introspect.js';
import type { Catalog } from '../../src/policy/catalog.js';
import { loadChinook } from '../support/chinook.js';
import { describeWithCorpus } from '../support/corpora.js';
import { describeOnServers } from '../support/test-server.js';
import { catalogOf, compileGuess, type Guessed, tenancies } from './guess-schemas/compile-guess.js';
import { SAAS } from './guess-schemas/saas.js';
import { WEIRD } from './guess-schemas/weird.js';

describeOnServers('a policy guessed from a database', (server) => {
  describeWithCorpus('chinook', 'for the music shop, whose tenants are its sales agents', () => {
    let catalog: Catalog;

    beforeAll(async () => {
      const database = await loadChinook(server);
      catalog = await introspect(await database.connect());
      await database.drop();
    });

    it('finds the agents’ customers, their invoices through them, and shares the catalogue', () => {
      const { policy } = compileGuess(catalog, { tenant: 'customer.support_rep_id' });
      expect(tenancies(policy)).toEqual({
        customer: 'column support_rep_id',
        employee: 'column employee_id',
        invoice: 'via customer on customer_id',
        invoice_line: 'via invoice on invoice_id',
        album: 'shared',
        artist: 'shared',
        genre: 'shared',
        media_type: 'shared',
        playlist: 'shared',
        playlist_track: 'shared',
        track: 'shared',
      });
    });

    it('masks what is personal and lets nobody write it', () => {
      const { policy } = compileGuess(catalog, { tenant: 'customer.support_rep_id' });
      const customer = policy.roles.get('viewer')?.tables.get('customer');
      const masked = customer?.columns
        .filter(({ mask }) => mask !== null)
        .map(({ name, mask }) => [name, mask]);
      expect(masked).toEqual([
        ['phone', 'last4'],
        ['fax', 'last4'],
        ['email', 'email'],
      ]);
      expect(
        policy.roles
          .get('viewer')
          ?.tables.get('employee')
          ?.columns.find(({ name }) => name === 'birth_date')?.mask,
      ).toBe('year');
      const editor = policy.roles.get('editor')?.tables;
      expect(editor?.get('customer')?.write).toMatchObject({ create: null, delete: false });
      expect(editor?.get('customer')?.write.update).toContain('company');
      expect(editor?.get('customer')?.write.update).not.toContain('email');
      expect(editor?.get('track')?.write).toMatchObject({ create: null, update: null, delete: false });
      expect(editor?.get('employee')?.write).toMatchObject({ create: null, update: null, delete: false });
    });

    it('takes the likeliest tenant when none stands out, and says that it is not sure', () => {
      const { guess, text } = compileGuess(catalog);
      expect(guess.tenant).toMatchObject({ column: 'customer_id', confidence: 'low' });
      expect(guess.tenant?.why).toMatch(/NOT SURE.*--tenant table\.column.*--single/);
      expect(text).toContain('# guess, low: the tenant is told by customer_id');
    });

    it('takes one tenant for the whole database when told so', () => {
      const { policy } = compileGuess(catalog, { single: true });
      expect(policy.tenancy).toBe('single');
      expect(new Set(Object.values(tenancies(policy)))).toEqual(new Set(['single']));
      expect(policy.tables.size).toBe(11);
    });
  });

  describe('for a product of 150 tables', () => {
    let guessed: Guessed;

    beforeAll(async () => {
      guessed = compileGuess(await catalogOf(server, SAAS));
    });

    it('finds the organization under each of its spellings', () => {
      expect(guessed.guess.tenant).toMatchObject({
        confidence: 'high',
        root: { table: { name: 'organizations' }, column: 'id' },
      });
      expect(tenancies(guessed.policy)).toMatchObject({
        organizations: 'column id',
        workspaces: 'column org_id',
        Assets: 'column organization_id',
        transfers: 'column org',
        customers: 'column org_id',
        order_lines: 'column org_id',
        readings: 'column org_id',
        billing_invoices: 'column organizationId',
        'Analytics_Page Views': 'column OrgID',
      });
    });

    it('follows keys to a parent, shortest and surest first, and around circles', () => {
      expect(tenancies(guessed.policy)).toMatchObject({
        projects: 'via workspaces on workspace_id',
        tasks: 'via projects on project_id',
        TaskComments: 'via tasks on TaskId',
        task_tags: 'via tags on tag_id',
        billing_invoice_items: 'via billing_invoices on invoiceId',
        asset_step_checks: 'via asset_steps on step_id',
        documents: 'via workspaces on workspace_id',
        folders: 'via documents on cover_document_id',
      });
      const confidence = new Map(guessed.guess.tables.map((table) => [table.table.name, table.confidence]));
      expect([confidence.get('tasks'), confidence.get('documents')]).toEqual(['high', 'low']);
      expect(guessed.text).toMatch(/task_tags: .*\n {2}# {3}or \{ tenant: \{ via: tasks \} \}/);
    });

    it('shares nothing but what names and describes things', () => {
      const shared = Object.entries(tenancies(guessed.policy)).flatMap(([name, scope]) =>
        scope === 'shared' ? [name] : [],
      );
      expect(shared.filter((name) => !name.endsWith('_kinds')).sort()).toEqual([
        'billing_tax_rates',
        'countries',
        'currencies',
        'exchange_rates',
        'plans',
      ]);
    });

    it('leaves out people, sessions, messages and what it cannot place, each with a reason', () => {
      const why = new Map(guessed.guess.withheld.map((relation) => [relation.table.name, relation.why]));
      expect([...why.keys()].sort()).toEqual([
        'Daily',
        'audit_log',
        'loose_ends',
        'messages',
        'open_tasks',
        'readings_2025',
        'readings_2026',
        'schema_migrations',
        'sessions',
        'shipping_labels',
        'users',
      ]);
      expect(why.get('users')).toMatch(/people/);
      expect(why.get('open_tasks')).toMatch(/view/);
      expect(guessed.text).toMatch(/^ {2}# {3}users: its rows are people/m);
    });

    it('keeps credentials from roles and secrets from everybody, and counts of tokens from neither', () => {
      const viewer = guessed.policy.roles.get('viewer');
      expect(viewer?.tables.has('api_keys')).toBe(false);
      const columns = (name: string): readonly string[] =>
        viewer?.tables.get(name)?.columns.map((column) => column.name) ?? [];
      expect(columns('webhooks')).toEqual(['id', 'url', 'max_tokens']);
      expect(columns('billing_invoices')).not.toContain('stripeSecret');
      expect(columns('llm_usage')).toContain('token_count');
    });

    it('lets the editor write what leaks nothing and gives nobody rights', () => {
      const write = (name: string) => guessed.policy.roles.get('editor')?.tables.get(name)?.write;
      expect(write('organizations')).toMatchObject({ create: null, update: null });
      expect(write('memberships')?.update ?? []).not.toContain('role');
      expect(write('customers')?.update).toEqual(['name', 'country_code']);
      expect(write('tasks')?.create).toEqual(expect.arrayContaining(['project_id', 'title', 'due']));
      expect(write('tasks')?.update).not.toContain('project_id');
      expect(write('tasks')?.create).not.toContain('assignee_id');
      expect(
        write('projects')?.presets.map(({ column, source, onUpdate }) => [column, source, onUpdate]),
      ).toEqual([
        ['created_at', 'now', false],
        ['updated_at', 'now', true],
      ]);
      expect(write('documents')?.create).toBeNull();
    });

    it('only suggests what would narrow rows to a user', () => {
      expect(guessed.text).toContain('#   to narrow it to its user, add: user: { column: assignee_id }');
      const scopes = [...guessed.policy.tables.values()].flatMap(({ scope }) =>
        scope.kind === 'scoped' ? scope.columns : [],
      );
      expect(new Set(scopes.map(({ axis }) => axis))).toEqual(new Set(['tenant']));
    });
  });

  describe('for names that break out of quotes, lines and brackets', () => {
    let guessed: Guessed;
    let catalog: Catalog;

    beforeAll(async () => {
      catalog = await catalogOf(server, WEIRD);
      guessed = compileGuess(catalog);
    });

    it('reads back to exactly the tables and columns that were meant', () => {
      const { guess, policy } = guessed;
      expect(guess.tables.length).toBe(catalog.tables.length);
      const read = [...policy.tables.values()].map(({ schema, table, scope }) => [
        schema,
        table,
        scope.kind === 'scoped'
          ? [...scope.columns.map(({ column }) => column), ...(scope.via?.columns ?? [])]
          : scope.kind,
      ]);
      const meant = guess.tables.map(({ table, tenancy }) => [
        table.schema,
        table.name,
        tenancy.kind === 'column'
          ? [tenancy.column]
          : tenancy.kind === 'via'
            ? tenancy.columns
            : tenancy.kind,
      ]);
      const sorted = (rows: readonly unknown[]): readonly string[] =>
        rows.map((row) => JSON.stringify(row)).sort();
      expect(sorted(read)).toEqual(sorted(meant));
    });

    it('reads back to exactly the masks and writable columns that were meant', () => {
      const { guess, policy } = guessed;
      const byPlace = new Map(
        [...policy.tables.values()].map((table) => [`${table.schema}\n${table.table}`, table.name]),
      );
      for (const { table, masks, write } of guess.tables) {
        const name = byPlace.get(`${table.schema}\n${table.name}`) ?? '';
        const viewed = policy.roles.get('viewer')?.tables.get(name)?.columns ?? [];
        expect(
          viewed.filter(({ mask }) => mask !== null).map(({ name: column, mask }) => ({ column, mask })),
        ).toEqual(masks);
        const written = policy.roles.get('editor')?.tables.get(name)?.write;
        expect(written?.create ?? []).toEqual(write?.create ?? []);
        expect(written?.update ?? []).toEqual(write?.update ?? []);
      }
    });

    it('puts nothing into the file that is not a comment, a key or a value', () => {
      for (const line of guessed.text.split('\n'))
        expect(line).toMatch(/^( *#.*|[a-z]+:.*|\s+("[^\n]*"|'[^\n]*'|[\w$.]+):.*|)$/);
      expect(guessed.text).not.toMatch(/[^\P{C}\n]/u);
    });

    it('calls no two tables alike, and none longer than PostgreSQL keeps', () => {
      const names = [...guessed.policy.tables.keys()];
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
      expect(names.filter((name) => Buffer.byteLength(name) > 63)).toEqual([]);
    });
  });

  it('is the same every time', async () => {
    const [first, second] = [await catalogOf(server, SAAS), await catalogOf(server, SAAS)];
    const { database } = first;
    expect(compileGuess({ ...second, database }).text).toBe(compileGuess(first).text);
  });
});
