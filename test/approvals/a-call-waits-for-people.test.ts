/** A call that a rule names is not made before people have agreed to exactly it, and then once. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk, POLICY, ran } from './support/desk.js';

describeOnServers('a call that waits for people', (server) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(server);
  });
  afterAll(() => desk?.close());
  const total = async (id: number): Promise<number> => {
    const [row] = await desk.database.query<{ total: string }>('select total from invoice where id = $1', [
      id,
    ]);
    return Number(row?.total);
  };

  it('is pending, made once when it has been approved, and pending anew after that', async () => {
    const input = { table: 'invoice', id: 1, values: { total: 500 }, reason: 'the customer paid twice' };
    const first = await desk.pending('update', input);
    expect(first).toMatchObject({ rule: 'approvals.totals', code: 'approval_pending' });
    expect(await desk.pending('update', input)).toMatchObject({ approval: first.approval });
    expect(await total(1)).toBe(1);

    expect(await desk.approve(first.approval)).toBe('approved');
    expect(await total(1)).toBe(1);
    expect(await desk.call('update', input)).toMatchObject({ decision: 'allowed', rows: [{ total: 500 }] });
    expect(await total(1)).toBe(500);
    expect(await desk.state(first.approval)).toBe('executed');

    const again = await desk.pending('update', input);
    expect(again.approval).not.toBe(first.approval);
    const { length } = await desk.database.query(
      'select from ringfence.approval where digest = (select digest from ringfence.approval where id = $1)',
      [first.approval],
    );
    expect(length).toBe(2);
  });

  it('waits however its input is written, and asks anew where it says something else', async () => {
    const asked = await desk.pending('update', { table: 'invoice', id: 2, values: { total: 7, note: 'a' } });
    expect(
      await desk.pending('update', { values: { note: 'a', total: 7 }, id: 2, table: 'invoice' }),
    ).toMatchObject({
      approval: asked.approval,
    });
    const others = [
      desk.pending('update', { table: 'invoice', id: 3, values: { total: 7, note: 'a' } }),
      desk.pending('update', { table: 'invoice', id: 2, values: { total: 8, note: 'a' } }),
      desk.pending('update', { table: 'invoice', id: 2, values: { total: 7, note: 'a' }, reason: 'why' }),
      desk.pending('update', { table: 'invoice', id: 2, values: { total: 7, note: 'a' } }, { user: 'bob' }),
      desk.pending(
        'update',
        { table: 'invoice', id: 2, values: { total: 7, note: 'a' } },
        { actor: { kind: 'agent', id: 'other' } },
      ),
      desk.pending(
        'update',
        { table: 'invoice', id: 2, values: { total: 7, note: 'a' } },
        { workspace: 'w' },
      ),
    ];
    const ids = new Set([asked.approval, ...(await Promise.all(others)).map(({ approval }) => approval)]);
    expect(ids.size).toBe(7);
    await desk.approve(asked.approval);
    for (const change of [{ values: { total: 8, note: 'a' } }, { id: 3 }])
      await desk.pending('update', { table: 'invoice', id: 2, values: { total: 7, note: 'a' }, ...change });
  });

  it('widens nothing: what the boundary lost meanwhile is refused, and the approval is not used', async () => {
    const input = { table: 'invoice', id: 7, values: { total: 70 } };
    const { approval } = await desk.pending('update', input);
    await desk.approve(approval);
    expect(await desk.call('update', input, { tools: ['query'] })).toMatchObject({
      code: 'tool_not_allowed',
    });
    expect(await desk.call('update', input, { dataSources: ['customer'] })).toMatchObject({
      code: 'unknown_table',
    });
    expect(await desk.call('update', input, { role: 'lead' })).toMatchObject({ code: 'tool_not_allowed' });
    expect(await total(7)).toBe(7);
    expect(await desk.state(approval)).toBe('approved');
    expect(await desk.call('update', input)).toMatchObject({ decision: 'allowed' });
  });

  it('leaves alone what the rule does not name', async () => {
    expect(await desk.call('update', { table: 'invoice', id: 5, values: { note: 'n' } })).toMatchObject({
      decision: 'allowed',
    });
    expect(
      await desk.call('update', { table: 'invoice', id: 5, values: { total: 9 } }, { role: 'finance' }),
    ).toMatchObject({ decision: 'allowed' });
    expect(await desk.call('create', { table: 'customer', values: { name: 'New' } })).toMatchObject({
      decision: 'allowed',
    });
    // A delete takes every column with it.
    expect((await desk.pending('delete', { table: 'invoice', id: 6 })).rule).toBe('approvals.totals');
  });

  it('runs code of the product once it has been approved, and keeps the approval where the code fails', async () => {
    ran.length = 0;
    const asked = await desk.pending('refund', { invoice: 10 });
    expect(asked.rule).toBe('approvals.risky');
    expect(ran).toEqual([]);
    await desk.approve(asked.approval);
    expect(await desk.call('refund', { invoice: 10 })).toMatchObject({
      decision: 'allowed',
      output: { refunded: 10 },
    });
    expect(ran).toEqual(['refund 10']);
    expect((await desk.pending('refund', { invoice: 10 })).approval).not.toBe(asked.approval);

    const failing = await desk.pending('refund', { invoice: 11, why: 'throw' });
    await desk.approve(failing.approval);
    expect(await desk.call('refund', { invoice: 11, why: 'throw' })).toMatchObject({ decision: 'failed' });
    expect(await desk.state(failing.approval)).toBe('approved');
    expect(await desk.database.query("select from sent where word = 'refund 11'")).toEqual([]);
  });

  it('asks nobody about a row outside the boundary, and reads nothing before it is approved', async () => {
    expect(await desk.call('refund', { invoice: 1001 })).toMatchObject({
      decision: 'denied',
      code: 'not_found',
    });
    const asked = await desk.pending('export_all', {});
    await desk.approve(asked.approval);
    expect(await desk.call('export_all', {})).toMatchObject({ decision: 'allowed', output: 200 });
  });

  it('acts outside at most once, and is recorded before it does', async () => {
    ran.length = 0;
    const asked = await desk.pending('notify', { to: 'x' });
    await desk.approve(asked.approval);
    expect(await desk.call('notify', { to: 'x' })).toMatchObject({ decision: 'allowed', output: 'told x' });
    await desk.pending('notify', { to: 'x' });
    expect(ran).toEqual(['notify x']);
  });

  it('is tried dry without using anything, and told what it would wait for', async () => {
    const input = { table: 'invoice', id: 20, values: { total: 1 } };
    expect(await desk.call('update', input, {}, { dry: true })).toMatchObject({
      decision: 'allowed',
      needsApproval: ['totals'],
      rows: [{ id: 20, total: 1 }],
    });
    expect(await desk.call('export_all', {}, {}, { dry: true })).toMatchObject({
      decision: 'denied',
      rule: 'approvals.risky',
    });
    const { approval } = await desk.pending('update', input);
    await desk.approve(approval);
    await desk.call('update', input, {}, { dry: true });
    expect(await desk.state(approval)).toBe('approved');
  });

  it('waits for every rule that it matches, and uses all of its approvals or none', async () => {
    const policy = `${POLICY}  large: { tools: [update], tables: [invoice], approvers: { roles: [lead] } }\n`;
    const other = await openDesk(server, { policy });
    try {
      const input = { table: 'invoice', id: 1, values: { total: 2 } };
      const first = await other.pending('update', input);
      expect(first.rule).toBe('approvals.large');
      const ids = (
        await other.database.query<{ id: string }>('select id from ringfence.approval order by rule')
      ).map(({ id }) => id);
      expect(ids).toHaveLength(2);
      const [large = '', totals = ''] = ids;
      await other.approve(large, { user: 'lea', role: 'lead' });
      expect((await other.pending('update', input)).approval).toBe(totals);
      await other.approve(totals);
      await other.expire(large);
      expect(await other.call('update', input)).toMatchObject({ code: 'approval_expired' });
      expect(await other.state(totals)).toBe('approved');
      const again = await other.pending('update', input);
      await other.approve(again.approval, { user: 'lea', role: 'lead' });
      expect(await other.call('update', input)).toMatchObject({ decision: 'allowed' });
      expect([await other.state(again.approval), await other.state(totals)]).toEqual([
        'executed',
        'executed',
      ]);
      expect(await other.database.query('select from invoice where version = 1')).toHaveLength(1);
    } finally {
      await other.close();
    }
  });

  it('is refused where its user has more waiting than anybody could look at, or more in it than anybody could read', async () => {
    const other = await openDesk(server);
    try {
      const asked = Array.from({ length: 200 }, (_, n) => other.pending('notify', { to: `${n}` }));
      await Promise.all(asked);
      expect(await other.call('notify', { to: 'one more' })).toMatchObject({
        decision: 'denied',
        code: 'limit_exceeded',
        rule: 'approvals.risky',
      });
      await other.pending('notify', { to: 'one more' }, { user: 'bob' });
      expect(await other.call('notify', { to: 'x'.repeat(300_000) })).toMatchObject({
        code: 'limit_exceeded',
      });
      expect(await other.call('notify', { to: 'x', more: undefined })).toMatchObject({
        code: 'input_invalid',
      });
    } finally {
      await other.close();
    }
  });

  it('waits for as many people as the rule says, each of them once', async () => {
    const [row] = await desk.database.query<{ id: number }>(
      "insert into customer (org, name) values ('north', 'Gone') returning id",
    );
    const asked = await desk.pending('delete', { table: 'customer', id: row?.id });
    expect(await desk.approve(asked.approval)).toBe('pending');
    await expect(desk.approve(asked.approval)).rejects.toMatchObject({ code: 'approval_refused' });
    await desk.pending('delete', { table: 'customer', id: row?.id });
    expect(await desk.approve(asked.approval, { user: 'lea', role: 'lead' })).toBe('approved');
    expect(await desk.call('delete', { table: 'customer', id: row?.id })).toMatchObject({
      decision: 'allowed',
    });
  });
});
