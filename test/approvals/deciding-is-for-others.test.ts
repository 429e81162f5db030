/** Who may decide a request, and what a decision comes to. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { within } from '../../src/boundary/propagation.js';
import { apply } from '../../src/database/apply.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createRingfence } from '../../src/ringfence.js';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk, POLICY, tools } from './support/desk.js';

describeOnServers('deciding a request', (server) => {
  let desk: Desk;
  let at = 30;
  beforeAll(async () => {
    desk = await openDesk(server);
  });
  afterAll(() => desk?.close());
  const ask = async () => {
    const input = { table: 'invoice', id: at++, values: { total: 1 } };
    return { input, approval: (await desk.pending('update', input)).approval };
  };

  it('is refused to whoever is not one of the people that the rule names', async () => {
    const { approval } = await ask();
    const refusals = [
      ['the requester', { user: 'ada' }, 'approval_refused'],
      ['an agent', { actor: { kind: 'agent', id: 'desk' } }, 'approval_refused'],
      ['a service', { actor: { kind: 'service', id: 'job' } }, 'approval_refused'],
      ['the system', { actor: { kind: 'system', id: 'job' } }, 'approval_refused'],
      ['another role', { role: 'lead', user: 'lea' }, 'approval_refused'],
      ['another tenant', { tenant: 'south' }, 'approval_unknown'],
    ] as const;
    for (const [, who, code] of refusals) {
      await expect(desk.approve(approval, who)).rejects.toMatchObject({ code });
      await expect(
        desk.person(() => desk.governed.ringfence.approvals.deny(approval, { reason: 'no' }), who),
      ).rejects.toMatchObject({ code });
    }
    expect(await desk.state(approval)).toBe('pending');
    await expect(desk.approve('not an id')).rejects.toMatchObject({ code: 'approval_unknown' });
    await expect(desk.approve('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({
      code: 'approval_unknown',
    });
    // Each of them is in the ledger.
    const denied = await desk.database.query(
      `select from ringfence.event_pending where body::jsonb ->> 'action' ~ '^approval\\.(approve|deny)$'
         and body::jsonb #>> '{decision,effect}' = 'denied'
       union all select from ringfence.leaf where convert_from(leaf, 'UTF8')::jsonb #>> '{event,action}' ~ '^approval\\.(approve|deny)$'
         and convert_from(leaf, 'UTF8')::jsonb #>> '{event,decision,effect}' = 'denied'`,
    );
    expect(denied).toHaveLength(14);
  });

  it('needs a reason for a no, tells it to the agent, and stands until the deadline', async () => {
    const { approvals } = desk.governed.ringfence;
    const { input, approval } = await ask();
    for (const reason of ['', '   ', undefined as never, 'x'.repeat(2_001)])
      await expect(desk.person(() => approvals.deny(approval, { reason }))).rejects.toMatchObject({
        code: 'approval_invalid',
      });
    expect(
      await desk.person(() => approvals.deny(approval, { reason: 'Ask the\u202e customer' })),
    ).toMatchObject({
      state: 'denied',
    });
    const told = { decision: 'denied', code: 'approval_denied', rule: 'approvals.totals' };
    for (let times = 0; times < 2; times++) {
      expect(await desk.call('update', input)).toMatchObject({
        ...told,
        reason: 'It was not approved: "Ask the‹U+202E› customer".',
      });
    }
    await expect(desk.approve(approval)).rejects.toMatchObject({ code: 'approval_settled' });
    await desk.expire(approval);
    expect((await desk.pending('update', input)).approval).not.toBe(approval);
  });

  it('can be taken back by an approver or by whoever asked, until the call has been made', async () => {
    const { approvals } = desk.governed.ringfence;
    const revoke = (id: string, who?: object) =>
      desk.person(() => approvals.revoke(id, { reason: 'on second thoughts' }), who);
    const one = await ask();
    await desk.approve(one.approval);
    expect(await revoke(one.approval)).toMatchObject({ state: 'revoked' });
    expect(await desk.call('update', one.input)).toMatchObject({
      decision: 'denied',
      code: 'approval_revoked',
    });

    const two = await ask();
    expect(await revoke(two.approval, { user: 'ada', role: 'support' })).toMatchObject({ state: 'revoked' });
    const three = await ask();
    await expect(revoke(three.approval, { user: 'eve', role: 'support' })).rejects.toMatchObject({
      code: 'approval_refused',
    });
    await expect(
      revoke(three.approval, { user: 'ada', role: 'support', actor: { kind: 'agent', id: 'desk' } }),
    ).rejects.toMatchObject({ code: 'approval_refused' });
    await desk.approve(three.approval);
    await desk.call('update', three.input);
    await expect(revoke(three.approval)).rejects.toMatchObject({ code: 'approval_settled' });
  });

  it('ends in one way where a yes and a no come at once', async () => {
    const { approvals } = desk.governed.ringfence;
    for (let round = 0; round < 20; round++) {
      const { input, approval } = await ask();
      const words = await Promise.allSettled([
        desk.approve(approval, { user: `fin${round}` }),
        desk.person(() => approvals.deny(approval, { reason: 'no' })),
      ]);
      expect(words.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const approved = words[0].status === 'fulfilled';
      expect(await desk.state(approval)).toBe(approved ? 'approved' : 'denied');
      expect((await desk.call('update', input)).decision).toBe(approved ? 'allowed' : 'denied');
    }
  });

  it('counts no more people than the rule asks for, of a hundred who agree at once', async () => {
    const { approval } = await desk.pending('delete', { table: 'customer', id: 1 });
    const words = await Promise.allSettled(
      Array.from({ length: 100 }, (_, n) => desk.approve(approval, { user: `fin${n % 50}` })),
    );
    const taken = words.flatMap((word) => (word.status === 'fulfilled' ? [word.value] : []));
    expect(taken.sort()).toEqual(['approved', 'pending']);
    expect(
      await desk.database.query('select from ringfence.approval_decision where approval = $1', [approval]),
    ).toHaveLength(2);
  });

  it('comes to one end for each request, of a thousand words at once', async () => {
    const other = await openDesk(server);
    try {
      const asked: string[] = [];
      for (let id = 1; id <= 100; id++)
        asked.push((await other.pending('update', { table: 'invoice', id, values: { total: 1 } })).approval);
      const words = await Promise.allSettled(
        asked.flatMap((id) =>
          Array.from({ length: 10 }, (_, n) =>
            n % 2 === 0
              ? other.approve(id, { user: `fin${n}` })
              : other.person(() => other.governed.ringfence.approvals.deny(id, { reason: 'no' }), {
                  user: `fin${n}`,
                }),
          ),
        ),
      );
      expect(words.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
      const codes = words.flatMap((word) =>
        word.status === 'rejected' ? [(word.reason as { code: string }).code] : [],
      );
      expect([...new Set(codes)]).toEqual(['approval_settled']);
      const rows = await other.database.query<{ state: string; words: number }>(
        `select a.state, (select count(*)::int from ringfence.approval_decision d where d.approval = a.id) as words from ringfence.approval a`,
      );
      expect(
        rows.every(({ state, words: said }) => ['approved', 'denied'].includes(state) && said === 1),
      ).toBe(true);
    } finally {
      await other.close();
    }
  });

  it('stays inside the workspace of the request, unless the role reaches the tenant', async () => {
    const policy = `${POLICY.replace('lead: { reach: tenant,', 'lead: { reach: workspace,')}`.replace(
      'approvers: { roles: [finance] }\n  removals',
      'approvers: { roles: [finance, lead] }\n  removals',
    );
    const other = await openDesk(server, { policy });
    try {
      const { approval } = await other.pending(
        'update',
        { table: 'invoice', id: 1, values: { total: 2 } },
        { workspace: 'w1' },
      );
      const lead = { user: 'lea', role: 'lead' };
      const list = (who: object) => other.person(() => other.governed.ringfence.approvals.list(), who);
      for (const workspace of ['w2', null]) {
        expect(await list({ ...lead, workspace })).toEqual([]);
        await expect(other.approve(approval, { ...lead, workspace })).rejects.toMatchObject({
          code: 'approval_unknown',
        });
      }
      expect(await list({ ...lead, workspace: 'w1' })).toHaveLength(1);
      expect(await list({ workspace: null })).toHaveLength(1);
      expect(await other.approve(approval, { ...lead, workspace: 'w1' })).toBe('approved');
    } finally {
      await other.close();
    }
  });

  it('counts for the rule as it was asked for, and for no other', async () => {
    const other = await openDesk(server);
    try {
      const input = { table: 'invoice', id: 1, values: { total: 2 } };
      const asked = await other.pending('update', input);
      const approved = await other.pending('update', { ...input, id: 2 });
      await other.approve(approved.approval);
      const file = parsePolicy(POLICY.replace('roles: [support]\n', 'roles: [support]\n    minutes: 7\n'));
      const admin = await other.database.connect();
      await apply(admin, (catalog) => compilePolicy(file, catalog));
      const { keys, gatewayUrl } = other.governed;
      const ringfence = await createRingfence({ url: gatewayUrl, keys, policy: file, tools });
      try {
        const as = (user: string, role: string, kind: 'agent' | 'user') =>
          ringfence.trustedBoundary({ tenant: 'north', user, role, actor: { kind, id: 'desk' } });
        await expect(
          within(as('fin', 'finance', 'user'), () => ringfence.approvals.approve(asked.approval)),
        ).rejects.toMatchObject({ code: 'approval_refused' });
        // Approved under the rule as it was: under this one it is asked for anew.
        expect(
          await within(as('ada', 'support', 'agent'), () => ringfence.call('update', { ...input, id: 2 })),
        ).toMatchObject({ decision: 'pending' });
      } finally {
        await ringfence.close();
      }
    } finally {
      await other.close();
    }
  });
});
