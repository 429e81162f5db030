/** Whoever has the gateway's login and no claim can neither ask, decide, use nor read an approval; a claim is good for its own boundary alone. */
import { createHmac } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClaimMaker } from '../../src/database/claim.js';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';

describeOnServers('the gateway’s login', (server) => {
  let desk: Desk;
  let stolen: pg.Client;
  let approval: string;
  let digest: string;
  let domain: string;
  beforeAll(async () => {
    desk = await openDesk(server);
    stolen = await desk.database.connect({
      name: 'ringfence_gateway',
      password: desk.governed.keys.gatewayPassword,
    });
    ({ approval } = await desk.pending('update', {
      table: 'invoice',
      id: 1,
      values: { total: 2 },
      reason: 'canary',
    }));
    const [row] = await desk.database.query<{ digest: string; domain: string }>(
      'select digest, domain from ringfence.approval, ringfence.install',
    );
    digest = row?.digest ?? '';
    domain = row?.domain ?? '';
  });
  afterAll(async () => {
    await stolen?.end();
    await desk?.close();
  });
  const claimOf = (fields: {
    tenant: string;
    user: string;
    role: string;
    kind: 'agent' | 'user';
  }): string => {
    const boundary = desk.governed.boundary({
      tenant: fields.tenant,
      user: fields.user,
      role: fields.role,
      actor: { kind: fields.kind, id: 'desk' },
    });
    return createClaimMaker(desk.governed.keys, domain).make(boundary, null);
  };

  it('has no right on the tables, whatever it tries', async () => {
    for (const sql of [
      'select * from ringfence.approval',
      'select * from ringfence.approval_decision',
      `insert into ringfence.approval (id) values ('${approval}')`,
      `update ringfence.approval set state = 'approved'`,
      'delete from ringfence.approval',
      `insert into ringfence.approval_decision (approval, user_id, role, verdict) values ('${approval}', 'fin', 'finance', 'approve')`,
      `select ringfence.approval_expire('${approval}')`,
      'truncate ringfence.approval cascade',
      `select ringfence.approval_is_for(null, array['a'])`,
      'drop function ringfence.approval_consume(text, uuid[], text[])',
    ])
      await expect(stolen.query(sql), sql).rejects.toMatchObject({ code: '42501' });
  });

  it('is refused without a claim that the library signed', async () => {
    const forged = [
      'rf1',
      'k',
      domain,
      '',
      String(Date.now() + 9_000),
      'n',
      'north',
      '',
      'fin',
      'finance',
      'r',
      'user',
      'x',
      '',
      'l',
      's',
    ].join('\u001f');
    const signed = `${forged}\u001f${createHmac('sha256', 'guess').update(forged).digest('hex')}`;
    for (const claim of ['', 'north', forged, signed, null]) {
      for (const [sql, ...values] of [
        [
          'select ringfence.approval_decide($1, $2, $3, null, null, gen_random_uuid(), $4)',
          approval,
          'approve',
          '{}',
        ],
        ['select ringfence.approvals($1, null, null, 10)'],
        ['select ringfence.approval_consume($1, $2, $3)', [approval], [digest]],
        ['select ringfence.approval_ask($1, $2, gen_random_uuid(), $3)', '{}', '{}'],
      ] as const)
        await expect(stolen.query(sql, [claim, ...values]), sql).rejects.toMatchObject({ code: '28000' });
    }
    expect(await desk.state(approval)).toBe('pending');
  });

  it('sees and decides with a claim only what that boundary may', async () => {
    const list = async (claim: string) =>
      (
        await stolen.query<{ list: unknown[] }>('select ringfence.approvals($1, null, null, 10) as list', [
          claim,
        ])
      ).rows[0]?.list;
    expect(await list(claimOf({ tenant: 'south', user: 'fin', role: 'finance', kind: 'user' }))).toEqual([]);
    expect(await list(claimOf({ tenant: 'north', user: 'eve', role: 'support', kind: 'agent' }))).toEqual([]);
    expect(await list(claimOf({ tenant: 'north', user: 'fin', role: 'finance', kind: 'agent' }))).toEqual([]);
    expect(await list(claimOf({ tenant: 'north', user: 'fin', role: 'finance', kind: 'user' }))).toHaveLength(
      1,
    );
    const decide = async (claim: string) =>
      (
        await stolen.query<{ said: { outcome: string } }>(
          `select ringfence.approval_decide($1, $2, 'approve', null, null, gen_random_uuid(), '{}') as said`,
          [claim, approval],
        )
      ).rows[0]?.said.outcome;
    expect(await decide(claimOf({ tenant: 'south', user: 'fin', role: 'finance', kind: 'user' }))).toBe(
      'unknown',
    );
    expect(await decide(claimOf({ tenant: 'north', user: 'ada', role: 'support', kind: 'user' }))).toBe(
      'own_request',
    );
    expect(await decide(claimOf({ tenant: 'north', user: 'fin', role: 'finance', kind: 'agent' }))).toBe(
      'not_a_person',
    );
    // A rule that is not said as it was asked under does not count.
    expect(await decide(claimOf({ tenant: 'north', user: 'fin', role: 'finance', kind: 'user' }))).toBe(
      'changed',
    );
    const use = claimOf({ tenant: 'north', user: 'ada', role: 'support', kind: 'agent' });
    await expect(
      stolen.query('select ringfence.approval_consume($1, $2, $3)', [use, [approval], [digest]]),
    ).rejects.toMatchObject({ code: 'RF403' });
    await desk.approve(approval);
    for (const [claim, of] of [
      [claimOf({ tenant: 'north', user: 'bob', role: 'support', kind: 'agent' }), digest],
      [claimOf({ tenant: 'south', user: 'ada', role: 'support', kind: 'agent' }), digest],
      [use, '0'.repeat(64)],
    ])
      await expect(
        stolen.query('select ringfence.approval_consume($1, $2, $3)', [claim, [approval], [of]]),
      ).rejects.toMatchObject({ code: 'RF403' });
    expect(await desk.state(approval)).toBe('approved');
  });

  it('leaves what was said as it was said, even for the owner', async () => {
    const owner = await desk.database.connect();
    await owner.query('set role ringfence_owner');
    for (const sql of [
      'delete from ringfence.approval',
      'delete from ringfence.approval_decision',
      `update ringfence.approval_decision set reason = 'x'`,
    ])
      await expect(owner.query(sql), sql).rejects.toMatchObject({ code: '42501' });
    await owner.end();
  });
});
