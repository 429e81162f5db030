/** The help desk, governed, with everything that an attack on it is judged by. */
import type pg from 'pg';
import { expect } from 'vitest';
import type { TrustedBoundaryFields } from '../../../src/boundary/resolve.js';
import type { OperatorEntry } from '../../../src/operator-log.js';
import type { CallOptions, Decision } from '../../../src/tools/decision.js';
import { createDatabase, type Login, type TestDatabase } from '../../support/database.js';
import { type Governed, govern } from '../../support/governed.js';
import type { TestServer } from '../../support/test-server.js';
import { DENTAL, DESK_POLICY, deskTemplate, PRODUCT_GRANTS } from './desk-schema.js';

export type Who = Partial<Omit<TrustedBoundaryFields, 'policy'>>;

/** What an attack on the governed path must come to. */
export interface Outcome {
  readonly decision: Decision['decision'];
  readonly code?: string;
  /** Rows of an allowed answer, where the attack gets an answer at all. */
  readonly rows?: unknown;
}

export interface Desk {
  readonly database: TestDatabase;
  readonly governed: Governed;
  /** The product's login: no superuser, no owner, and no boundary. */
  readonly product: Login;
  readonly operatorLog: readonly OperatorEntry[];
  /** Work on the raw path, as the product's login, taken back at the end. */
  raw<T>(work: (client: pg.Client) => Promise<T>): Promise<T>;
  /**
   * A call as Northstar Dental's support agent, user `u1` at the front desk. Fails where the answer or its event holds a canary, a row
   * of Northstar Design's changed, or the ledger has no event that tells of this decision.
   */
  attack(
    tool: string,
    input: unknown,
    expected?: Outcome,
    options?: { who?: Who; call?: CallOptions },
  ): Promise<Decision>;
  /** Every row of Design's and every row version of it, as text. */
  designRows(): Promise<string>;
  drop(): Promise<void>;
}

/** Whose rows they are, in every table that holds any. */
const DESIGN_ROWS = `
select string_agg(line, E'\\n' order by line) as rows from (
  select 'organization ' || xmin || t::text from organization t where id = 'northstar-design'
  union all select 'contact ' || xmin || t::text from contact t where org_id = 'northstar-design'
  union all select 'ticket ' || xmin || t::text from ticket t where org_id = 'northstar-design'
  union all select 'note ' || n.xmin || n::text from ticket_note n join ticket t on t.id = n.ticket_id where t.org_id = 'northstar-design'
  union all select 'attachment ' || a.xmin || a::text from attachment a join ticket_note n on n.id = a.note_id
    join ticket t on t.id = n.ticket_id where t.org_id = 'northstar-design'
  union all select 'memo ' || xmin || t::text from memo t where org_id = 'northstar-design'
  union all select 'coupon ' || xmin || t::text from coupon t where org_id = 'northstar-design'
  union all select 'redemption ' || xmin || t::text from redemption t where org_id = 'northstar-design'
  union all select 'account ' || xmin || t::text from account t where org_id = 'northstar-design'
  union all select 'activity ' || count(*) || max(xmin::text) || md5(string_agg(t::text, ',' order by id)) from activity t where org_id = 'northstar-design'
  union all select 'reading ' || t::text from reading t where org_id = 'northstar-design'
  union all select 'payroll ' || xmin || t::text from payroll t
  union all select 'plan ' || xmin || t::text from plan t
) of_design (line)`;

export async function openDesk(server: TestServer, policy: string = DESK_POLICY): Promise<Desk> {
  const database = await createDatabase(server, { template: deskTemplate });
  const product = await database.createLogin({ prefix: 'product', sql: PRODUCT_GRANTS });
  const operatorLog: OperatorEntry[] = [];
  const governed = await govern(database, policy, { onOperatorEvent: (entry) => operatorLog.push(entry) });

  const designRows = async (): Promise<string> =>
    (await database.query<{ rows: string }>(DESIGN_ROWS))[0]?.rows ?? '';
  const attack: Desk['attack'] = async (tool, input, expected, options = {}) => {
    const before = await designRows();
    const who = { tenant: DENTAL, workspace: 'front-desk', ...options.who };
    const decision = await governed.call(who, tool, input, options.call);
    const shown = `${tool} ${JSON.stringify(input)} gave ${JSON.stringify(decision)}`;
    expect(canariesIn(decision), shown).toEqual([]);
    expect(await designRows(), shown).toBe(before);
    if (expected !== undefined) expect(decision, shown).toMatchObject(expected);
    const event = await recordedEvent(database, decision.event);
    expect(event, shown).toMatchObject({ action: tool, decision: { effect: decision.decision } });
    if ('code' in decision && decision.decision !== 'allowed') {
      expect(event, shown).toMatchObject({ decision: { code: decision.code } });
    }
    expect(JSON.stringify(event), shown).not.toMatch(CANARY_WORDS);
    return decision;
  };

  return {
    database,
    governed,
    product,
    operatorLog,
    attack,
    designRows,
    raw: async (work) => {
      const client = await database.connect(product);
      try {
        await client.query('begin');
        return await work(client);
      } finally {
        await client.query('rollback');
        await client.end();
      }
    },
    drop: async () => {
      await governed.close();
      await database.drop();
    },
  };
}

const CANARY_WORDS = /zephyr|umbr[ai]/i;
/** Words, ids, amounts and days of Design's, and amounts of Dental's that are denied. */
const CANARIES = /zephyr|umbr[ai]|\b7[0-9]{3}\b|70931|88123|88231|04-18|07-23|11-02/gi;

/** What an answer holds that it must not, wherever in it; what a cursor holds included. */
export function canariesIn(answer: unknown): readonly string[] {
  const { event: _, ms: __, ...said } = (answer ?? {}) as Record<string, unknown>;
  const carried =
    typeof said.nextCursor === 'string'
      ? Buffer.from(said.nextCursor.split('.')[1] ?? '', 'base64url').toString()
      : '';
  return [...`${JSON.stringify(said)} ${carried}`.matchAll(CANARIES)].map(([found]) => found);
}

/** The event of a decision, pending or chained. */
async function recordedEvent(
  database: TestDatabase,
  id: string,
): Promise<Record<string, unknown> | undefined> {
  const [found] = await database.query<{ event: Record<string, unknown> }>(
    `select body::jsonb as event from ringfence.event_pending where id = $1
     union all select convert_from(leaf, 'UTF8')::jsonb -> 'event' from ringfence.leaf where event_id = $1`,
    [id],
  );
  return found?.event;
}
