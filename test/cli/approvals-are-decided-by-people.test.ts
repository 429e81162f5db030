import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { NOTES_POLICY, NOTES_SQL, writeNotesPolicy } from './support/two-tenants.js';

const AS_AGENT = ['--tenant', 'north', '--user', 'ada', '--role', 'writer', '--agent', 'desk'];
const AS_LEAD = ['--tenant', 'north', '--user', 'lea', '--role', 'lead'];
const POLICY = `${NOTES_POLICY}  lead: { tools: [query], tables: { note: {} } }
approvals:
  removals: { tools: [delete], approvers: { roles: [lead] } }
`;

describe('approvals', () => {
  let database: TestDatabase;
  let place: Workplace;
  beforeAll(async () => {
    database = await createDatabase(embeddedServer, { sql: NOTES_SQL });
    place = await workplace({ DATABASE_URL: database.url });
    await writeNotesPolicy(place, POLICY);
    await succeed(place, ['apply']);
  });
  afterAll(async () => {
    await database?.drop();
  });
  const remove = async (id: number, reason?: string): Promise<Record<string, unknown>> =>
    (
      await succeed(place, ['try', ...AS_AGENT], {
        input: JSON.stringify({
          tool: 'delete',
          input: { table: 'note', id },
          ...(reason === undefined ? {} : { reason }),
        }),
      })
    ).json();

  it('go from a call that waits to the call that is made', async () => {
    const { approval, decision } = await remove(1, 'asked \u202efor');
    expect(decision).toBe('pending');
    const id = String(approval);

    const listed = await succeed(place, ['approvals', 'list', '--state', 'pending', '--json', ...AS_LEAD]);
    expect(listed.lines()).toMatchObject([{ id, rule: 'removals', tool: 'delete', decidable: true }]);
    const shown = await succeed(place, ['approvals', 'show', id, ...AS_LEAD]);
    expect(shown.stdout).toContain('asked ‹U+202E›for');
    expect(shown.stdout).toContain('for ada (writer), by the agent desk');
    expect((await succeed(place, ['approvals', 'list', ...AS_LEAD])).stdout).toMatch(/0 of 1/);

    expect((await succeed(place, ['approvals', 'approve', id, ...AS_LEAD])).stdout).toBe('approved\n');
    expect(await remove(1, 'asked \u202efor')).toMatchObject({ decision: 'allowed' });
    expect((await succeed(place, ['approvals', 'show', id, '--json', ...AS_LEAD])).json()).toMatchObject({
      state: 'executed',
      input: null,
    });
    expect((await succeed(place, ['audit', 'show', '--decision', 'pending', '--json'])).lines()).toHaveLength(
      1,
    );
  });

  it('are denied with a reason that the agent is told', async () => {
    const id = String((await remove(2)).approval);
    const unsaid = await place.run(['approvals', 'deny', id, ...AS_LEAD]);
    expect(unsaid.exit).toBe(64);
    const denied = await succeed(place, [
      'approvals',
      'deny',
      id,
      '--reason',
      'still needed',
      '--json',
      ...AS_LEAD,
    ]);
    expect(denied.json()).toMatchObject({ id, state: 'denied' });
    expect(await remove(2)).toMatchObject({
      decision: 'denied',
      code: 'approval_denied',
      reason: 'It was not approved: "still needed".',
    });
  });

  it('end with 15 for whoever cannot decide them, and with 64 for nobody', async () => {
    await database.query("insert into note (id, org, body) values (50, 'north', 'more')");
    const id = String((await remove(50)).approval);
    for (const [args, code] of [
      [['approve', id, '--tenant', 'north', '--user', 'ada', '--role', 'lead'], 'approval_refused'],
      [['approve', id, '--tenant', 'south', '--user', 'lea', '--role', 'lead'], 'approval_unknown'],
      [['show', 'nothing', ...AS_LEAD], 'approval_unknown'],
    ] as const) {
      const run = await place.run(['approvals', ...args, '--json']);
      expect(run.exit).toBe(15);
      expect(run.json()).toMatchObject({ error: { code } });
    }
    expect((await place.run(['approvals', 'list'])).exit).toBe(64);
    expect((await place.run(['approvals', 'list', ...AS_LEAD, '--limit', '0'])).exit).toBe(64);
    await succeed(place, ['approvals', 'revoke', id, '--reason', 'tidy', ...AS_LEAD]);
    expect((await place.run(['approvals', 'approve', id, ...AS_LEAD])).exit).toBe(15);
  });

  it('are decided by the holder of a token with the scope for it', async () => {
    await database.query("insert into note (id, org, body) values (51, 'north', 'more')");
    await database.query(
      "insert into ringfence.membership (tenant, user_id, role) values ('north', 'lea', 'lead')",
    );
    const id = String((await remove(51)).approval);
    const secret = 'known to this test alone, and long enough for HS256 to take it';
    const sign = (scope: string) =>
      new SignJWT({ sub: 'lea', scope })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer('https://login.example.test/')
        .setAudience('notes')
        .setExpirationTime('5m')
        .sign(new TextEncoder().encode(secret));
    const env = {
      RINGFENCE_TOKEN_SECRET: secret,
      RINGFENCE_ISSUER: 'https://login.example.test/',
      RINGFENCE_AUDIENCE: 'notes',
    };
    const without = await place.run(['approvals', 'approve', id], {
      env: { ...env, RINGFENCE_TOKEN: await sign('ringfence:read ringfence:write') },
    });
    expect(without.exit).toBe(9);
    expect(without.stderr).toContain('ringfence:approve');
    const both = await place.run(['approvals', 'approve', id, ...AS_LEAD], {
      env: { ...env, RINGFENCE_TOKEN: await sign('ringfence:approve') },
    });
    expect(both.exit).toBe(64);
    const run = await place.run(['approvals', 'approve', id], {
      env: { ...env, RINGFENCE_TOKEN: await sign('ringfence:approve') },
    });
    expect([run.exit, run.stdout]).toEqual([0, 'approved\n']);
  });
});
