/** Ringfence put together: memberships, cross-tenant work, single tenancy, and what happens when a part of it is missing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trustedPrincipal } from '../../src/boundary/principal.js';
import { within } from '../../src/boundary/propagation.js';
import { logName, subjectName } from '../../src/boundary/pseudonym.js';
import type { OperatorEntry } from '../../src/operator-log.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createRingfence } from '../../src/ringfence.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

const SQL = `
create table note (id int generated always as identity primary key, org text not null, team text, author text, body text not null);
create index on note (org);
insert into note (org, team, author, body) values
  ('north', 'red', 'ada', 'north red ada'), ('north', 'red', 'bob', 'north red bob'), ('north', 'blue', 'ada', 'north blue ada'),
  ('south', 'red', 'ada', 'south red ada');
`;
const OWNERS = 'owners: { tenant: a, role: b, secrets: c, audit: d }';
const POLICY = `
version: 1
preset: production
${OWNERS}
tables:
  note: { tenant: { column: org }, workspace: { column: team }, user: { column: author } }
roles:
  own: { tables: { note: {} } }
  team: { reach: workspace, tables: { note: {} } }
  support: { reach: tenant, tools: [query, create, update], tables: { note: { create: [body], update: [body], presets: { team: $workspace, author: $user } } } }
plans:
  free: { tools: [get] }
cross_tenant:
  acting_for: [{ agent: billing-agent, roles: [support], tenants: [south] }]
  grants: { nightly: { role: support, tenants: [north, south], expires: 2099-01-01 } }
`;
const bodies = (decision: unknown): string[] =>
  ((decision as { rows?: { body: string }[] }).rows ?? []).map(({ body }) => body).sort();

describeOnServers('one boundary', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  const said: OperatorEntry[] = [];

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    governed = await govern(database, POLICY, { onOperatorEvent: (entry) => said.push(entry) });
    await database.query(`insert into ringfence.membership (tenant, workspace, user_id, role, plan) values
      ('north', 'red', 'ada', 'own', null), ('south', null, 'ada', 'support', null), ('north', 'red', 'bob', 'team', 'free')`);
  });
  afterAll(async () => {
    await governed?.close();
    await database.drop();
  });
  const actor = { kind: 'agent', id: 'desk' } as const;
  const leaves = async (): Promise<{ log: string; tenant: string; leaf: Record<string, unknown> }[]> => {
    await governed.ringfence.sequence();
    const rows = await database.query<{ log: string; tenant: string; leaf: string }>(
      "select l.log, s.tenant, convert_from(l.leaf, 'UTF8') as leaf from ringfence.leaf l join ringfence.stream s using (log) order by l.log, l.seq",
    );
    return rows.map((row) => ({ ...row, leaf: JSON.parse(row.leaf) as Record<string, unknown> }));
  };

  it('is resolved through the one membership that the table holds, and sees what its role reaches', async () => {
    const ada = trustedPrincipal({ user: 'ada' });
    await expect(governed.ringfence.boundaryFor(ada, { actor })).rejects.toMatchObject({
      code: 'membership_ambiguous',
    });
    const inNorth = await governed.ringfence.boundaryFor(ada, { actor, tenant: 'north' });
    expect(bodies(await within(inNorth, () => governed.ringfence.call('query', { table: 'note' })))).toEqual([
      'north red ada',
    ]);
    const inSouth = await governed.ringfence.boundaryFor(ada, { actor, tenant: 'south' });
    expect(bodies(await within(inSouth, () => governed.ringfence.call('query', { table: 'note' })))).toEqual([
      'south red ada',
    ]);
    await expect(
      governed.ringfence.boundaryFor(trustedPrincipal({ user: 'nobody' }), { actor }),
    ).rejects.toMatchObject({ code: 'membership_missing' });
  });

  it('reaches its own rows, its workspace or its tenant, as the role says', async () => {
    const seen = async (role: string, workspace: string | null): Promise<string[]> =>
      bodies(
        await governed.call({ tenant: 'north', workspace, user: 'ada', role }, 'query', { table: 'note' }),
      );
    expect(await seen('own', 'red')).toEqual(['north red ada']);
    expect(await seen('team', 'red')).toEqual(['north red ada', 'north red bob']);
    expect(await seen('support', null)).toEqual(['north blue ada', 'north red ada', 'north red bob']);
    expect(
      await governed.call({ tenant: 'north', workspace: null, role: 'team' }, 'query', { table: 'note' }),
    ).toMatchObject({
      decision: 'denied',
      code: 'scope_missing',
    });
  });

  it('is narrowed by its plan', async () => {
    const bob = await governed.ringfence.boundaryFor(trustedPrincipal({ user: 'bob' }), { actor });
    expect(await within(bob, () => governed.ringfence.call('query', { table: 'note' }))).toMatchObject({
      decision: 'denied',
      code: 'tool_not_allowed',
      rule: 'plans.free.tools',
    });
    expect(within(bob, () => governed.ringfence.tools().map(({ name }) => name))).toEqual(['get']);
  });

  it('acts for another tenant only where the policy lists it, in a stream apart, with both on the event', async () => {
    const home = governed.boundary({
      tenant: 'north',
      user: 'ada',
      actor: { kind: 'agent', id: 'billing-agent' },
    });
    const away = governed.ringfence.actingFor(home, 'south');
    expect(bodies(await within(away, () => governed.ringfence.call('query', { table: 'note' })))).toEqual([
      'south red ada',
    ]);
    expect(() => governed.ringfence.actingFor(governed.boundary({ tenant: 'north' }), 'south')).toThrow(
      expect.objectContaining({ code: 'cross_tenant_refused' }),
    );
    const key = governed.keys.ledgerKey;
    const event = (await leaves()).find(({ log }) => log === logName(key, 'south', true));
    expect(event).toMatchObject({
      tenant: 'south',
      leaf: {
        boundary: {
          actor: 'billing-agent',
          cross_tenant: `acting_for:${logName(key, 'north')}`,
          subject: subjectName(key, 'north', 'ada'),
        },
      },
    });
  });

  it('visits the tenants of a grant one by one, each recorded under the grant', async () => {
    const job = trustedPrincipal({ user: 'dunning', kind: 'service' });
    const counts = await governed.ringfence.acrossTenants(
      'nightly',
      { principal: job },
      async () => bodies(await governed.ringfence.call('query', { table: 'note' })).length,
    );
    expect(counts).toEqual([
      { tenant: 'north', result: 3 },
      { tenant: 'south', result: 1 },
    ]);
    const granted = (await leaves()).filter(
      ({ leaf }) => (leaf.boundary as { cross_tenant?: string }).cross_tenant === 'grant:nightly',
    );
    expect(granted.map(({ log }) => log).sort()).toEqual(
      ['north', 'south'].map((tenant) => logName(governed.keys.ledgerKey, tenant, true)).sort(),
    );
  });

  it('fills columns from the boundary, and takes a reason for a write', async () => {
    const who = { tenant: 'south', workspace: 'red', user: 'eve' };
    expect(await governed.call(who, 'create', { table: 'note', values: { body: 'x' } })).toMatchObject({
      code: 'reason_required',
    });
    expect(
      await governed.call(who, 'create', {
        table: 'note',
        values: { body: 'x' },
        reason: 'asked by the customer',
      }),
    ).toMatchObject({ decision: 'allowed', rows: [{ body: 'x' }] });
    expect(await database.query("select org, team, author from note where body = 'x'")).toEqual([
      { org: 'south', team: 'red', author: 'eve' },
    ]);
    expect(
      (await leaves()).find(
        ({ leaf }) => (leaf.event as { reason?: string }).reason === 'asked by the customer',
      ),
    ).toBeDefined();
    await database.query("delete from note where body = 'x'");
  });

  it('is missed by a call outside of it, which the operator is told of, and no more than so often', async () => {
    for (let n = 0; n < 20; n++) {
      await expect(governed.ringfence.call('query', { table: 'note' })).rejects.toMatchObject({
        code: 'boundary_missing',
      });
    }
    const calls = said.filter(({ kind }) => kind === 'call_without_boundary');
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.length).toBeLessThan(20);
  });

  it('gets no answer that could not be recorded', async () => {
    const functions =
      'ringfence.record(text[], uuid[], text[], bigint[]), ringfence.append(uuid, text, bigint, bigint)';
    const roles = 'ringfence_gateway, ringfence_slice_support';
    await database.query(`revoke execute on function ${functions} from ${roles}`);
    try {
      for (const table of ['note', 'nothing']) {
        await expect(governed.call('north', 'query', { table })).rejects.toMatchObject({
          code: 'ledger_unavailable',
        });
      }
    } finally {
      await database.query(`grant execute on function ${functions} to ${roles}`);
    }
    expect(await governed.call('north', 'query', { table: 'note' })).toMatchObject({ decision: 'allowed' });
  });

  it('is not served under a policy that the database does not enforce', async () => {
    const changed = parsePolicy(POLICY.replace('reach: workspace', 'reach: tenant'));
    await expect(
      createRingfence({ url: governed.gatewayUrl, keys: governed.keys, policy: changed }),
    ).rejects.toMatchObject({
      code: 'policy_unapplied',
    });
  });
});

describe('a single tenant', () => {
  describeOnServers('has the other three axes', (server) => {
    let database: TestDatabase;
    let governed: Governed;
    beforeAll(async () => {
      database = await createDatabase(server, { sql: SQL });
      governed = await govern(
        database,
        `
version: 1
preset: production
tenancy: single
${OWNERS}
tables:
  note: { workspace: { column: team } }
roles:
  support: { tables: { note: { mask: { author: partial }, columns: [id, author, body] } } }
`,
      );
    });
    afterAll(async () => {
      await governed?.close();
      await database.drop();
    });

    it('keeps workspaces apart, masks, records, and refuses without a boundary', async () => {
      const who = { tenant: 'single', workspace: 'red' };
      const decision = await governed.call(who, 'query', { table: 'note' });
      expect(bodies(decision)).toEqual(['north red ada', 'north red bob', 'south red ada']);
      expect(
        (decision as unknown as { rows: { author: string }[] }).rows.every(
          ({ author }) => !['ada', 'bob'].includes(author),
        ),
      ).toBe(true);
      expect(await governed.call({ tenant: 'single' }, 'query', { table: 'note' })).toMatchObject({
        code: 'scope_missing',
      });
      await governed.ringfence.sequence();
      expect(await database.query('select from ringfence.leaf')).toHaveLength(2);
    });
  });
});
