import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trustedBoundary } from '../../src/boundary/resolve.js';
import { gatherCast } from '../../src/demo/acts.js';
import { collectCanaries, type OwnedRow } from '../../src/demo/canaries.js';
import { countAltered, everythingHeld } from '../../src/demo/run.js';
import { Script } from '../../src/demo/script.js';
import { type Stage, setStage } from '../../src/demo/stage.js';
import { OURS, THEIRS } from '../../src/demo/tenants.js';
import type { Decision } from '../../src/tools/decision.js';
import { demoDirectory } from './support/demo-program.js';

const ROWS: readonly OwnedRow[] = [
  {
    table: 'note',
    tenant: OURS,
    row: { id: 1, body: 'three days without an answer', status: 'pending', secret: 'hunter-2' },
  },
  { table: 'note', tenant: OURS, row: { id: 2, body: 'a competitor was asked', workspace: 'back-office' } },
  {
    table: 'note',
    tenant: THEIRS,
    row: { id: 3, body: 'three "new" seats', status: 'pending', total: 7310.4 },
  },
];
const HIDDEN = { columns: new Set(['note.secret']), texts: ['+1 555 014 2231'] };
const silent = {
  tell: async () => undefined,
  progress: () => undefined,
  paint: (_style: unknown, text: string) => text,
};

describe('canaries', () => {
  const canaries = collectCanaries(ROWS, HIDDEN);
  const ada = { tenant: OURS, workspace: 'front-desk' };

  it.each([
    ['a value of another tenant', { rows: [{ body: 'three "new" seats' }] }, ['three "new" seats']],
    ['one inside a message', { reason: 'Duplicate of three "new" seats.' }, ['three "new" seats']],
    ['an amount of another tenant', { rows: [{ total: '7310.40' }] }, ['7310.40']],
    ['a hidden column of its own', { rows: [{ anything: 'hunter-2' }] }, ['hunter-2']],
    ['personal data in a text', { rows: [{ body: 'call +1 555 014 2231 today' }] }, ['+1 555 014 2231']],
    [
      'a note of another workspace',
      { rows: [{ deep: { er: 'a competitor was asked' } }] },
      ['a competitor was asked'],
    ],
  ])('find %s', (_what, answer, found) => {
    expect(canaries.foundIn(answer, ada)).toEqual(found);
  });

  it('leave alone what the reader may see, and what both tenants have', () => {
    expect(canaries.foundIn({ rows: [ROWS[0]?.row.body, 'pending'] }, ada)).toEqual([]);
    expect(canaries.foundIn(ROWS[1]?.row.body, { tenant: OURS, workspace: 'back-office' })).toEqual([]);
    expect(canaries.foundIn(ROWS[2]?.row.body, { tenant: THEIRS, workspace: null })).toEqual([]);
  });
});

describe('the script', () => {
  const boundary = trustedBoundary({
    tenant: OURS,
    user: 'ada',
    role: 'support',
    actor: { kind: 'agent', id: 'desk' },
    policy: { hash: 'sha256:0', roles: new Set(['support']) },
  });
  const answering = (rows: Readonly<Record<string, unknown>>[]): Script => {
    const answer: Decision = { decision: 'allowed', rule: 'r', rows, truncated: false, event: 'e', ms: 1 };
    return new Script(silent, { call: async () => answer }, collectCanaries(ROWS, HIDDEN));
  };
  const call = { what: 'asks', tool: 'query', input: {}, as: boundary, expect: 'rows' } as const;

  it('counts an answer that leaks once, however much it leaks, and calls it a surprise', async () => {
    const script = answering([ROWS[2]?.row ?? {}, { total: '7310.40' }]);
    await script.call(call);
    expect(script.tally).toMatchObject({
      calls: 1,
      allowed: 1,
      leaks: 1,
      surprises: [expect.stringContaining('asks')],
    });
  });

  it('counts no leak where there is none', async () => {
    const script = answering([{ body: 'three days without an answer' }]);
    await script.call(call);
    expect(script.tally).toMatchObject({ calls: 1, allowed: 1, leaks: 0, surprises: [] });
  });

  it('takes an answer that is not the expected one for a surprise', async () => {
    const script = answering([]);
    await script.call(call);
    expect(script.tally.surprises).toEqual(['asks: nothing, not rows']);
  });
});

describe('a result', () => {
  const good = {
    calls: 1,
    allowed: 1,
    denied: 0,
    failed: 0,
    leaks: 0,
    recorded: 1,
    outside: { tried: 0, held: 0 },
    surprises: [],
    canaries: 1,
    altered: 0,
    ledger: { verdict: 'intact', events: 1, streams: 1 },
    ms: 1,
  } as const;

  it.each([
    ['a leak', { leaks: 1 }],
    ['an altered row', { altered: 1 }],
    ['a surprise', { surprises: ['x'] }],
    ['a ledger that lacks an event', { ledger: { verdict: 'incomplete', events: 0, streams: 1 } }],
    ['a ledger that was tampered with', { ledger: { verdict: 'tampered', events: 1, streams: 1 } }],
  ] as const)('does not hold with %s', (_what, fault) => {
    expect(everythingHeld(good)).toBe(true);
    expect(everythingHeld({ ...good, ...fault })).toBe(false);
  });
});

describe('on a sabotaged database', () => {
  let stage: Stage;
  let before: OwnedRow[];
  beforeAll(async () => {
    stage = await setStage({
      dataDir: join(await demoDirectory(), 'postgres'),
      listener: silent,
      signal: new AbortController().signal,
    });
    before = await stage.ownedRows();
  });
  afterAll(async () => {
    await stage.close();
  });

  it('a leak through every layer is counted', async () => {
    const { ada } = await gatherCast(stage);
    const script = new Script(
      silent,
      stage.ringfence,
      collectCanaries(before, { columns: new Set(), texts: [] }),
    );
    const call = {
      what: 'asks',
      tool: 'query',
      input: { table: 'organization', columns: ['name'] },
      as: ada,
      expect: 'rows',
    } as const;
    await script.call(call);
    expect(script.tally.leaks).toBe(0);
    // A view that calls every row Northstar Dental's, and no row-level security beneath it.
    await stage.superuser.query('alter table public.organization disable row level security');
    await stage.superuser.query(
      `create or replace view slice_support.organization as
       select '${OURS}'::text as id, name, plan, seats, renews_on, outlook from public.organization`,
    );
    await script.call(call);
    expect(script.tally).toMatchObject({ leaks: 1, surprises: [expect.stringContaining('saw ')] });
  });

  it('a row of another tenant that was altered is counted, and one of its own is not', async () => {
    await stage.superuser.query(`update public.ticket set status = 'waiting' where organization_id = $1`, [
      OURS,
    ]);
    expect(countAltered(before, await stage.ownedRows())).toBe(0);
    await stage.superuser.query(`update public.organization set seats = seats + 1 where id = $1`, [THEIRS]);
    expect(countAltered(before, await stage.ownedRows())).toBe(1);
  });
});
