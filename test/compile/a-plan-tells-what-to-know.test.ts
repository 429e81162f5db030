/** The notes of a plan: what row security passes by, costs and breaks, and what keys and triggers tell or do. */
import { describe, expect, it } from 'vitest';
import { planNotes } from '../../src/compile/notes.js';
import { UNTOUCHED } from '../../src/compile/situation.js';
import type { Catalog, CatalogTable } from '../../src/policy/catalog.js';
import { chinook } from '../policy/support/catalog.js';
import { compiled } from '../policy/support/policies.js';

const POLICY = `
tables:
  customer: { tenant: { column: support_rep_id } }
  invoice: { tenant: { via: customer } }
acknowledge: { unique: [invoice.invoice_id, customer.email] }
roles:
  support:
    tools: [query, create, update, delete]
    tables:
      customer: { columns: [customer_id, first_name, email], update: [email], delete: true, samples: [first_name] }
      invoice: { columns: [invoice_id, customer_id, total], create: [invoice_id, customer_id] }
`;

const change: Readonly<Record<string, Partial<CatalogTable>>> = {
  customer: {
    uniqueKeys: [
      { name: 'customer_pkey', columns: ['customer_id'], isPrimary: true },
      { name: 'customer_email', columns: ['email'], isPrimary: false },
    ],
    indexes: [
      {
        name: 'by_name',
        columns: ['first_name'],
        method: 'btree',
        unique: false,
        partial: false,
        definition: '',
        leakproof: false,
      },
      {
        name: 'by_fax',
        columns: ['fax'],
        method: 'gin',
        unique: false,
        partial: false,
        definition: '',
        leakproof: false,
      },
    ],
    policies: [
      { name: 'theirs', permissive: false, roles: ['public'], command: 'all', using: 'x', check: null },
    ],
    grants: [
      { grantee: 'reporting', privilege: 'select', columns: null },
      { grantee: 'loader', privilege: 'insert', columns: null },
    ],
    triggers: [{ name: 'touch', function: 'public.touch', definer: false }],
  },
  genre: { grants: [{ grantee: 'public', privilege: 'select', columns: null }] },
};

const catalog: Catalog = {
  ...chinook,
  tables: chinook.tables.map((table) => ({ ...table, ...change[table.name] })),
  roles: [{ name: 'root', superuser: true, bypassRls: false, canLogin: true, memberOf: [] }],
};

describe('the notes of a plan', () => {
  const notes = planNotes(compiled(POLICY, catalog), catalog, UNTOUCHED);
  const texts = (about: string): string =>
    notes.flatMap((note) => (note.about === about ? [`${note.table ?? ''}: ${note.text}`] : [])).join('\n');

  it('count everybody who passes the boundary by', () => {
    expect(texts('bypass')).toContain('reporting used 1 table (public.customer)');
    expect(texts('bypass')).toContain('No row security binds root');
    expect(texts('bypass')).toContain('app (owner)');
  });

  it('name what PUBLIC may reach beside the policy, and policies of the product that bind agents', () => {
    expect(texts('public')).toContain('public.genre');
    expect(texts('policy')).toMatch(/public\.customer: policy theirs .* binds agents too/);
  });

  it('name each lost index that an agent could have asked by, and what to do', () => {
    expect(texts('index')).toMatch(/by_name.*not leakproof.*tenant column first/);
    expect(texts('index')).not.toContain('by_fax');
  });

  it('name keys that tell of hidden rows or lead out of the boundary, and deletes that reach further', () => {
    expect(texts('unique')).toContain('customer_email (email) does not begin with the tenant');
    expect(texts('unique')).not.toContain('customer_pkey');
    expect(texts('foreign_key')).toMatch(/public\.invoice: .* can lead to another tenant's public\.customer/);
    expect(planNotes(compiled(POLICY, catalog), cascading(), UNTOUCHED)).toContainEqual(
      expect.objectContaining({
        about: 'cascade',
        table: 'public.customer',
        text: expect.stringContaining('public.invoice'),
      }),
    );
    expect(texts('cascade')).toBe('');
  });

  it('name triggers that run as the agent, and loads that stop working', () => {
    expect(texts('trigger')).toContain('touch runs public.touch as the agent');
    expect(texts('copy')).toContain('COPY FROM no longer works for loader');
  });

  it('name the values that a model is shown unasked', () => {
    expect(texts('samples')).toMatch(/^public\.customer: .* role support a few values of first_name/);
    expect(texts('samples').split('\n')).toHaveLength(1);
  });

  function cascading(): Catalog {
    return {
      ...catalog,
      tables: catalog.tables.map((table) => ({
        ...table,
        foreignKeys: table.foreignKeys.map((key) => ({ ...key, onDelete: 'cascade' as const })),
      })),
    };
  }
});
