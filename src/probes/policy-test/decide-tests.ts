/**
 * Policy tests, decided: by the very function that the gate decides with, before it asks the database. What only the database can say
 * (how many rows a call would visit, whether a row is there) is no part of it.
 */
import { randomBytes } from 'node:crypto';
import type { Boundary } from '../../boundary/boundary.js';
import { trustedBoundary } from '../../boundary/resolve.js';
import { type Denial, RingfenceError } from '../../errors.js';
import { createGuard } from '../../guard/guard.js';
import type { Catalog } from '../../policy/catalog.js';
import type { CompiledPolicy, ScopeAxis } from '../../policy/compiled.js';
import { nearest } from '../../policy/nearest.js';
import { ruleOf, WAITS } from '../../tools/approval-answers.js';
import { catalogueOf } from '../../tools/catalogue.js';
import { createCursorCodec } from '../../tools/cursor.js';
import { dataTools } from '../../tools/data-tools.js';
import { type Decided as Allowed, type DecisionParts, decide } from '../../tools/decide.js';
import type { OwnTool } from '../../tools/define-tool.js';
import { inputToApprove, rulesOfCall } from '../../tools/rules-of-call.js';
import type { PolicyTest } from './file.js';

/** What was expected of one part of a decision, and what it was. */
export interface Difference {
  readonly what: 'decision' | 'code' | 'rule' | 'columns' | 'without' | 'call';
  readonly expected: string;
  readonly got: string;
}

export interface PolicyTestResult {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly outcome: 'passed' | 'failed';
  readonly differences: readonly Difference[];
  /** Why the call was refused, or waits, where it is so. */
  readonly reason: string | null;
  readonly ms: number;
}

export async function decideTests(
  policy: CompiledPolicy,
  catalog: Pick<Catalog, 'serverVersion'>,
  own: readonly OwnTool[],
  tests: readonly PolicyTest[],
): Promise<readonly PolicyTestResult[]> {
  const parts = await partsOf(policy, catalog, own);
  return tests.map((test) => {
    const startedAt = performance.now();
    const { differences, reason } = decideOne(policy, parts, test);
    const { file, line, name } = test;
    const ms = Math.round((performance.now() - startedAt) * 1000) / 1000;
    return {
      file,
      line,
      name,
      outcome: differences.length === 0 ? 'passed' : 'failed',
      differences,
      reason,
      ms,
    };
  });
}

async function partsOf(
  policy: CompiledPolicy,
  { serverVersion }: Pick<Catalog, 'serverVersion'>,
  own: readonly OwnTool[],
): Promise<DecisionParts> {
  const writesSql = [...policy.roles.values()].some(({ sql }) => sql !== null);
  return {
    policy,
    // Without their definitions the product's own tools cannot be decided about; all others can.
    tools: own.length === 0 ? dataTools : catalogueOf(policy, own).tools,
    cursors: createCursorCodec({ current: { id: 'test', key: randomBytes(32) } }),
    agentSql: writesSql
      ? { guard: await createGuard(), serverMajor: Math.floor(serverVersion / 10_000) }
      : null,
  };
}

interface Decided {
  readonly differences: readonly Difference[];
  readonly reason: string | null;
}

function decideOne(policy: CompiledPolicy, parts: DecisionParts, test: PolicyTest): Decided {
  const { as, call, reason } = test;
  const role = policy.roles.get(as.role ?? '');
  if (role === undefined) {
    const close = nearest(as.role ?? '', [...policy.roles.keys()]);
    const guess = close === undefined ? '' : `; did you mean ${close}?`;
    return notDecided(`the policy has no role ${as.role}${guess}`);
  }
  if (policy.ownTools.has(call) && !parts.tools.has(call))
    return notDecided(`${call} is a tool of the product’s own: pass its definition with --tools`);
  let boundary: Boundary;
  try {
    boundary = boundaryFor(policy, test);
  } catch (error) {
    if (error instanceof RingfenceError) return notDecided(error.message);
    throw error;
  }
  const options = reason === undefined ? {} : { reason };
  const decided = decide({ boundary, role, action: call, input: test.input ?? {}, options }, parts);
  return compare(test, judge(policy, role.name, decided));
}

/** What the gate would answer before it asks the database. */
interface Judged {
  readonly decision: 'allowed' | 'denied' | 'pending';
  readonly code: string | null;
  /** What decided; of a call that waits, every rule that it waits for. */
  readonly rules: readonly string[];
  readonly reason: string | null;
  readonly columns: readonly string[];
}

function judge(policy: CompiledPolicy, role: string, decided: Allowed | Denial): Judged {
  if ('rule' in decided) {
    const { code, rule, reason } = decided;
    return { decision: 'denied', code, rules: [rule], reason, columns: [] };
  }
  const { tool, prepared, input } = decided;
  const columns = [...new Set(prepared.columns)].sort();
  const rules = rulesOfCall(policy, { role, tool, prepared });
  const [first] = rules;
  if (first === undefined) return { decision: 'allowed', code: null, rules: [], reason: null, columns };
  const shown = inputToApprove(input, first);
  if (typeof shown !== 'string') return judge(policy, role, shown);
  return { decision: 'pending', code: WAITS.code, rules: rules.map(ruleOf), reason: WAITS.reason, columns };
}

function notDecided(why: string): Decided {
  return { differences: [{ what: 'call', expected: 'a call that can be decided', got: why }], reason: null };
}

function boundaryFor(policy: CompiledPolicy, { as }: PolicyTest): Boundary {
  return trustedBoundary({
    policy,
    role: as.role ?? '',
    tenant: as.tenant ?? fitting(policy, 'tenant'),
    workspace: as.workspace ?? null,
    user: as.user ?? fitting(policy, 'user'),
    plan: as.plan ?? null,
    tools: as.tools ?? null,
    dataSources: as.tables ?? null,
    actor: { kind: 'system', id: 'policy test' },
  });
}

/** A value that the columns of an axis could hold. */
function fitting({ tables }: CompiledPolicy, axis: ScopeAxis): string {
  for (const { scope } of tables.values()) {
    const column = scope.kind === 'scoped' ? scope.columns.find((one) => one.axis === axis) : undefined;
    if (column === undefined) continue;
    if (/\.(int[248]|numeric)$/.test(column.castType)) return '1';
    if (column.castType === 'pg_catalog.uuid') return '00000000-0000-4000-8000-000000000001';
    if (/\.(date|timestamptz?)$/.test(column.castType)) return '2027-01-31';
  }
  return axis;
}

function compare({ expect }: PolicyTest, judged: Judged): Decided {
  const wanted: Exclude<PolicyTest['expect'], string> =
    typeof expect === 'string' ? { decision: expect } : expect;
  const { decision, code, rules, columns, reason } = judged;
  const differences: Difference[] = [];
  const differ = (what: Difference['what'], expected: string, got: string): void => {
    if (expected !== got) differences.push({ what, expected, got });
  };
  differ('decision', wanted.decision, decision);
  if (wanted.code !== undefined) differ('code', wanted.code, code ?? 'none');
  if (wanted.rule !== undefined && !rules.includes(wanted.rule))
    differ('rule', wanted.rule, rules.length === 0 ? 'none' : rules.join(', '));
  if (wanted.columns !== undefined && decision !== 'denied')
    differ('columns', [...new Set(wanted.columns)].sort().join(', '), columns.join(', '));
  if (wanted.without !== undefined && decision !== 'denied') {
    const seen = wanted.without.filter((column) => columns.includes(column));
    if (seen.length > 0) differ('without', 'none of them', seen.join(', '));
  }
  return { differences, reason: reason === null ? null : `${code}: ${reason}` };
}
