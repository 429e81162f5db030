/**
 * What the comparison can see. Each of these databases is broken in one place, as a defect of ours or an operator's hand might break it;
 * a comparison that finds nothing there would find nothing anywhere.
 */
import { describe, expect, it, vi } from 'vitest';
import { runField } from '../../equivalence/field.js';
import type { Stage } from '../../equivalence/stage.js';
import type { Tally } from '../../equivalence/tally.js';
import type { World } from '../../equivalence/world.js';
import { lookalike } from '../../equivalence/worlds/lookalike.js';
import { embeddedServer as server } from '../support/test-server.js';

// A machine that does other things besides.
vi.setConfig({ testTimeout: 240_000 });

interface Fault {
  readonly what: string;
  readonly role: string;
  /** Run on the shared database once it is governed. */
  readonly sql?: string;
  /** Replaced in the policy. */
  readonly policy?: readonly [written: string, instead: string];
}

const FAULTS: readonly Fault[] = [
  {
    what: 'a table that is said to be shared and is not',
    role: 'masked',
    policy: ['client:  { tenant: { column: org } }', 'client:  { tenant: shared }'],
  },
  {
    what: 'a table without row security, under a view that takes every row for the tenant’s',
    role: 'plain',
    sql: `alter table desk.event disable row level security;
      create or replace view slice_plain.event (org, kind, at, amount, data) as
      select (select ringfence.tenant('plain')), t.kind, t.at, t.amount, t.data from desk.event t`,
  },
  {
    what: 'a mask that is gone',
    role: 'masked',
    sql: `create or replace view slice_masked.project (id, org, client, name, budget, starts, level) as
      select t.id, t.org, t.client, t.name, t.budget, t.starts, t.level from desk.project t`,
  },
  {
    what: 'a view that loses rows with a null',
    role: 'plain',
    sql: `create or replace view slice_plain.task (id, project_id, title, hours, done, due, labels) as
      select t.id, t.project_id, t.title, t.hours, t.done, t.due, t.labels from desk.task t where t.hours <> -1`,
  },
  {
    what: 'a view that loses what is there twice',
    role: 'plain',
    sql: `create or replace view slice_plain.event (org, kind, at, amount, data) as
      select distinct t.org, t.kind, t.at, t.amount, t.data from desk.event t`,
  },
  {
    what: 'one row of another tenant’s',
    role: 'plain',
    sql: `alter table desk.note disable row level security;
      create or replace view slice_plain.note (id, org, room, author, body, at, pinned, stars) as
      select t.id, case t.id when 6 then 'acme' else t.org end, t.room, t.author, t.body, t.at, t.pinned, t.stars from desk.note t`,
  },
  {
    what: 'a row rule that is gone',
    role: 'ruled',
    policy: ['project: { rows: { owner: { ne: nobody } } }', 'project: {}'],
  },
];

/** The world from one place, broken or not. */
const from = (role: string): World => ({
  ...lookalike,
  places: lookalike.places.filter((place) => place.role === role).slice(0, 1),
});

describe('the comparison', () => {
  const run = async (fault: Fault): Promise<Tally> =>
    runField(from(fault.role), await server.address(), {
      lanes: 3,
      seed: 7,
      from: 0,
      to: 400,
      server: server.major,
      enough: 1,
      ...(fault.policy === undefined ? {} : { policy: replaced(...fault.policy) }),
      ...(fault.sql === undefined
        ? {}
        : { prepare: (stage: Stage) => stage.admin.query(fault.sql ?? '').then() }),
    });

  it.each(FAULTS)('finds $what, and says it shortly', async (fault) => {
    const { found } = await run(fault);
    expect(found).toHaveLength(1);
    const [{ shrunk, asked, difference } = { shrunk: '', asked: '', difference: null }] = found;
    expect(difference).toMatchObject({ kind: 'different' });
    expect(shrunk.length, shrunk).toBeLessThan(160);
    expect(shrunk.length).toBeLessThanOrEqual(asked.length);
  });
});

function replaced(written: string, instead: string): string {
  const policy = lookalike.policy.replace(written, instead);
  expect(policy).not.toBe(lookalike.policy);
  return policy;
}
