/** A materialised view as objects: a barrier where row-level security cannot be, and a function that refreshes it. */
import { describe, expect, it } from 'vitest';
import { planNotes } from '../../src/compile/notes.js';
import { compileObjects } from '../../src/compile/objects.js';
import { UNTOUCHED } from '../../src/compile/situation.js';
import type { Catalog } from '../../src/policy/catalog.js';
import { catalog, table } from '../policy/support/catalog.js';
import { compiled } from '../policy/support/policies.js';

const shop: Catalog = catalog(
  table('sales', {
    kind: 'materialized_view',
    owner: "Shop's \\ owner",
    columns: { org: 'uuid?', ws: 'text?', country: 'text?', total: 'numeric?', note: 'text?' },
    unique: [['org', 'country']],
    indexes: [{ name: 'by_total', columns: ['total'], leakproof: false }],
    grants: [{ grantee: 'reporting', privilege: 'select', columns: null }],
  }),
  table('months', { kind: 'materialized_view', columns: { month: 'date?' }, unique: [['month']] }),
);
const superuser: Catalog = { ...shop, currentUserIsSuperuser: true };

const POLICY = `
tables:
  sales: { tenant: { column: org }, workspace: { column: ws }, refresh_minutes: 15 }
  months: { tenant: shared }
roles:
  support: { tables: { sales: { columns: [total], rows: { country: US } }, months: {} } }
  finance: { reach: tenant, tables: { sales: { columns: [total, note], mask: { note: partial } } } }
`;

const objects = (from: Catalog = superuser) => compileObjects(compiled(POLICY, from), from);
const made = (kind: string, identity: string) =>
  objects().find((one) => one.address.kind === kind && one.identity === identity);

describe('a materialised view', () => {
  it('is shown through a security barrier that holds boundary and row rule', () => {
    expect(made('view', 'slice_support.sales')?.create[0]).toBe(
      `create view "slice_support"."sales" ("org", "ws", "total") with (security_barrier) as
select t."org",
  t."ws",
  t."total"
from "public"."sales" as t
where t."org" = (select ringfence.tenant('support')::pg_catalog.uuid) and t."ws" = (select ringfence.workspace('support')::pg_catalog.text) and (t."country" = 'US'::pg_catalog.text)`,
    );
    expect(made('view', 'slice_finance.sales')?.create[0]).toMatch(
      /with \(security_barrier\)[\s\S]*where t\."org" = \(select ringfence\.tenant\('finance'\)::pg_catalog\.uuid\)$/,
    );
    expect(made('view', 'slice_support.months')?.create[0]).toMatch(
      /with \(security_barrier\)[\s\S]*where \(select ringfence\.tenant\('support'\)\) is not null$/,
    );
  });

  it('is read by the view role, in the columns that view and rule look at and no other', () => {
    expect(made('table_grant', 'public.sales to ringfence_view_support')?.create).toEqual([
      'grant select ("org", "ws", "country", "total") on table "public"."sales" to "ringfence_view_support"',
    ]);
    expect(made('table_grant', 'public.sales to ringfence_view_finance')?.create).toEqual([
      'grant select ("org", "total", "note") on table "public"."sales" to "ringfence_view_finance"',
    ]);
  });

  it('gets no policies and no row security, which it cannot have', () => {
    const kinds = new Set(objects().map(({ address }) => address.kind));
    expect(kinds.has('policy') || kinds.has('row_security')).toBe(false);
  });

  it('is refreshed by a function of its owner’s, for Ringfence alone, which goes with its schedule', () => {
    const [refresh, ...more] = objects().filter(
      ({ address }) => address.kind === 'function' && address.schema === 'ringfence',
    );
    expect(more).toEqual([]);
    expect([...(refresh?.create ?? []), '--', ...(refresh?.drop ?? [])].join(';\n')).toMatchSnapshot();
    expect(refresh?.repair?.slice(1)).toEqual(refresh?.create);
  });

  it('is refreshed for nobody who could not act for its owner', () => {
    const as = (currentUser: string, roles: Catalog['roles']) => () =>
      objects({ ...shop, currentUser, roles });
    const role = (name: string, ...memberOf: readonly string[]) => ({
      name,
      superuser: false,
      bypassRls: false,
      canLogin: true,
      memberOf,
    });
    expect(as("Shop's \\ owner", [])).not.toThrow();
    expect(as('deploy', [role('deploy', 'staff'), role('staff', "Shop's \\ owner")])).not.toThrow();
    expect(as('deploy', [role('deploy', 'staff'), role('staff')])).toThrow(
      /public\.sales can only be refreshed as its owner, Shop's \\ owner, and deploy is no member/,
    );
  });

  it('is told of in the plan: who else reads it, what nobody judges, which index is lost', () => {
    const notes = planNotes(compiled(POLICY, superuser), superuser, UNTOUCHED);
    const of = (name: string) => notes.filter(({ table: about }) => about === `public.${name}`);
    expect(of('sales').map(({ text }) => text)).toEqual([
      expect.stringContaining("Its owner Shop's \\ owner reads every row, and so do reporting, as before."),
      expect.stringContaining('nothing here judges that'),
      expect.stringContaining('drop it with CASCADE'),
      expect.stringContaining(
        "index by_total (btree) serves no condition of an agent's: its operators are not leakproof, so the boundary goes first",
      ),
    ]);
    expect(of('months').map(({ text }) => text)).toHaveLength(2);
  });
});
