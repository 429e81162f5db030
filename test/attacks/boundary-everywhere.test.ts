/** No boundary, no data, on every path; and a boundary is exactly as wide as it was made. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Boundary } from '../../src/boundary/boundary.js';
import { narrow } from '../../src/boundary/narrow.js';
import { bindBoundary, within } from '../../src/boundary/propagation.js';
import { reloadBoundary, snapshotOf } from '../../src/boundary/snapshot.js';
import type { Ringfence } from '../../src/ringfence.js';
import { createDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';
import { DENTAL, DESIGN } from './support/desk-schema.js';
import { expectHeld } from './support/sealed-agent.js';

const reason = 'asked to';
/** A call of every tool, each of which an agent of Dental's may make. */
const CALLS = [
  ['describe_schema', {}],
  ['query', { table: 'ticket' }],
  ['get', { table: 'ticket', id: 1 }],
  ['aggregate', { table: 'ticket', metrics: [{ fn: 'count' }] }],
  ['create', { table: 'memo', values: { body: 'new' }, reason }],
  ['update', { table: 'memo', id: 1, values: { body: 'mine' }, reason }],
  ['delete', { table: 'coupon', id: 987_654, reason }],
] as const;
const WRITES = CALLS.slice(4).map(([tool]) => tool);

describeOnServers('everywhere, a boundary', (server) => {
  let desk: Desk;
  let ringfence: Ringfence;
  beforeAll(async () => {
    desk = await openDesk(server);
    ({ ringfence } = desk.governed);
  });
  afterAll(() => desk.drop());

  const dental = (more: Partial<Parameters<Governed['boundary']>[0]> = {}): Boundary =>
    desk.governed.boundary({ tenant: DENTAL, workspace: 'front-desk', ...more });
  const changes = () =>
    desk.database.query(
      'select string_agg(m.xmin || m::text, $$,$$ order by id) as memos, (select count(*) from coupon) as coupons from memo m',
    );

  it('must be open: without one there is an error in the library, and no row in the database', async () => {
    const before = await changes();
    for (const [tool, input] of CALLS) {
      await expect(ringfence.call(tool, input), tool).rejects.toMatchObject({ code: 'boundary_missing' });
      // Nor does work that somebody else's call sets off find one.
      const later = within(dental(), () => Promise.resolve()).then(() => ringfence.call(tool, input));
      await expect(later, tool).rejects.toMatchObject({ code: 'boundary_missing' });
    }
    await expect(ringfence.call('no_such_tool', {})).rejects.toMatchObject({ code: 'boundary_missing' });
    const tables = [
      'plan',
      'organization',
      'contact',
      'ticket',
      'ticket_note',
      'attachment',
      'memo',
      'coupon',
      'account',
      'activity',
      'reading',
    ];
    const statements = [
      ...tables.map((table) => `select * from slice_support.${table}`),
      'select * from scope_support.ticket',
      'select * from scope_support.ticket_note',
      'select * from slice_clerk.ticket',
    ];
    for (const as of ['ringfence_slice_support', 'ringfence_slice_clerk', 'ringfence_gateway']) {
      const { said } = await expectHeld(desk, statements, { as, sealed: false });
      expect(
        said.split('\n').filter((line) => line.startsWith('[[{')),
        as,
      ).toEqual([]);
    }
    const writes = [
      "update slice_support.ticket set status = 'closed' returning id",
      'delete from slice_support.memo returning id',
      "insert into slice_support.ticket (org_id, subject, body) values ('northstar-dental', 'x', 'x') returning id",
      "select ringfence.append(gen_random_uuid(), '{}', 1)",
    ];
    const { said } = await expectHeld(desk, writes, { sealed: false, effect: 'write' });
    expect(said).not.toContain('"id"');
    expect(await changes()).toEqual(before);
  });

  it('must be alive: one that has expired opens nothing, also in the middle of work', async () => {
    const before = await changes();
    const soon = dental({ lifeSeconds: 1 });
    const bound = bindBoundary(soon, () => ringfence.call('query', { table: 'ticket' }));
    await within(soon, async () => {
      expect(await ringfence.call('query', { table: 'ticket' })).toMatchObject({ decision: 'allowed' });
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, soon.expiresAt - Date.now()) + 10));
      for (const [tool, input] of CALLS) {
        await expect(ringfence.call(tool, input), tool).rejects.toMatchObject({ code: 'boundary_expired' });
      }
      expect(() => ringfence.tools()).toThrow(expect.objectContaining({ code: 'boundary_expired' }));
    });
    expect(bound).toThrow(expect.objectContaining({ code: 'boundary_expired' }));
    expect(() => within(soon, () => ringfence.tools())).toThrow(
      expect.objectContaining({ code: 'boundary_expired' }),
    );
    expect(() => narrow(soon, { lifeSeconds: 60 })).toThrow(
      expect.objectContaining({ code: 'boundary_expired' }),
    );
    expect(() => snapshotOf(soon)).toThrow(expect.objectContaining({ code: 'boundary_expired' }));
    expect(await changes()).toEqual(before);
  });

  it('must be genuine: copies, look-alikes and snapshots are none', async () => {
    const genuine = dental();
    const invalid = expect.objectContaining({ code: 'boundary_invalid' });
    const fakes: readonly unknown[] = [
      { ...genuine },
      { ...genuine, tenant: DESIGN },
      JSON.parse(JSON.stringify(genuine)),
      Object.create(genuine),
      Object.assign(Object.create(Object.getPrototypeOf(genuine) as object), genuine, { tenant: DESIGN }),
      new Proxy(genuine, { get: (target, name) => (name === 'tenant' ? DESIGN : Reflect.get(target, name)) }),
      structuredClone({ ...genuine }),
      snapshotOf(genuine),
      DESIGN,
      null,
      undefined,
    ];
    for (const fake of fakes)
      expect(() => within(fake as Boundary, () => ringfence.tools())).toThrow(invalid);
    expect(() => {
      (genuine as { tenant: string }).tenant = DESIGN;
    }).toThrow(TypeError);
    // And the one that is open is not exchanged for another.
    const other = desk.governed.boundary({ tenant: DESIGN });
    expect(() => within(genuine, () => within(other, () => ringfence.tools()))).toThrow(
      expect.objectContaining({ code: 'boundary_nested' }),
    );
    const snapshot = snapshotOf(genuine);
    const resolver = {
      memberships: () =>
        Promise.resolve([
          { tenant: DENTAL, workspace: 'front-desk', user: 'u1', role: 'support', plan: null, region: null },
        ]),
    };
    expect((await reloadBoundary(snapshot, { resolver, policy: ringfence.policy })).tenant).toBe(DENTAL);
    for (const changed of [
      { tenant: DESIGN },
      { workspace: 'back-office' },
      { role: 'clerk' },
      { user: 'u2' },
      { plan: 'free' },
      { policyHash: `sha256:${'0'.repeat(64)}` },
    ]) {
      await expect(
        reloadBoundary({ ...snapshot, ...changed }, { resolver, policy: ringfence.policy }),
        JSON.stringify(changed),
      ).rejects.toMatchObject({ code: 'boundary_invalid' });
    }
  });

  it('must be of this policy and of a role it has', async () => {
    const foreign = (hash: string, role = 'support') =>
      desk.governed.boundary({ tenant: DENTAL, role, policy: { hash, roles: new Set([role]) } } as Parameters<
        Governed['boundary']
      >[0]);
    expect(() => desk.governed.boundary({ tenant: DENTAL, role: 'owner' })).toThrow(
      expect.objectContaining({ code: 'membership_missing' }),
    );
    // The fields of a boundary cannot bring a policy of their own along.
    expect(foreign(`sha256:${'0'.repeat(64)}`).policyHash).toBe(ringfence.policy.hash);
    const elsewhere = await createDatabase(server, {
      sql: 'create table ticket (id int primary key, org_id text not null)',
    });
    const other = await govern(
      elsewhere,
      'version: 1\npreset: development\ntables: { ticket: { tenant: { column: org_id } } }\nroles: { support: { tables: { ticket: {} } } }',
    );
    try {
      for (const [tool, input] of CALLS) {
        const strange = within(other.boundary({ tenant: DENTAL }), () => ringfence.call(tool, input));
        await expect(strange, tool).rejects.toMatchObject({ code: 'boundary_invalid' });
      }
    } finally {
      await other.close();
      await elsewhere.drop();
    }
  });

  it('narrowed to tools allows those and no others', async () => {
    const before = await changes();
    const reader = narrow(dental(), { tools: ['query'] });
    expect(within(reader, () => ringfence.tools()).map(({ name }) => name)).toEqual(['query']);
    for (const [tool, input] of CALLS) {
      const decision = await within(reader, () => ringfence.call(tool, input));
      expect(decision, tool).toMatchObject(
        tool === 'query'
          ? { decision: 'allowed' }
          : { decision: 'denied', code: 'tool_not_allowed', rule: 'boundary.tools' },
      );
    }
    for (const none of [
      narrow(dental(), { tools: [] }),
      narrow(reader, { tools: [] }),
      dental({ tools: [] }),
    ]) {
      for (const [tool, input] of CALLS) {
        expect(await within(none, () => ringfence.call(tool, input)), tool).toMatchObject({
          decision: 'denied',
          code: 'tool_not_allowed',
        });
      }
    }
    expect(() => narrow(reader, { tools: ['query', 'get'] })).toThrow(
      expect.objectContaining({ code: 'boundary_invalid' }),
    );
    expect(await changes()).toEqual(before);
  });

  it('narrowed to tables hides every other, by name, by relation and by condition', async () => {
    const narrowed = narrow(dental(), { dataSources: ['ticket'] });
    const call = (tool: string, input: unknown) => within(narrowed, () => ringfence.call(tool, input));
    expect(await call('query', { table: 'ticket' })).toMatchObject({
      decision: 'allowed',
      rows: [{ id: 1 }, { id: 2 }, { id: 3 }],
    });
    const hidden = { decision: 'denied', code: 'unknown_table' };
    for (const table of ['contact', 'memo', 'ticket_note', 'plan']) {
      expect(await call('query', { table }), table).toMatchObject(hidden);
      expect(await call('get', { table, id: 1 }), table).toMatchObject(hidden);
      expect(await call('aggregate', { table, metrics: [{ fn: 'count' }] }), table).toMatchObject(hidden);
      expect(await call('update', { table, id: 1, values: { body: 'x' }, reason }), table).toMatchObject(
        hidden,
      );
      expect(await call('delete', { table, id: 1, reason }), table).toMatchObject(hidden);
    }
    const unrelated = { decision: 'denied', code: 'unknown_relation' };
    expect(await call('query', { table: 'ticket', include: { contact: true } })).toMatchObject(unrelated);
    expect(
      await call('query', { table: 'ticket', where: { has: { contact: { city: 'Oslo' } } } }),
    ).toMatchObject(unrelated);
    expect(JSON.stringify(await call('describe_schema', {}))).not.toMatch(
      /ticket_note|memo|attachment|coupon/,
    );
    const none = narrow(narrowed, { dataSources: [] });
    expect(await within(none, () => ringfence.call('query', { table: 'ticket' }))).toMatchObject(hidden);
  });

  it('of a plan has the plan’s tools, of a role its slice, and of neither more than both', async () => {
    const before = await changes();
    const free = dental({ plan: 'free' });
    for (const [tool, input] of CALLS) {
      const allowed = ['describe_schema', 'query', 'get'].includes(tool);
      expect(await within(free, () => ringfence.call(tool, input)), tool).toMatchObject(
        allowed
          ? { decision: 'allowed' }
          : { decision: 'denied', code: 'tool_not_allowed', rule: 'plans.free.tools' },
      );
    }
    const clerk = dental({ role: 'clerk', plan: 'free' });
    expect(await within(clerk, () => ringfence.call('query', { table: 'ticket' }))).toMatchObject({
      rows: [{ id: 1, status: 'open' }, { id: 2 }, { id: 3 }],
    });
    expect(
      await within(clerk, () => ringfence.call('query', { table: 'ticket', columns: ['subject'] })),
    ).toMatchObject({ code: 'unknown_column' });
    expect(await within(clerk, () => ringfence.call('query', { table: 'contact' }))).toMatchObject({
      code: 'unknown_table',
    });
    for (const tool of WRITES)
      expect(await within(clerk, () => ringfence.call(tool, {})), tool).toMatchObject({
        code: 'tool_not_allowed',
      });
    expect(await within(clerk, () => ringfence.call('aggregate', {}))).toMatchObject({
      code: 'tool_not_allowed',
    });
    expect(await changes()).toEqual(before);
  });
});
