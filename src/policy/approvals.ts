/**
 * Which calls wait for people, and for whom: the rules under `approvals`, each name found and each rule able to match.
 */
import type { ApprovalRule, CompiledRole, SliceTable } from './compiled.js';
import type { PolicyPath } from './complaint.js';
import type { ApprovalPolicy, Policy } from './defaults.js';
import type { Findings } from './findings.js';
import { hashApproval } from './hash.js';
import { didYouMean } from './nearest.js';
import type { References } from './references.js';
import { TOOLS } from './schema.js';

/** Ringfence's tools that change something. */
const WRITES = ['create', 'update', 'delete'] as const;
const RISKS = ['low', 'medium', 'high'] as const;

interface Context {
  readonly policy: Policy;
  readonly references: References;
  readonly findings: Findings;
  readonly roles: ReadonlyMap<string, CompiledRole>;
}

/** The rules, in the order of their names. */
export function approvalRules(context: Context): readonly ApprovalRule[] {
  return Object.entries(context.policy.approvals)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, written]) => approvalRule(context, name, written));
}

function approvalRule(context: Context, name: string, written: ApprovalPolicy): ApprovalRule {
  const path = ['approvals', name];
  let sound = true;
  const complain = (at: PolicyPath, message: string, advice: { readonly suggestion?: string } = {}): void => {
    sound = false;
    context.findings.complain([...path, ...at], message, advice);
  };
  const tables = written.tables === null ? null : new Set(tablesIn(context, written.tables, complain));
  const approvers = rolesIn(context, written.approvers.roles, ['approvers', 'roles'], complain);
  const rule: ApprovalRule = {
    name,
    digest: hashApproval(written),
    tools: toolsOf(context.policy, written, complain),
    tables,
    columns: written.columns === null ? null : columnsIn(context, path, written.columns, tables, complain),
    roles: written.roles === null ? null : new Set(rolesIn(context, written.roles, ['roles'], complain)),
    approvers,
    tenantWide: approvers.filter((role) => context.roles.get(role)?.reach === 'tenant'),
    cosigners: written.cosigners,
    minutes: written.minutes,
  };
  const found = [...(rule.columns?.values() ?? [])].reduce((sum, columns) => sum + columns.size, 0);
  // A column that is not there has its complaint already.
  if (written.columns !== null && found === 0) sound = false;
  if (sound && ![...context.roles.values()].some((role) => matchesIn(role, rule)))
    complain([], 'no call can ever match: no role that it is about may do what it names', {
      suggestion: 'see the roles’ tools and what they may write, or take the rule out',
    });
  return rule;
}

type Complain = (at: PolicyPath, message: string, advice?: { readonly suggestion?: string }) => void;

function rolesIn(
  { roles }: Context,
  names: readonly string[],
  at: PolicyPath,
  complain: Complain,
): readonly string[] {
  for (const [index, name] of names.entries())
    if (!roles.has(name))
      complain([...at, index], `there is no role ${name}`, didYouMean(name, roles.keys()));
  return [...new Set(names)];
}

/** The tools that a rule is about, each one that it names one that it can be about. */
function toolsOf(policy: Policy, written: ApprovalPolicy, complain: Complain): ReadonlySet<string> {
  const { tools, tables, columns, risk } = written;
  const ofRows = tables !== null || columns !== null;
  if (ofRows && risk !== null)
    complain(
      ['risk'],
      'is of the product’s own tools, and tables and columns are of create, update and delete',
      {
        suggestion: 'make two rules of it',
      },
    );
  const risky = (name: string): boolean =>
    RISKS.indexOf(policy.tools[name]?.risk ?? 'low') >= RISKS.indexOf(risk ?? 'low');
  if (tools === null) {
    const own = Object.keys(policy.tools).filter((name) =>
      risk === null ? policy.tools[name]?.effect !== 'read' : risky(name),
    );
    return new Set(ofRows ? WRITES : risk === null ? [...WRITES, ...own] : own);
  }
  for (const [index, name] of tools.entries()) {
    const own = Object.hasOwn(policy.tools, name);
    const at = ['tools', index];
    if (own && ofRows)
      complain(
        at,
        `which rows ${name} writes is not known before it runs: tables and columns are of create, update and delete`,
        {
          suggestion: 'name it in a rule without tables and columns',
        },
      );
    else if (own && risk !== null && !risky(name))
      complain(at, `${name} has less risk than the rule is about`, {
        suggestion: 'leave out one of the two',
      });
    else if (!own && WRITES.some((write) => write === name)) {
      if (risk !== null)
        complain(at, `${name} has no risk of its own`, { suggestion: 'leave out one of the two' });
    } else if (!own && TOOLS.some((ours) => ours === name))
      complain(at, `${name} only reads, and reading waits for nobody`, {
        suggestion: 'narrow what the role reads instead',
      });
    else if (!own)
      complain(at, `there is no tool ${name}`, didYouMean(name, [...WRITES, ...Object.keys(policy.tools)]));
  }
  return new Set(tools);
}

function tablesIn({ references }: Context, names: readonly string[], complain: Complain): readonly string[] {
  return names.flatMap((name, index) => {
    const found = references.table(name);
    if (found.kind === 'listed') return [found.table.name];
    if (found.kind === 'unknown') complain(['tables', index], found.message, found);
    if (found.kind === 'unlisted')
      complain(['tables', index], `${name} has no tenancy in this policy, so no role may write it`);
    return [];
  });
}

/** By table, as agents call it. */
function columnsIn(
  { references, findings }: Context,
  path: PolicyPath,
  names: readonly string[],
  tables: ReadonlySet<string> | null,
  complain: Complain,
): ReadonlyMap<string, ReadonlySet<string>> {
  const columns = new Map<string, Set<string>>();
  for (const [index, name] of names.entries()) {
    const found = references.column(name, [...path, 'columns', index], findings);
    if (found === undefined) continue;
    const listed = references.listed(found.source.schema, found.source.name);
    if (listed === undefined)
      complain(
        ['columns', index],
        `the table of ${name} has no tenancy in this policy, so no role may write it`,
      );
    else if (tables?.has(listed.name) === false)
      complain(['columns', index], `${name} is of a table that the rule does not name`);
    else columns.set(listed.name, (columns.get(listed.name) ?? new Set()).add(found.column.name));
  }
  return columns;
}

/** Whether a role can make a call that the rule is about. */
function matchesIn(role: CompiledRole, rule: ApprovalRule): boolean {
  if (rule.roles?.has(role.name) === false) return false;
  return [...rule.tools].some((tool) => {
    if (!role.tools.has(tool)) return false;
    const write = WRITES.find((one) => one === tool);
    return write === undefined || [...role.tables.values()].some((table) => writes(table, write, rule));
  });
}

function writes(
  { name, write }: SliceTable,
  operation: (typeof WRITES)[number],
  { tables, columns }: ApprovalRule,
): boolean {
  if (tables?.has(name) === false) return false;
  if (operation === 'delete') return write.delete && columns?.has(name) !== false;
  const settable = write[operation];
  return (
    settable !== null &&
    (columns === null || settable.some((column) => columns.get(name)?.has(column) === true))
  );
}
