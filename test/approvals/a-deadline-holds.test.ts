/** A request that nobody decides is denied by the database's clock, whether or not anybody writes that down. */
import { expect, it } from 'vitest';
import { parsePolicy } from '../../src/policy/file.js';
import { createRingfence } from '../../src/ringfence.js';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk, POLICY, tools } from './support/desk.js';

/** Events of ends by the clock, chained or not. */
const ENDS = `select e.body from (
    select id, body::jsonb as body from ringfence.event_pending
    union all select event_id, convert_from(leaf, 'UTF8')::jsonb -> 'event' from ringfence.leaf) e (id, body)
  where e.body ->> 'action' = 'approval.expire'`;

describeOnServers('the deadline of a request', (server) => {
  const input = { table: 'invoice', id: 1, values: { total: 2 } };
  /** Waits until somebody has written it down. */
  const settled = async (desk: Desk, id: string): Promise<void> => {
    while ((await desk.state(id)) !== 'expired') await new Promise((resolve) => setTimeout(resolve, 20));
  };

  it('is written down while a process runs, with one event, however many processes run', async () => {
    const desk = await openDesk(server);
    const { keys, gatewayUrl } = desk.governed;
    const more = await Promise.all(
      [1, 2, 3].map(() =>
        createRingfence({ url: gatewayUrl, keys, policy: parsePolicy(POLICY), tools, size: 2 }),
      ),
    );
    try {
      const asked = await Promise.all([1, 2, 3, 4, 5].map((id) => desk.pending('update', { ...input, id })));
      for (const { approval } of asked) await desk.expire(approval, 0.2);
      for (const { approval } of asked) await settled(desk, approval);
      const ends = await desk.database.query<{ body: { approvals: { id: string }[]; decision: object } }>(
        ENDS,
      );
      expect(ends.map(({ body }) => body.approvals[0]?.id).sort()).toEqual(
        asked.map(({ approval }) => approval).sort(),
      );
      expect(ends[0]?.body.decision).toMatchObject({
        effect: 'denied',
        code: 'approval_expired',
        rule: 'approvals.totals.minutes',
      });
    } finally {
      await Promise.all(more.map((one) => one.close()));
      await desk.close();
    }
  });

  it('is written down as soon as a process starts again', async () => {
    const desk = await openDesk(server);
    const { keys, gatewayUrl } = desk.governed;
    const { approval } = await desk.pending('update', input);
    await desk.governed.close();
    await desk.expire(approval, -5);
    expect(await desk.state(approval)).toBe('pending');
    const again = await createRingfence({ url: gatewayUrl, keys, policy: parsePolicy(POLICY), tools });
    try {
      await settled(desk, approval);
    } finally {
      await again.close();
      await desk.database.drop();
    }
  });

  it('holds before it is written down: no word and no call comes after it', async () => {
    const desk = await openDesk(server);
    try {
      // Nobody writes anything down.
      await desk.database.query(
        'create or replace function ringfence.approvals_expire(at_most int) returns int language sql as $$ select 0 $$',
      );
      const { approvals } = desk.governed.ringfence;
      const one = await desk.pending('update', input);
      await desk.expire(one.approval, -0.001);
      await expect(desk.approve(one.approval)).rejects.toMatchObject({ code: 'approval_settled' });
      const two = await desk.pending('update', { ...input, id: 2 });
      await desk.approve(two.approval);
      await desk.expire(two.approval, -0.001);
      expect(await desk.person(() => approvals.show(two.approval))).toMatchObject({
        state: 'expired',
        input: null,
      });
      expect(await desk.call('update', { ...input, id: 2 })).toMatchObject({
        decision: 'denied',
        code: 'approval_expired',
      });
      // Told once; then the call asks anew.
      expect((await desk.pending('update', { ...input, id: 2 })).approval).not.toBe(two.approval);
      expect(await desk.database.query(ENDS)).toHaveLength(2);
      expect(await desk.database.query('select from invoice where version > 0')).toEqual([]);
    } finally {
      await desk.close();
    }
  });

  it('is the rule’s own number of minutes, on the database’s clock', async () => {
    const desk = await openDesk(server);
    try {
      const sixty = await desk.pending('update', input);
      const five = await desk.pending('delete', { table: 'customer', id: 1 });
      const rows = await desk.database.query<{ id: string; minutes: number }>(
        'select id, round(extract(epoch from expires_at - requested_at) / 60)::int as minutes from ringfence.approval order by requested_at',
      );
      expect(rows).toEqual([
        { id: sixty.approval, minutes: 60 },
        { id: five.approval, minutes: 5 },
      ]);
    } finally {
      await desk.close();
    }
  });
});
