/**
 * Names for tenants and people that may stand in the ledger for ever.
 *
 * A leaf is never erased, so it never holds an identifier that belongs to somebody: it holds a keyed hash of it. Whoever
 * has the ledger key can go from the identifier to the name; nobody can go back, and without the key nobody can guess.
 */
import { createHmac } from 'node:crypto';
import { RingfenceError } from '../errors.js';

/**
 * The name of a tenant's stream: `t_` and 32 hex digits. With `crossTenant`, of the stream apart that keeps the work
 * others did for that tenant: `x_` and other digits.
 *
 * @param key The ledger key, at least 32 bytes.
 * @throws {@link RingfenceError} `key_missing` where the key is shorter.
 */
export function logName(key: Uint8Array, tenant: string, crossTenant = false): string {
  return crossTenant ? `x_${digits(key, ['cross', tenant])}` : `t_${digits(key, ['log', tenant])}`;
}

/**
 * The name under which a user of a tenant stands in the ledger: `u_` and 32 hex digits, another one in every tenant.
 *
 * @param key The ledger key, at least 32 bytes.
 * @throws {@link RingfenceError} `key_missing` where the key is shorter.
 */
export function subjectName(key: Uint8Array, tenant: string, user: string): string {
  return `u_${digits(key, ['subject', tenant, user])}`;
}

/**
 * The name of a statement's shape: `q_` and 32 hex digits, the same in every tenant. Which names and words an agent put into it cannot
 * be found from it.
 *
 * @param key The ledger key, at least 32 bytes.
 * @throws {@link RingfenceError} `key_missing` where the key is shorter.
 */
export function shapeName(key: Uint8Array, shape: string): string {
  return `q_${digits(key, ['shape', shape])}`;
}

function digits(key: Uint8Array, parts: readonly string[]): string {
  if (key.length < 32)
    throw new RingfenceError('key_missing', 'The ledger key has fewer than 32 bytes: generate a longer one.');
  // As a JSON array, so that no two lists of parts read the same.
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
