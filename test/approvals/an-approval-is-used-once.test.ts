/** An approval is used by one call, in that call's own transaction, however many come at once and whatever dies on the way. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk, ran } from './support/desk.js';

describeOnServers('an approval', (server) => {
  let desk: Desk;
  let at = 60;
  beforeAll(async () => {
    desk = await openDesk(server);
  });
  afterAll(() => desk?.close());
  const version = async (id: number): Promise<number> => {
    const [row] = await desk.database.query<{ version: number }>(
      'select version from invoice where id = $1',
      [id],
    );
    return row?.version ?? -1;
  };

  it('makes one call of fifty that come at once, and one request of the rest', async () => {
    for (const tool of ['update', 'refund', 'notify'] as const) {
      ran.length = 0;
      const id = at++;
      const input =
        tool === 'update'
          ? { table: 'invoice', id, values: { total: 9 } }
          : tool === 'refund'
            ? { invoice: id }
            : { to: `many ${id}` };
      const { approval } = await desk.pending(tool, input);
      await desk.approve(approval);
      const answers = await Promise.all(Array.from({ length: 50 }, () => desk.call(tool, input)));
      expect(answers.filter(({ decision }) => decision === 'allowed')).toHaveLength(1);
      const others = answers.flatMap((answer) => (answer.decision === 'pending' ? [answer.approval] : []));
      expect(others).toHaveLength(49);
      expect(new Set(others).size).toBe(1);
      expect(others).not.toContain(approval);
      if (tool === 'update') expect(await version(id)).toBe(1);
      else expect(ran).toHaveLength(1);
    }
  });

  it('is one request, and one event of it, where many ask at once', async () => {
    const input = { table: 'invoice', id: at++, values: { total: 9 } };
    const asked = await Promise.all(Array.from({ length: 30 }, () => desk.pending('update', input)));
    expect(new Set(asked.map(({ approval }) => approval)).size).toBe(1);
    expect(new Set(asked.map(({ event }) => event)).size).toBe(30);
  });

  it('is not used where the call meets no row, or is lost before it commits', async () => {
    const gone = { table: 'invoice', id: 9_999, values: { total: 9 } };
    const { approval } = await desk.pending('update', gone);
    await desk.approve(approval);
    expect(await desk.call('update', gone)).toMatchObject({ decision: 'denied', code: 'not_found' });
    expect(await desk.state(approval)).toBe('approved');

    // Holds the call between its approval and its commit.
    const id = at++;
    const held = { table: 'invoice', id, values: { total: 9 } };
    const asked = await desk.pending('update', held);
    await desk.approve(asked.approval);
    const locker = await desk.database.connect();
    await locker.query('begin');
    await locker.query('select from invoice where id = $1 for update', [id]);
    const calling = desk.call('update', held);
    const waiting = async (): Promise<number | undefined> => {
      const [row] = await desk.database.query<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and usename = 'ringfence_gateway'`,
      );
      return row?.pid;
    };
    let pid = await waiting();
    while (pid === undefined) pid = await waiting();
    await desk.database.query('select pg_terminate_backend($1)', [pid]);
    const lost = await calling;
    await locker.query('rollback');
    await locker.end();
    expect(lost.decision).toBe('failed');
    expect(await version(id)).toBe(0);
    expect(await desk.state(asked.approval)).toBe('approved');
    expect(await desk.call('update', held)).toMatchObject({ decision: 'allowed' });
    expect(await version(id)).toBe(1);
  });

  it('is not used where code of the product’s is lost with its connection', async () => {
    const invoice = at++;
    const { approval } = await desk.pending('refund', { invoice, why: 'die' });
    await desk.approve(approval);
    expect(await desk.call('refund', { invoice, why: 'die' })).toMatchObject({ decision: 'failed' });
    expect(await desk.state(approval)).toBe('approved');
    expect(await desk.database.query('select from sent where word = $1', [`refund ${invoice}`])).toEqual([]);
  });

  it('is not used after it was revoked or ran out while the call waited', async () => {
    for (const end of ['revoke', 'expire'] as const) {
      const id = at++;
      const input = { table: 'invoice', id, values: { total: 9 } };
      const { approval } = await desk.pending('update', input);
      await desk.approve(approval);
      const owner = await desk.database.connect();
      await owner.query('begin');
      await owner.query('select from ringfence.approval where id = $1 for update', [approval]);
      const calling = desk.call('update', input);
      const blocked = async (): Promise<boolean> =>
        (
          await desk.database.query(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ~ 'approval_consume'`,
          )
        ).length > 0;
      while (!(await blocked()));
      await owner.query(
        end === 'revoke'
          ? `update ringfence.approval set state = 'revoked', settled_at = clock_timestamp(), input = null where id = $1`
          : 'update ringfence.approval set expires_at = clock_timestamp() where id = $1',
        [approval],
      );
      await owner.query('commit');
      await owner.end();
      expect(await calling).toMatchObject({
        decision: 'denied',
        code: end === 'revoke' ? 'approval_revoked' : 'approval_expired',
      });
      expect(await version(id)).toBe(0);
    }
  });

  it('is used at most once, and never after an end, in whatever order people, agents and the clock act', async () => {
    const { approvals } = desk.governed.ringfence;
    let used = 0;
    const act = fc.constantFrom(
      ...(['call', 'call', 'call', 'approve', 'approve', 'approve', 'approve'] as const),
      ...(['deny', 'revoke', 'expire', 'sweep'] as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 8 }),
        async (rounds) => {
          const id = 100 + (at++ % 100);
          const input = { table: 'invoice', id, values: { total: 9 }, reason: `run ${at++}` };
          const before = await version(id);
          const requests = new Set<string>();
          // One connection of the owner's: one thing after the other.
          let owner: Promise<unknown> = Promise.resolve();
          const asOwner = (work: () => Promise<unknown>): Promise<void> => {
            owner = owner.then(work);
            return owner.then(() => undefined);
          };
          let made = 0;
          const call = async (): Promise<void> => {
            const answer = await desk.call('update', input);
            if (answer.decision === 'allowed') made++;
            if (answer.decision === 'pending') requests.add(answer.approval);
            expect(answer.decision).not.toBe('failed');
          };
          const person = async (work: (one: string) => Promise<unknown>): Promise<void> => {
            const [newest] = [...requests].slice(-1);
            if (newest !== undefined)
              await desk
                .person(() => work(newest))
                .catch((error: { code?: string }) => {
                  expect(error.code).toMatch(/^approval_(settled|refused)$/);
                });
          };
          for (const round of [['call'] as const, ...rounds]) {
            await Promise.all(
              round.map((one) => {
                if (one === 'call') return call();
                if (one === 'approve') return person((of) => approvals.approve(of));
                if (one === 'deny') return person((of) => approvals.deny(of, { reason: 'no' }));
                if (one === 'revoke') return person((of) => approvals.revoke(of, { reason: 'no' }));
                if (one === 'expire') return person((of) => asOwner(() => desk.expire(of)));
                return asOwner(() => desk.database.query('select ringfence.approvals_expire(10)'));
              }),
            );
          }
          const rows = await desk.database.query<{ state: string; yes: boolean; no: boolean }>(
            `select a.state, exists (select from ringfence.approval_decision d where d.approval = a.id and d.verdict = 'approve') as yes,
             exists (select from ringfence.approval_decision d where d.approval = a.id and d.verdict <> 'approve') as no
           from ringfence.approval a where a.id = any ($1)`,
            [[...requests]],
          );
          used += made;
          const executed = rows.filter(({ state }) => state === 'executed');
          expect(executed.length).toBe(made);
          expect(executed.every(({ yes, no }) => yes && !no)).toBe(true);
          expect((await version(id)) - before).toBe(made);
        },
      ),
      { numRuns: 40 },
    );
    expect(used).toBeGreaterThan(0);
  });
});
