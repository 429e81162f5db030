/** What may lie within reach of a slice role beside its slice, and the words that every kind of it is told in. */
import type { CompiledRole } from '../../policy/compiled.js';
import type { CatalogExposure } from '../../policy/exposure.js';
import { GATEWAY_ROLE } from '../names.js';
import { quoteIdent } from '../quote.js';

/** In the order in which they are told. */
export type ReachKind =
  | 'function'
  | 'procedure'
  | 'aggregate'
  | 'extension'
  | 'table'
  | 'view'
  | 'materialized view'
  | 'foreign table'
  | 'sequence'
  | 'large objects'
  | 'row security'
  | 'role'
  | 'membership'
  | 'create'
  | 'parameter'
  | 'setting'
  | 'default privileges';

/** Something that one role or another may reach. */
export interface Candidate {
  /** Its name, as a policy acknowledges it: `function public.total(integer)`. */
  readonly identity: string;
  readonly kind: ReachKind;
  /** What is wrong with it, for a sentence that begins with its name. */
  readonly why: string;
  /** Statements that put it out of reach; none where only taking it away does. */
  readonly mend: readonly string[];
  reaches(role: CompiledRole): boolean;
}

/** Who holds which rights by himself or through PUBLIC. */
export interface Holders {
  holds(role: CompiledRole, grantees: readonly string[]): boolean;
  /** Whether names in a schema can be used: without that right nothing in it can be named. */
  uses(role: CompiledRole, schema: string): boolean;
}

export function holdersIn({ schemas }: CatalogExposure): Holders {
  const usage = new Map(schemas.map((schema) => [schema.name, schema.usage]));
  const holds: Holders['holds'] = (role, grantees) =>
    grantees.some(
      (grantee) => grantee === 'public' || grantee === role.sliceRole || grantee === GATEWAY_ROLE,
    );
  return { holds, uses: (role, schema) => holds(role, usage.get(schema) ?? []) };
}

/** Grantees for a REVOKE. */
export function from(grantees: readonly string[]): string {
  return `from ${grantees.map((name) => (name === 'public' ? name : quoteIdent(name))).join(', ')}`;
}

/** Names for a sentence, cut where there are many. */
export function few(names: readonly string[]): string {
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
}
