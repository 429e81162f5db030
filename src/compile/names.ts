/**
 * The names of what Ringfence makes in a database. PostgreSQL cuts a name off after 63 bytes without a word, and two names cut
 * off may become one: a long name is shortened here, with a digest that keeps it its own.
 */
import { createHash } from 'node:crypto';
import { printName } from '../policy/name.js';
import { IDENTIFIER_BYTES } from './quote.js';

/** The login that agents' statements arrive through. */
export const GATEWAY_ROLE = 'ringfence_gateway';

/** Owns schema `ringfence`. */
export const OWNER_ROLE = 'ringfence_owner';

/** The login that the product's own tools use. */
export const APP_ROLE = 'ringfence_app';

/** Stands for "whatever role the seal was opened for", which only {@link APP_ROLE} is judged by. No role of a policy can be called so. */
export const ANY_ROLE = '*';

/** The function in a slice's schema that runs SQL which an agent wrote. */
export const EXECUTOR_FUNCTION = 'execute';

/** The policy that keeps agents' roles off a base table itself, where the product had switched row security on. */
export const CLOSED_POLICY = 'ringfence_closed';

/** The same where Ringfence switched it on. It goes with the table when that is renamed, and so tells whose doing it was. */
export const FENCE_POLICY = 'ringfence_fence';

/** A name of at most 63 bytes: itself where it fits, else its beginning and eight hex digits of its digest. Never splits a character. */
export function shortName(name: string): string {
  if (Buffer.byteLength(name) <= IDENTIFIER_BYTES) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  let kept = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > IDENTIFIER_BYTES - 9) break;
    kept += character;
  }
  return `${kept}_${digest}`;
}

/** The name of a table's view in a slice or scope schema, from its name in the policy. */
export function viewName(policyName: string): string {
  return shortName(policyName);
}

/** The restrictive policy that holds one role's boundary on one table. */
export function boundaryPolicy(role: string): string {
  return `ringfence_${role}_boundary`;
}

/** Whether a row-security policy is one role's boundary. */
export function isBoundaryPolicy(policy: string): boolean {
  return /^ringfence_[a-z0-9_]+_boundary$/.test(policy);
}

/** The permissive policy that lets one role's view role past the default refusal; the boundary still holds. */
export function openPolicy(role: string): string {
  return `ringfence_${role}_open`;
}

/** The policy that leaves a role which could use the table before exactly where it was. */
export function passThroughPolicy(grantee: string): string {
  // A colon never appears in a policy role's name, so no role's own policies can be called this.
  return shortName(`ringfence_passthrough:${grantee}`);
}

/** The function that answers whether a key is inside the boundary, where a plain subquery would call the table's own policies again. */
export function guardFunction(policyName: string, columns: readonly string[]): string {
  return shortName(`inside ${policyName} (${columns.join(', ')})`);
}

/** The function in schema `ringfence` that refreshes a materialised view. */
export function refreshFunction(schema: string, name: string): string {
  return shortName(`refresh ${printName([schema, name])}`);
}

/** Whether a database role is one of Ringfence's. The prefix is reserved. */
export function isOurRole(name: string): boolean {
  return name.startsWith('ringfence_');
}

/** Whether a row-security policy is one of Ringfence's. The prefix is reserved. */
export function isOurPolicy(name: string): boolean {
  return name.startsWith('ringfence_');
}
