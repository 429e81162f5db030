/** What the parts of the story are given: the stage, the script, and the people whose agents appear. */
import type { Boundary } from '../boundary/boundary.js';
import type { Script } from './script.js';
import type { Stage } from './stage.js';
import { OURS, THEIRS } from './tenants.js';

/** Rows that the story speaks of, by id. */
export interface Cast {
  /** Ada's agent: support at Northstar Dental, at the front desk. */
  readonly ada: Boundary;
  /** Ben's agent: team lead at Northstar Dental. */
  readonly ben: Boundary;
  /** Cleo's agent: support at Northstar Design, at a front desk of the same name. */
  readonly cleo: Boundary;
  readonly ours: Ids;
  readonly theirs: Ids;
}

/** Some rows of one tenant. */
interface Ids {
  readonly ticket: number;
  /** The ticket of ours that refers to a contact of theirs by the product's mistake; of theirs, just their last. */
  readonly lastTicket: number;
  readonly note: number;
  readonly contact: number;
  readonly invoice: number;
  readonly line: number;
  readonly workspaceNote: number;
  /** A note of the other workspace. */
  readonly otherWorkspaceNote: number;
}

export interface Act {
  readonly title: string;
  readonly about: string;
  play(stage: Stage, script: Script, cast: Cast): Promise<void>;
}

/** Signs everybody in, each with a token of their own, and looks up the ids. */
export async function gatherCast(stage: Stage): Promise<Cast> {
  return {
    ada: await boundaryOf(stage, 'ada'),
    ben: await boundaryOf(stage, 'ben'),
    cleo: await boundaryOf(stage, 'cleo'),
    ours: await idsOf(stage, OURS),
    theirs: await idsOf(stage, THEIRS),
  };
}

async function boundaryOf({ ringfence, signIn }: Stage, user: string): Promise<Boundary> {
  const principal = await signIn.verify(await signIn.token({ user }));
  return ringfence.boundaryFor(principal, { actor: { kind: 'agent', id: 'support-desk' } });
}

async function idsOf({ superuser }: Stage, tenant: string): Promise<Ids> {
  const { rows } = await superuser.query(
    `select
       (select min(id) from public.ticket where organization_id = $1) as ticket,
       (select max(id) from public.ticket where organization_id = $1) as "lastTicket",
       (select min(n.id) from public.ticket_note n join public.ticket t on t.id = n.ticket_id where t.organization_id = $1) as note,
       (select min(id) from public.contact where organization_id = $1) as contact,
       (select min(id) from public.invoice where organization_id = $1) as invoice,
       (select min(l.id) from public.invoice_line l join public.invoice i on i.id = l.invoice_id where i.organization_id = $1) as line,
       (select min(id) from public.workspace_note where organization_id = $1 and workspace = 'front-desk') as "workspaceNote",
       (select min(id) from public.workspace_note where organization_id = $1 and workspace = 'back-office') as "otherWorkspaceNote"`,
    [tenant],
  );
  return rows[0] as unknown as Ids;
}
