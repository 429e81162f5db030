/**
 * The demo: two customers of one product that are easily taken for each other, and an agent of one of them that does its work and
 * then everything it should not. Nothing is staged but the script: every line is a call that was made and an answer that came.
 */
import { OPERATOR_LOG } from '../ledger/make-checkpoint.js';
import { verifyLedger } from '../ledger/read.js';
import type { StreamVerdict } from '../ledger/verify.js';
import { type Act, gatherCast } from './acts.js';
import { collectCanaries, type OwnedRow } from './canaries.js';
import { craftedInput } from './crafted-input.js';
import { falseIdentity } from './false-identity.js';
import { foreignReads, foreignWrites } from './foreign-rows.js';
import { hiddenColumns } from './hidden-columns.js';
import { honestWork } from './honest-work.js';
import { POLICY } from './policy.js';
import { Script, type Tally } from './script.js';
import { type Stage, setStage } from './stage.js';
import { stolenLogin } from './stolen-login.js';
import { columnNames, heading, type Listener, paragraph, tableLines, WITHOUT } from './story.js';
import { tampering } from './tampering.js';
import { OURS, PERSONAL_TEXTS, TENANTS } from './tenants.js';

const ACTS: readonly Act[] = [
  honestWork,
  foreignReads,
  foreignWrites,
  hiddenColumns,
  craftedInput,
  falseIdentity,
  stolenLogin,
  tampering,
];

/** Columns that the policy denies or masks for everybody. */
const HIDDEN_COLUMNS = new Set([
  'organization.api_token',
  'contact.portal_password',
  'contact.email',
  'contact.phone',
]);

/** How the whole ledger verifies. */
export interface LedgerVerdict {
  readonly verdict: Exclude<StreamVerdict['verdict'], 'empty'> | 'incomplete';
  readonly events: number;
  readonly streams: number;
}

/** What came of the demo. */
export interface DemoResult extends Tally {
  /** Values that were looked for in each answer to the agent. */
  readonly canaries: number;
  /** Rows of other tenants that are not what they were. */
  readonly altered: number;
  readonly ledger: LedgerVerdict;
  readonly ms: number;
}

export interface DemoOptions {
  /** Where the demo's PostgreSQL keeps its data. */
  readonly dataDir: string;
  readonly listener: Listener;
  /** Aborted where somebody has seen enough: the demo stops its server and throws the reason. */
  readonly signal: AbortSignal;
}

/** Whether everything held: nothing leaked, nothing altered, every attempt came to nothing, the ledger whole. */
export function everythingHeld({ leaks, altered, surprises, ledger }: DemoResult): boolean {
  return leaks === 0 && altered === 0 && surprises.length === 0 && ledger.verdict === 'intact';
}

/**
 * Runs the demo from start to end.
 * @throws {RingfenceError} `server_failed` and other reasons why there can be no database.
 */
export async function runDemo({ dataDir, listener, signal }: DemoOptions): Promise<DemoResult> {
  const startedAt = performance.now();
  const stage = await setStage({ dataDir, listener, signal });
  try {
    await introduce(stage, listener);
    const before = await stage.ownedRows();
    const canaries = collectCanaries(before, { columns: HIDDEN_COLUMNS, texts: PERSONAL_TEXTS });
    const script = new Script(listener, stage.ringfence, canaries);
    const cast = await gatherCast(stage);
    for (const act of ACTS) {
      signal.throwIfAborted();
      for (const line of heading(listener, act.title, act.about)) await listener.tell(line);
      await listener.tell(columnNames(listener));
      await act.play(stage, script, cast);
    }
    const { tally } = script;
    return {
      ...tally,
      canaries: canaries.count(cast.ada),
      altered: countAltered(before, await stage.ownedRows()),
      ledger: await verifyAll(stage, tally.recorded),
      ms: Math.round(performance.now() - startedAt),
    };
  } finally {
    await stage.close();
  }
}

async function introduce({ server, steps, superuser }: Stage, listener: Listener): Promise<void> {
  const { rows } = await superuser.query(
    `select name, to_char(renews_on, 'FMMonth FMDD') as renews, outlook from public.organization order by id <> $1, name like 'Northstar%' desc, id`,
    [OURS],
  );
  const shown = rows.map((row) => ({
    customer: String(row.name),
    renews: String(row.renews),
    outlook: String(row.outlook),
  }));
  const lines = [
    '',
    listener.paint(
      'bold',
      '  Ringfence: an agent may do anything inside its boundary, and nothing outside it.',
    ),
    '',
    ...paragraph(
      `A help desk keeps ${TENANTS.length} customers in shared tables on PostgreSQL ${server.version}. Two are easily mixed up:`,
    ),
    '',
    ...tableLines(listener, shown),
    '',
    ...paragraph(
      `One policy file of ${POLICY.trim().split('\n').length} lines became roles, views, masks and row-level security: ${steps} steps, one transaction. ` +
        `The product was not changed. Its own login reads and writes what it always did, as the lines "${WITHOUT}" show: they put the same wish in plain SQL, with that login.`,
    ),
  ];
  for (const line of lines) await listener.tell(line);
}

/** Rows of other tenants that differ from before, or are new, or gone. */
export function countAltered(before: readonly OwnedRow[], after: readonly OwnedRow[]): number {
  const others = (rows: readonly OwnedRow[]): Set<string> =>
    new Set(rows.filter(({ tenant }) => tenant !== OURS).map((row) => JSON.stringify(row)));
  const [was, is] = [others(before), others(after)];
  const gone = [...was].filter((row) => !is.has(row)).length;
  const come = [...is].filter((row) => !was.has(row)).length;
  return Math.max(gone, come);
}

/** Verifies every stream, and the number of events against the calls that were made. */
async function verifyAll({ ringfence, superuser }: Stage, calls: number): Promise<LedgerVerdict> {
  await ringfence.sequence();
  let events = 0;
  let streams = 0;
  let verdict: LedgerVerdict['verdict'] = 'intact';
  for await (const stream of verifyLedger(superuser)) {
    if (stream.log === OPERATOR_LOG && stream.verdict === 'intact') continue;
    streams += 1;
    if (stream.verdict === 'intact') events += stream.events;
    else if (stream.verdict !== 'empty') verdict = stream.verdict;
  }
  return { verdict: verdict === 'intact' && events !== calls ? 'incomplete' : verdict, events, streams };
}
