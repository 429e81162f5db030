/** One tool, two tenants: what the one is given must not tell of the other. */
import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import { rulesFor } from '../approvals/matching.js';
import { within } from '../boundary/propagation.js';
import type { SliceTable } from '../policy/compiled.js';
import type { Ringfence } from '../ringfence.js';
import type { Decision } from '../tools/decision.js';
import { type Lookalikes, type LookalikeTenant, marksOfTenant } from './lookalike-tenants.js';

/** An input, or how it is made for each tenant: from ids of its rows. */
export type InputFor = unknown | ((tenant: LookalikeTenant) => unknown);

export interface IsolationOptions {
  /** From `lookalikeTenants`. */
  readonly tenants: Lookalikes;
  /** The role to act in. Default: the policy's first that has the tool. */
  readonly role?: string;
  readonly plan?: string;
  /**
   * Also asks again after rows of b's were added, and wants the same answer: so that counts and sums tell nothing. Default: for tools that
   * read. Switch it off for a tool whose answers differ by themselves.
   */
  readonly steady?: boolean;
}

/** What the tool answered: for assertions of your own. */
export interface IsolationResult {
  /** In a's boundary, with a's input. */
  readonly own: Decision;
  /** In a's boundary, with b's input. */
  readonly foreign: Decision;
  /** In b's boundary, with b's input. */
  readonly other: Decision;
}

/**
 * Runs a tool inside a's boundary, inside b's, and inside a's with b's input, and wants nothing of b's in what a is given: no canary, no
 * key, in no answer, error or name of a column. Writes are tried and taken back. Works for tools of your own as for Ringfence's.
 *
 * @throws {AssertionError} node:assert's, as every test framework reads it, saying what was seen and where.
 * @example
 * ```ts
 * await expectIsolated(ringfence, 'get', (tenant) => ({ table: 'invoice', id: tenant.rows.invoice?.[0]?.id }), { tenants, role: 'support' });
 * ```
 */
export async function expectIsolated(
  ringfence: Pick<Ringfence, 'policy' | 'trustedBoundary' | 'call' | 'catalogue'>,
  tool: string,
  input: InputFor,
  options: IsolationOptions,
): Promise<IsolationResult> {
  const { tenants } = options;
  const { a, b } = tenants;
  const listed = ringfence.catalogue.find(({ name }) => name === tool);
  if (listed === undefined)
    throw failure(
      `There is no tool ${tool}. There are: ${ringfence.catalogue.map(({ name }) => name).join(', ')}.`,
    );
  const role = options.role ?? roleWith(ringfence, tool);
  refuseWaiting(ringfence, tool, role);
  const call = (who: LookalikeTenant, given: unknown): Promise<Decision> => {
    const boundary = ringfence.trustedBoundary({
      tenant: who.tenant,
      workspace: who.workspace,
      user: who.user,
      role,
      ...(options.plan === undefined ? {} : { plan: options.plan }),
      actor: { kind: 'system', id: 'ringfence/testing' },
    });
    const dry = listed.effect === 'read' ? {} : { dry: true };
    return within(boundary, () => ringfence.call(tool, given, { ...dry, reason: 'A test of isolation.' }));
  };
  const [ownInput, foreignInput] = [inputOf(input, a), inputOf(input, b)];

  // Theirs before ours: what a tool keeps between calls can then show.
  const other = await call(b, foreignInput);
  const own = await call(a, ownInput);
  const foreign = await call(a, foreignInput);
  const tables = [...(ringfence.policy.roles.get(role)?.tables.values() ?? [])];
  for (const [decision, given, what] of [
    [own, ownInput, 'its own input'],
    [foreign, foreignInput, 'input of the other tenant'],
  ] as const) {
    const seen = foreignIn(decision, given, tenants, tables);
    if (seen !== null) {
      throw failure(
        `${tool} as ${role}, inside ${a.tenant} with ${what}, told of ${b.tenant}: ${seen}.`,
        decision,
      );
    }
  }
  if (options.steady ?? listed.effect === 'read') {
    const again = await call(a, ownInput);
    await tenants.grow();
    const after = await call(a, ownInput);
    // Where it differs by itself, nothing can be told from that it differs.
    if (
      isDeepStrictEqual(lasting(own), lasting(again)) &&
      !isDeepStrictEqual(lasting(again), lasting(after))
    ) {
      throw failure(
        `${tool} as ${role}, inside ${a.tenant}, answered otherwise after rows of ${b.tenant} were added: a count or a sum tells of them.`,
        after,
        again,
      );
    }
  }
  return { own, foreign, other };
}

/** The code of a tool that waits for people would not run, or leave requests open, and nothing would have been tested. */
function refuseWaiting({ policy }: Pick<Ringfence, 'policy'>, tool: string, role: string): void {
  if (!policy.ownTools.has(tool)) return;
  const [rule] = rulesFor(policy.approvals, { tool, role, written: null });
  if (rule !== undefined) {
    throw failure(
      `${tool} as ${role} waits for approval under approvals.${rule.name}, so that its code would not run. Test it under a policy without that rule.`,
    );
  }
}

function inputOf(input: InputFor, tenant: LookalikeTenant): unknown {
  return typeof input === 'function' ? (input as (tenant: LookalikeTenant) => unknown)(tenant) : input;
}

function roleWith({ policy }: Pick<Ringfence, 'policy'>, tool: string): string {
  const role = [...policy.roles.values()].find(({ tools }) => tools.has(tool));
  if (role === undefined)
    throw failure(`No role of the policy has the tool ${tool}. Name it under tools of a role.`);
  return role.name;
}

/** Where a value of b's stands in what a was given: a path and what kind of value it is. */
function foreignIn(
  decision: Decision,
  given: unknown,
  { a, b }: Lookalikes,
  tables: readonly SliceTable[],
): string | null {
  const echoed = new Set(leaves(given).map(({ text }) => text));
  const marks = marksOfTenant(b);
  const keys = foreignKeys(a, b, tables);
  for (const { path, text } of leaves(lasting(decision))) {
    if (echoed.has(text)) continue;
    const isEcho = (mark: string): boolean => [...echoed].some((one) => one.includes(mark));
    if (marks.some((mark) => text.includes(mark) && !isEcho(mark))) return `its canary stands in ${path}`;
    if (text === b.tenant || (b.tenant.length >= 8 && text.includes(b.tenant) && !isEcho(b.tenant)))
      return `its name stands in ${path}`;
    if (keys.has(text)) return `the key of one of its rows stands in ${path}`;
  }
  return null;
}

/** Keys of b's rows that a has nowhere among its values, and that are too long to stand somewhere by chance. */
function foreignKeys(
  a: LookalikeTenant,
  b: LookalikeTenant,
  tables: readonly SliceTable[],
): ReadonlySet<string> {
  const own = new Set(
    Object.values(a.rows)
      .flat()
      .flatMap((row) => Object.values(row)),
  );
  const keys = tables.flatMap(({ name, primaryKey }) =>
    (b.rows[name] ?? []).flatMap((row) => primaryKey.flatMap((column) => row[column] ?? [])),
  );
  return new Set(keys.filter((key) => key.length >= 4 && !own.has(key)));
}

interface Leaf {
  readonly path: string;
  readonly text: string;
}

function leaves(value: unknown, path = 'the answer'): readonly Leaf[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item, at) => leaves(item, `${path}[${at}]`));
  if (typeof value === 'object') {
    return Object.entries(value).flatMap(([key, item]) => [
      { path: `a name in ${path}`, text: key },
      ...leaves(item, `${path}.${key}`),
    ]);
  }
  return [{ path, text: String(value) }];
}

/** An answer without what is another each time. What a cursor holds is told in its place. */
function lasting(decision: Decision): Readonly<Record<string, unknown>> {
  const {
    event: _event,
    ms: _ms,
    ...told
  } = decision as Decision & { readonly nextCursor?: string; readonly freshness?: unknown };
  const { nextCursor, freshness: _freshness, ...rest } = told;
  if (nextCursor === undefined) return rest;
  const payload = Buffer.from(nextCursor.split('.')[1] ?? '', 'base64url').toString();
  const after: unknown = payload.startsWith('[') ? (JSON.parse(payload) as unknown[])[2] : payload;
  return { ...rest, nextCursor: after };
}

function failure(message: string, actual?: unknown, expected?: unknown): AssertionError {
  return new AssertionError({
    message,
    operator: 'expectIsolated',
    ...(actual === undefined ? {} : { actual }),
    ...(expected === undefined ? {} : { expected }),
    stackStartFn: expectIsolated,
  });
}
