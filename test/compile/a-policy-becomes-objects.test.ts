/** A compiled policy as database objects: pure, the same each time, and as the snapshot shows them. */
import { describe, expect, it } from 'vitest';
import { tableKey } from '../../src/compile/catalog-index.js';
import { compileObjects } from '../../src/compile/objects.js';
import { diffObjects, objectKey, planDigest } from '../../src/compile/plan.js';
import { renderPlan } from '../../src/compile/render-plan.js';
import { UNTOUCHED } from '../../src/compile/situation.js';
import type { Catalog, CatalogTable } from '../../src/policy/catalog.js';
import { chinook } from '../policy/support/catalog.js';
import { compiled } from '../policy/support/policies.js';

const POLICY = `
tables:
  customer: { tenant: { column: support_rep_id } }
  invoice: { tenant: { via: customer } }
  genre: { tenant: shared }
roles:
  support:
    tools: [query, update]
    tables:
      customer: { columns: [customer_id, first_name, email], mask: { email: email }, update: [first_name], rows: { country: { in: [USA, Canada] }, or: [{ company: null }, { last_name: { prefix: "C" } }] } }
      invoice: { columns: [invoice_id, total] }
      genre: {}
`;

const objects = (catalog: Catalog = chinook) => compileObjects(compiled(POLICY, catalog), catalog);

function withTable(name: string, change: (table: CatalogTable) => CatalogTable): Catalog {
  return { ...chinook, tables: chinook.tables.map((table) => (table.name === name ? change(table) : table)) };
}

describe('a compiled policy', () => {
  it('becomes these objects, in this order', () => {
    const text = objects().map(({ address, identity, create, for: roles, why }) =>
      [
        `-- ${address.kind} ${identity}, for ${roles.join(', ')}: ${why}`,
        ...create.map((sql) => `${sql};`),
      ].join('\n'),
    );
    expect(text.join('\n\n')).toMatchSnapshot();
  });

  it('wants the same whether or not it is applied already', () => {
    const first = objects();
    const applied = withTable('customer', (table) => ({
      ...table,
      rowSecurity: true,
      policies: [
        {
          name: 'ringfence_support_boundary',
          permissive: false,
          roles: ['ringfence_view_support'],
          command: 'all',
          using: 'x',
          check: 'x',
        },
      ],
      grants: [
        ...table.grants,
        { grantee: 'ringfence_view_support', privilege: 'select', columns: ['customer_id'] },
      ],
    }));
    const situation = {
      ...UNTOUCHED,
      enabledByRingfence: new Set([tableKey('public', 'customer'), tableKey('public', 'invoice')]),
    };
    expect(compileObjects(compiled(POLICY), applied, situation)).toEqual(first);
  });

  it('names each object once, and drops whatever it makes', () => {
    const all = objects();
    expect(new Set(all.map(objectKey)).size).toBe(all.length);
    expect(all.every(({ drop }) => drop.length > 0)).toBe(true);
  });

  it('switches row security on for no table that the product has switched it on for, and adds no pass-through there', () => {
    const secured = withTable('customer', (table) => ({ ...table, rowSecurity: true }));
    const on = (catalog: Catalog): readonly string[] =>
      objects(catalog).flatMap(({ address }) => (address.kind === 'row_security' ? [address.name] : []));
    expect(on(chinook)).toEqual(['customer', 'invoice']);
    expect(on(secured)).toEqual(['invoice']);
    expect(
      objects(secured).some(({ identity }) => identity.startsWith('public.customer: ringfence_passthrough')),
    ).toBe(false);
  });

  it('passes the owner through where row security is forced but off', () => {
    const forced = withTable('customer', (table) => ({ ...table, forceRowSecurity: true }));
    expect(objects(forced).map(({ identity }) => identity)).toContain(
      `public.customer: ringfence_passthrough:${forced.tables[0]?.owner}`,
    );
  });

  it('leaves a shared table without row security, unless a row rule narrows it', () => {
    const narrowed = compiled(POLICY.replace('genre: {}', 'genre: { rows: { name: { ne: Rock } } }'));
    const policies = compileObjects(narrowed, chinook).filter(({ identity }) =>
      identity.startsWith('public.genre: '),
    );
    expect(policies.map(({ identity }) => identity)).toContain('public.genre: ringfence_support_boundary');
    expect(objects().some(({ identity }) => identity.startsWith('public.genre: '))).toBe(false);
  });

  it('applies only the axes within the reach of a role', () => {
    const body = (reach: string): string => `
tables:
  customer: { tenant: { column: support_rep_id }, workspace: { column: country }, user: { column: email } }
  invoice: { tenant: { via: customer } }
roles:
  support: { reach: ${reach}, tables: { customer: { columns: [customer_id] }, invoice: { columns: [invoice_id] } } }
`;
    const boundary = (reach: string): string =>
      compileObjects(compiled(body(reach)), chinook).find(
        ({ identity }) => identity === 'public.invoice: ringfence_support_boundary',
      )?.create[0] ?? '';
    expect(boundary('user')).toContain('ringfence.user_id(');
    expect(boundary('workspace')).not.toContain('ringfence.user_id(');
    expect(boundary('workspace')).toContain('ringfence.workspace(');
    expect(boundary('tenant')).not.toContain('ringfence.workspace(');
    expect(boundary('tenant')).toContain('ringfence.tenant(');
  });

  it('compares an extension’s type with the extension’s own operator', () => {
    const citext = withTable('customer', (table) => ({
      ...table,
      columns: table.columns.map((column) =>
        column.name === 'support_rep_id'
          ? { ...column, type: 'citext', castType: 'ext.citext', typeOid: 99999, category: 'S' }
          : column,
      ),
    }));
    const boundary = objects(citext).find(
      ({ identity }) => identity === 'public.customer: ringfence_support_boundary',
    )?.create[0];
    expect(boundary).toContain(`operator("ext".=) (select ringfence.tenant('support')::ext.citext)`);
    // A statement that casts to the type must be able to name it.
    const identities = (publicSchemas: readonly string[]): readonly string[] =>
      compileObjects(compiled(POLICY, citext), citext, {
        ...UNTOUCHED,
        publicSchemas: new Set(publicSchemas),
      }).map(({ identity }) => identity);
    expect(identities(['public'])).toContain('schema ext to ringfence_slice_support');
    expect(identities(['public', 'ext'])).not.toContain('schema ext to ringfence_slice_support');
  });

  it('refuses to fence what has no row security', () => {
    const view = withTable('customer', (table) => ({ ...table, kind: 'view' }));
    expect(() => compileObjects(compiled(POLICY), view)).toThrow(/view: PostgreSQL has no row security/);
  });
});

describe('the difference of objects', () => {
  const nothing = () => null;

  it('is read by people in words and SQL, and by programs as data', () => {
    const steps = diffObjects(objects().slice(0, 4), [], nothing, new Map());
    const plan = {
      policyHash: 'sha256:p',
      digest: planDigest('sha256:p', steps),
      steps,
      notes: [{ about: 'bypass' as const, table: null, text: 'reporting used 1 table' }],
      reach: [],
    };
    expect(renderPlan(plan, { color: false })).toMatchSnapshot();
    expect(renderPlan(plan, { color: true })).toContain('\u001b[32m+ role');
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(renderPlan({ ...plan, steps: [], notes: [], reach: [] }, { color: false })).toContain(
      'Nothing to change',
    );
  });

  it('has one digest for one set of steps', () => {
    const steps = diffObjects(objects(), [], nothing, new Map());
    expect(planDigest('sha256:p', steps)).toBe(
      planDigest('sha256:p', diffObjects(objects(), [], nothing, new Map())),
    );
    expect(planDigest('sha256:p', steps)).not.toBe(planDigest('sha256:p', steps.slice(1)));
    expect(planDigest('sha256:p', steps)).not.toBe(planDigest('sha256:q', steps));
  });

  it('cannot drive the terminal of whoever reads it', () => {
    const [step] = diffObjects(objects().slice(0, 1), [], nothing, new Map());
    if (step === undefined) throw new Error('no step');
    const evil = { ...step, identity: 'x\u001b[2J\ny', words: 'a\rb' };
    const text = renderPlan(
      { policyHash: 'p', digest: 'd', steps: [evil], notes: [], reach: [] },
      { color: false },
    );
    expect(text).not.toMatch(/[\u001b\r]/);
    expect(text.split('\n')[0]).toBe('+ role x y');
  });
});
