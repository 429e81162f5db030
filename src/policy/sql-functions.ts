/**
 * The functions of the product's that SQL which an agent writes may call: `roles.<role>.sql.functions`, found in the database.
 *
 * A name stands for all of its overloads, for which of them a call means is decided by the server, of the types of its arguments.
 */
import type { CatalogFunction } from './catalog.js';
import type { ProductFunction, SqlRules } from './compiled.js';
import type { PolicyPath } from './complaint.js';
import type { RolePolicy } from './defaults.js';
import type { Findings } from './findings.js';
import { type NamePart, parseName, printName } from './name.js';
import { didYouMean } from './nearest.js';

export interface SqlContext {
  readonly findings: Findings;
  readonly policy: { readonly schema: string };
  /** Every function of the database that a policy may name. */
  readonly functions: readonly CatalogFunction[];
}

/** What the tool `sql` may do for a role; null for a role without it. Complains about every function that it cannot call. */
export function sqlRules(context: SqlContext, name: string, role: RolePolicy): SqlRules | null {
  const path = ['roles', name, 'sql', 'functions'];
  const found = new Map<string, ProductFunction>();
  for (const [index, text] of role.sql.functions.entries()) {
    const product = productFunction(context, text, [...path, index]);
    if (product !== undefined) found.set(printName([product.schema, product.name]), product);
  }
  if (role.tools.includes('sql')) return { functions: [...found.values()] };
  if (role.sql.functions.length > 0)
    context.findings.note(
      ['roles', name, 'sql'],
      'functions are named for the tool sql, which the role does not have',
    );
  return null;
}

function productFunction(
  { findings, policy, functions }: SqlContext,
  text: string,
  path: PolicyPath,
): ProductFunction | undefined {
  const parsed = parseName(text);
  if ('problem' in parsed) {
    if (text.endsWith(')'))
      findings.complain(path, 'a function goes by its name alone, and every overload of it is meant', {
        suggestion: 'take the arguments away',
      });
    else findings.complain(path, parsed.problem);
    return undefined;
  }
  const [schema, name] = qualified(parsed.parts, policy.schema);
  if (schema === undefined || name === undefined) {
    findings.complain(path, 'expected a function, or schema.function');
    return undefined;
  }
  const closed = whyClosed(schema);
  if (closed !== undefined) {
    findings.complain(path, closed);
    return undefined;
  }
  const overloads = functions.filter((one) => one.schema === schema && one.name === name);
  const printed = printName([schema, name]);
  if (overloads.length === 0) {
    const print = (one: CatalogFunction): string =>
      one.schema === policy.schema ? printName([one.name]) : printName([one.schema, one.name]);
    const callable = functions.filter(({ kind }) => kind === 'function');
    const elsewhere = callable.find((one) => one.name === name);
    findings.complain(
      path,
      `the database has no function ${printed}`,
      elsewhere === undefined
        ? didYouMean(text, new Set(callable.map(print)))
        : { suggestion: `did you mean ${print(elsewhere)}?` },
    );
    return undefined;
  }
  const other = overloads.find(({ kind }) => kind !== 'function');
  if (other !== undefined) {
    findings.complain(
      path,
      `${signature(other)} is ${KINDS[other.kind]}: only a plain function may be named`,
    );
    return undefined;
  }
  const definers = overloads.filter(({ definer }) => definer).map(signature);
  if (definers.length > 0)
    findings.note(
      path,
      `${definers.join(', ')}: SECURITY DEFINER, so it sees what its owner sees, whatever the boundary; whoever wrote it answers for its isolation`,
    );
  return { schema, name };
}

const KINDS: Readonly<Record<CatalogFunction['kind'], string>> = {
  function: 'a function',
  window: 'a window function',
  aggregate: 'an aggregate',
  procedure: 'a procedure',
  trigger: 'a trigger function',
};

function qualified(
  parts: readonly NamePart[],
  schema: string,
): readonly [schema: string | undefined, name: string | undefined] {
  const names = parts.map((part) => part.name);
  if (names.length > 2) return [undefined, undefined];
  return names.length === 1 ? [schema, names[0]] : [names[0], names[1]];
}

function whyClosed(schema: string): string | undefined {
  if (schema === 'pg_catalog' || schema === 'information_schema')
    return 'is PostgreSQL’s own: its harmless functions may be called without being named, and the others never';
  return schema === 'ringfence' ? 'schema ringfence is not for agents' : undefined;
}

/** `public.total(integer)`. */
function signature(one: CatalogFunction): string {
  return `${printName([one.schema, one.name])}(${one.arguments})`;
}
