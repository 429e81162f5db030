/** What probes stand on: the gate, whose boundaries they open, and what is known of the rows. */
import { rulesFor } from '../../approvals/matching.js';
import type { Boundary } from '../../boundary/boundary.js';
import type { Catalog } from '../../policy/catalog.js';
import type { ApprovalRule, CompiledPolicy, CompiledRole, SliceTable } from '../../policy/compiled.js';
import type { Ringfence } from '../../ringfence.js';
import type { ListedTool } from '../../tools/data-tools.js';
import type { OwnTool } from '../../tools/define-tool.js';
import type { Knowledge, Sides } from './knowledge.js';
import type { LedgerReading } from './ledger-reading.js';
import type { Side } from './side.js';

/** The part of Ringfence that probes use: its one gate, and the word by which they take back what they asked for there. */
export type Probed = Pick<
  Ringfence,
  'policy' | 'trustedBoundary' | 'call' | 'approvals' | 'sequence' | 'catalogue'
>;

export interface Ground extends Sides {
  readonly ringfence: Probed;
  readonly policy: CompiledPolicy;
  /** What the database looks like: names and sizes, hidden columns among them. */
  readonly catalog: Catalog;
  readonly knowledge: Knowledge;
  /** The product's own tools, as their code defines them; those that the policy names and nobody gave are not here. */
  readonly ownTools: readonly OwnTool[];
  /** Whether tools that write may be run for real: among planted rows only. */
  readonly planted: boolean;
  /** Texts that must never be seen on our side, whatever brings them: the canaries of planted rows. */
  readonly canaries: readonly string[];
  /** Lines that look like orders, in SQL and in prose. */
  readonly lines: readonly string[];
  /** The ledger, where an administrator can read it; otherwise why not. */
  readonly ledger: LedgerReading | string;
  /** The run, as the ledger knows it. */
  readonly runId: string;
  readonly traceId: string;
}

/** A boundary of one side, in one role. */
export function boundaryOf({ ringfence, runId, traceId }: Ground, side: Side, role: string): Boundary {
  return ringfence.trustedBoundary({
    tenant: side.tenant,
    workspace: side.workspace,
    user: side.user,
    role,
    actor: { kind: 'operator', id: 'ringfence probe' },
    runId,
    traceId,
  });
}

/** The roles that have a tool, with the tables that each sees. */
export function rolesWith(policy: CompiledPolicy, tool: string): readonly CompiledRole[] {
  return [...policy.roles.values()].filter(({ tools }) => tools.has(tool));
}

/** Each role that has a tool, with each of its tables. */
export function tablesWith(
  policy: CompiledPolicy,
  tool: string,
): readonly { readonly role: CompiledRole; readonly table: SliceTable }[] {
  return rolesWith(policy, tool).flatMap((role) =>
    [...role.tables.values()].map((table) => ({ role, table })),
  );
}

export type WritingTool = 'create' | 'update' | 'delete';

/** Whether a role may write a table by a tool at all. */
export function mayWrite({ write }: SliceTable, tool: WritingTool): boolean {
  return tool === 'delete' ? write.delete : write[tool] !== null;
}

/** The rules under `approvals` that a tool of the product's own waits for: called for real, it would ask people, and its code does not run dry either. */
export function rulesOfOwn(
  { approvals }: Pick<CompiledPolicy, 'approvals'>,
  role: CompiledRole,
  { name }: OwnTool,
): readonly ApprovalRule[] {
  return rulesFor(approvals, { tool: name, role: role.name, written: null });
}

/** How a tool is told to models. */
export function listed({ ringfence }: Ground, name: string): ListedTool | undefined {
  return ringfence.catalogue.find((tool) => tool.name === name);
}
