/** The expressions of policies, part by part, and what they should say instead. */
import { quoteIdent, quoteName } from '../../compile/quote.js';
import type { PolicyFact } from '../../database/inspect/access.js';
import { type Expression, partsOf } from '../../guard/expression.js';
import { type Lens, lensOf } from './lens.js';
import { usesRow } from './policy-scope.js';
import type { World } from './rule.js';

export type Call = Extract<Expression, { readonly kind: 'call' }>;

interface Part {
  readonly policy: PolicyFact;
  readonly part: Expression;
  readonly inQuery: boolean;
}

/** Every part of every expression of the product’s policies. */
export function* policyParts(lens: Lens, policies: readonly PolicyFact[]): Generator<Part> {
  for (const policy of policies)
    for (const text of [policy.using, policy.check]) {
      const expression = lens.expression(text);
      if (expression === undefined) continue;
      for (const { part, inQuery } of partsOf(expression)) yield { policy, part, inQuery };
    }
}

/** The product’s policies on tables with row security. */
export function productPolicies(world: World): readonly PolicyFact[] {
  const lens = lensOf(world);
  return lens.productPolicies.filter(
    ({ schema, table }) => lens.relation({ schema, name: table })?.rowSecurity === true,
  );
}

export const isSettingCall = ({ name }: Call): boolean => name.at(-1) === 'current_setting';

/** The name of the setting that is read, where it is written out. */
export function settingOf(call: Call): string | undefined {
  const [first] = call.args;
  const value = first?.kind === 'cast' ? first.args[0] : first;
  return value?.kind === 'constant' && typeof value.value === 'string' ? value.value : undefined;
}

/** Settings whose empty text nothing turns into null. */
export function bareSettings(
  expression: Expression,
  over: readonly Expression[] = [],
): readonly { readonly call: Call; readonly isCast: boolean }[] {
  if (expression.kind === 'call' && isSettingCall(expression)) {
    const [, missingOk] = expression.args;
    const tolerant =
      missingOk !== undefined &&
      [...partsOf(missingOk)].some(({ part }) => part.kind === 'constant' && part.value === true);
    const guarded = over.some(
      (outer) =>
        (outer.kind === 'other' && outer.type === 'NullIf') ||
        (outer.kind === 'call' && outer.name.at(-1) === 'nullif'),
    );
    const isCast = over.some(({ kind }) => kind === 'cast');
    // Asked strictly, it fails where it was never set, and reads empty once it was; a cast then fails as well.
    return !guarded && (tolerant || !isCast) ? [{ call: expression, isCast }] : [];
  }
  const inner = [
    ...('args' in expression ? expression.args : []),
    ...(expression.kind === 'query' ? expression.test : []),
  ];
  // A cast of the argument or of another part is no cast of this one: only what encloses the call counts.
  return inner.flatMap((part) => bareSettings(part, [...over, expression]));
}

/** The text with calls replaced, from the last to the first so that places stay true. */
function replaceCalls(text: string, calls: readonly Call[], by: (call: string) => string): string {
  return [...calls]
    .sort((a, b) => b.from - a.from)
    .reduce(
      (whole, { from, to }) => whole.slice(0, from) + by(whole.slice(from, to)) + whole.slice(to),
      text,
    );
}

/** A policy with other expressions; null keeps what is not there. */
function alterPolicy(
  { schema, table, name }: PolicyFact,
  using: string | null,
  check: string | null,
): string {
  const part = (word: string, text: string | null): string => (text === null ? '' : ` ${word} (${text})`);
  return `alter policy ${quoteIdent(name)} on ${quoteName(schema, table)}${part('using', using)}${part('with check', check)}`;
}

/** PostgreSQL's own functions that are not immutable and stand in policies. */
const STABLE = new Set([
  'current_setting',
  'now',
  'pg_has_role',
  'has_table_privilege',
  'statement_timestamp',
  'clock_timestamp',
  'current_schema',
  'inet_client_addr',
  'pg_backend_pid',
  'txid_current',
]);

/** Calls that give the same answer for every row and are made for each: the outermost ones, outside of subqueries. */
export function callsPerRow(lens: Lens, expression: Expression, table: string): readonly Call[] {
  if (expression.kind === 'query') return expression.test.flatMap((part) => callsPerRow(lens, part, table));
  if (expression.kind === 'call' && !usesRow(expression, { table, tenantColumns: [] }, false)) {
    const known = lens.functionsCalled(expression.name);
    const name = expression.name.at(-1) ?? '';
    const stable =
      known.length > 0 ? known.some(({ volatility }) => volatility !== 'immutable') : STABLE.has(name);
    // An immutable call of constants is folded before anything runs, but what stands in it may not be.
    return stable ? [expression] : expression.args.flatMap((part) => callsPerRow(lens, part, table));
  }
  return 'args' in expression ? expression.args.flatMap((part) => callsPerRow(lens, part, table)) : [];
}

/** The policy with every setting guarded against the empty text, and every call that is the same for all rows made once. */
export function improved(lens: Lens, policy: PolicyFact): string {
  const rewrite = (text: string | null): string | null => {
    const expression = lens.expression(text);
    if (text === null || expression === undefined) return text;
    const guarded = replaceCalls(
      text,
      bareSettings(expression).map(({ call }) => call),
      (call) => `NULLIF(${call}, '')`,
    );
    const again = lens.expression(guarded);
    return again === undefined
      ? guarded
      : replaceCalls(guarded, callsPerRow(lens, again, policy.table), (call) => `(select ${call})`);
  };
  return alterPolicy(policy, rewrite(policy.using), rewrite(policy.check));
}
