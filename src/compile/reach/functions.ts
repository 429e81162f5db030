/**
 * Functions that do more than their caller may: SECURITY DEFINER ones, those that row security trusts with rows (LEAKPROOF), those in a
 * language that no rights bind, and PostgreSQL's own that it keeps from everybody. They are reached by name, and by what calls them without naming them: an operator, a cast, a domain's
 * check, an aggregate. PostgreSQL then asks for the right to execute the function and not for the one to use its schema; for the
 * functions behind a type or an operator class it asks for neither.
 *
 * Functions with their caller's rights in SQL, PL/pgSQL or another trusted language are no finding: the slice role's rights bind them.
 */
import type { CompiledRole } from '../../policy/compiled.js';
import type { CatalogExposure, ExposedFunction } from '../../policy/exposure.js';
import { printName } from '../../policy/name.js';
import { quoteName } from '../quote.js';
import { SLICE_FUNCTIONS } from '../role-objects.js';
import { type Candidate, few, from, type Holders } from './candidate.js';

export function functionCandidates({ functions }: CatalogExposure, holders: Holders): readonly Candidate[] {
  return functions.map((exposed) => ({
    identity: `${exposed.kind} ${printName([exposed.schema, exposed.name])}(${exposed.arguments})`,
    kind: exposed.kind,
    why: why(exposed),
    mend: mend(exposed),
    reaches: (role) => !isExpected(role, exposed) && reaches(role, exposed, holders),
  }));
}

function reaches(
  role: CompiledRole,
  { schema, grantees, ways }: ExposedFunction,
  { holds, uses }: Holders,
): boolean {
  const may = holds(role, grantees);
  if (may && uses(role, schema)) return true;
  return ways.some((way) => (may || way.unasked) && (way.schema === null || uses(role, way.schema)));
}

/** What the policy names, and what Ringfence itself makes for the role. */
function isExpected(role: CompiledRole, { schema, name, arguments: types, owner }: ExposedFunction): boolean {
  if (role.sql?.functions.some((named) => named.schema === schema && named.name === name)) return true;
  if (schema === 'ringfence') return SLICE_FUNCTIONS.includes(`${name}(${types})`);
  return schema === role.scopeSchema && owner === role.viewRole;
}

function why(exposed: ExposedFunction): string {
  const { ways } = exposed;
  const what = whatItDoes(exposed);
  return ways.length === 0 ? what : `${what}; it is called by ${few(ways.map(({ by }) => by))} as well`;
}

function whatItDoes({ kind, definer, leakproof, system, owner, language }: ExposedFunction): string {
  if (kind === 'aggregate') return 'runs a function that its caller may not, or that has its owner’s rights';
  if (definer) return `runs with the rights of its owner ${owner}, past any boundary`;
  if (system) return 'is kept from everybody by PostgreSQL itself, and was granted here';
  if (leakproof) return 'is marked LEAKPROOF, and so is given rows of every tenant before row security';
  return `is written in ${language}, which no rights bind`;
}

function mend({ kind, schema, name, arguments: types, definer, grantees, ways }: ExposedFunction): string[] {
  const routine = `${kind === 'procedure' ? 'procedure' : 'function'} ${quoteName(schema, name)}(${types})`;
  // Where nobody is asked for a right, there is none to take away.
  if (ways.some(({ unasked }) => unasked)) return definer ? [`alter ${routine} security invoker`] : [];
  return [`revoke execute on ${routine} ${from(grantees)}`];
}
