import { rulesFor } from '../../../approvals/matching.js';
import { within } from '../../../boundary/propagation.js';
import { RingfenceError } from '../../../errors.js';
import type { ApprovalRule, CompiledRole, SliceTable } from '../../../policy/compiled.js';
import { ruleOf } from '../../../tools/approval-answers.js';
import type { OwnTool } from '../../../tools/define-tool.js';
import { type Attempt, codeOf, type Made } from '../attempt.js';
import type { Probe, ProbeCase } from '../contract.js';
import { idOf } from '../forge.js';
import { boundaryOf, type Ground, listed, rolesWith, rulesOfOwn, type WritingTool } from '../ground.js';
import { asType, inputFor } from '../input-from-schema.js';
import type { KnownRow } from '../knowledge.js';
import { changesOf, newRows, settable, type Values } from '../writable-values.js';

const WRITES: readonly WritingTool[] = ['create', 'update', 'delete'];
/** Rows of ours that are tried, and inputs in all: not every row may be deleted, and not every value fits a check. */
const ROWS = 4;
const TRIED = 12;

/** Calls that wait for people. Tried dry, so that nobody is asked; among planted rows also for real, and what was asked is revoked. */
export const approvals: Probe = {
  id: 'approvals',
  title: 'calls that a rule under approvals names, made without anybody’s approval',
  advice:
    'The gate that answered does not ask under this policy: look at which version of Ringfence runs, and restart it. "ringfence plan" tells whether the policy is the one that was applied.',
  none: 'no rule of the policy makes a call wait, or only such as tools of the product’s own make: --tools was not given',
  cases: (ground) => [...writeCases(ground), ...ground.ownTools.flatMap((tool) => ownCases(ground, tool))],
};

function writeCases({ policy }: Ground): readonly ProbeCase[] {
  return WRITES.flatMap((tool) =>
    rolesWith(policy, tool).flatMap((role) =>
      [...role.tables.values()].flatMap((table) =>
        rulesOn(policy.approvals, role, table, tool).map((rule) => ({
          subject: { role: role.name, tool, table: table.name, rule: rule.name },
          run: (attempt: Attempt) => write(attempt, role, table, tool, rule),
        })),
      ),
    ),
  );
}

/** The rules that some call of the tool on the table waits for. */
function rulesOn(
  rules: readonly ApprovalRule[],
  role: CompiledRole,
  table: SliceTable,
  tool: WritingTool,
): readonly ApprovalRule[] {
  const columns = tool === 'delete' ? null : settable(table, tool).map(({ name }) => name);
  if (tool === 'delete' ? !table.write.delete : columns?.length === 0) return [];
  return rulesFor(rules, { tool, role: role.name, written: { table: table.name, columns } });
}

async function write(
  attempt: Attempt,
  role: CompiledRole,
  table: SliceTable,
  tool: WritingTool,
  rule: ApprovalRule,
): Promise<void> {
  const { ground } = attempt;
  const { ours, unread } = await ground.knowledge.table(role.name, table);
  if (unread !== undefined) attempt.skip(unread);
  const why = `A probe of approvals (${rule.name}, ${ground.runId}): this must wait, and is revoked.`;
  let answer = '';
  for (const { input, row } of inputsFor(ground, table, tool, rule, ours).slice(0, TRIED)) {
    const asking = {
      role: role.name,
      tool,
      input: { table: table.name, ...input, reason: why },
      tables: [table],
    };
    const made = await attempt.call({ ...asking, options: { dry: true } });
    if (made.decision?.decision === 'pending') {
      attempt.fault('A dry run asked people for their approval.', made);
      await revoke(attempt, made, why);
      return;
    }
    answer = codeOf(made);
    if (made.decision?.decision !== 'allowed') continue;
    const values = input.values === undefined ? null : Object.keys(input.values);
    const expected = rulesFor(ground.policy.approvals, {
      tool,
      role: role.name,
      written: { table: table.name, columns: values },
    });
    const told = made.decision.needsApproval ?? [];
    const missing = expected.filter(({ name }) => !told.includes(name));
    if (missing.length > 0)
      attempt.fault(`A call that waits for ${missing.map(ruleOf).join(', ')} did not say so.`, made);
    // Should it be made, a row that is new would be in no journal: only rows that are there are tried for real.
    else if (ground.planted && row !== null) await forReal(attempt, role, table, row, asking);
    return;
  }
  attempt.skip(
    answer === ''
      ? 'there is no row of ours with a key of its own, or no value for it'
      : `no call could be made that the database takes: ${answer}`,
  );
}

interface Tried {
  readonly input: { readonly id?: unknown; readonly values?: Values };
  /** The row that is written; null for one that is new. */
  readonly row: KnownRow | null;
}

function inputsFor(
  { catalog }: Ground,
  table: SliceTable,
  tool: WritingTool,
  { columns }: ApprovalRule,
  ours: readonly KnownRow[],
): readonly Tried[] {
  const keyed = table.primaryKey.length === 0 ? [] : ours.filter(({ key }) => key !== null).slice(0, ROWS);
  if (tool === 'delete') return keyed.map((row) => ({ input: { id: idOf(table, row) }, row }));
  const named = columns?.get(table.name);
  const among = settable(table, tool).filter(({ name }) => columns === null || named?.has(name) === true);
  if (tool === 'update')
    return keyed.flatMap((row) =>
      changesOf(table, among, row).map((values) => ({ input: { id: idOf(table, row), values }, row })),
    );
  const source = catalog.tables.find(({ schema, name }) => schema === table.schema && name === table.table);
  return newRows(table, source, among, ours.slice(0, ROWS)).map((values) => ({
    input: { values },
    row: null,
  }));
}

/** The call itself, on a planted row: it is asked for, nothing of it is done, and what was asked is revoked. */
async function forReal(
  attempt: Attempt,
  role: CompiledRole,
  table: SliceTable,
  row: KnownRow,
  asking: { readonly role: string; readonly tool: string; readonly input: { readonly reason: string } },
): Promise<void> {
  const { knowledge } = attempt.ground;
  const before = await knowledge.version(role.name, table, row);
  const made = await attempt.call({ ...asking, tables: [table] });
  try {
    if (made.decision?.decision !== 'pending')
      attempt.fault(`A call that waits for people came to ${codeOf(made)}.`, made);
    if (before !== null && (await knowledge.version(role.name, table, row)) !== before)
      attempt.fault('The row is another than before the call, which nobody has approved.', made);
  } finally {
    await revoke(attempt, made, asking.input.reason);
  }
}

/** Leaves nothing open: a call that matches several rules has asked for each. */
async function revoke(attempt: Attempt, made: Made, why: string): Promise<void> {
  const { ground } = attempt;
  const { ringfence, ours } = ground;
  try {
    await within(boundaryOf(ground, ours, made.role), async () => {
      const waiting = await ringfence.approvals.list({ state: 'pending', limit: 500 });
      const asked = waiting.filter(
        ({ input }) => (input as { readonly reason?: unknown } | null)?.reason === why,
      );
      for (const { id } of asked)
        await ringfence.approvals.revoke(id, { reason: 'A probe has seen that it waits.' });
    });
  } catch (error) {
    if (!(error instanceof RingfenceError)) throw error;
    attempt.fault(
      `What the probe asked for is left open until its deadline: revoking it came to ${error.code}.`,
      made,
    );
  }
}

function ownCases({ policy }: Ground, tool: OwnTool): readonly ProbeCase[] {
  return rolesWith(policy, tool.name).flatMap((role) => {
    const [rule] = rulesOfOwn(policy, role, tool);
    return rule === undefined
      ? []
      : [
          {
            subject: { role: role.name, tool: tool.name, rule: rule.name },
            run: (attempt: Attempt) => own(attempt, role, tool, rule),
          },
        ];
  });
}

/** The code of a tool that waits does not run, not even to be taken back: a dry call is refused by the rule. */
async function own(attempt: Attempt, role: CompiledRole, tool: OwnTool, rule: ApprovalRule): Promise<void> {
  if (tool.effect === 'external') attempt.skip('it acts outside of the database, so it is never tried');
  const schema = listed(attempt.ground, tool.name)?.inputSchema;
  if (schema === undefined)
    attempt.skip('its definition is not the one that the policy accepted, so it is not served');
  const ids = new Map<string, unknown>();
  for (const [path, name] of Object.entries(tool.inBoundary)) {
    const table = role.tables.get(name);
    const rows = table === undefined ? [] : (await attempt.ground.knowledge.table(role.name, table)).ours;
    const row = rows.find(({ key }) => key !== null);
    if (table === undefined || row === undefined) attempt.skip(`there is no row of ours for "${path}"`);
    ids.set(path, idOf(table, row));
  }
  const made = await attempt.call({
    role: role.name,
    tool: tool.name,
    input: inputFor(schema, (at, { type }) => (ids.has(at) ? asType(ids.get(at), type) : undefined)),
    options: { dry: true },
    tables: [...role.tables.values()],
  });
  const { decision } = made;
  if (decision?.decision === 'pending') attempt.fault('A dry run asked people for their approval.', made);
  else if (decision?.decision === 'allowed' || decision?.rule === `tools.${tool.name}`)
    attempt.fault(`The code ran, though the call waits for ${ruleOf(rule)}.`, made);
  else if (decision !== null && decision.rule !== ruleOf(rule))
    attempt.skip(`no input could be made that it accepts: ${codeOf(made)}`);
}
