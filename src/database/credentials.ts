/** The gateway's password and the claim keys, brought into the database without the password ever crossing the wire or a log. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { appPassword, type Keys } from './keys.js';
import type { Queryable } from './migrate.js';

/** Iterations that PostgreSQL itself uses by default. */
const ITERATIONS = 4096;

/**
 * A SCRAM-SHA-256 verifier as PostgreSQL stores it: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`.
 * RFC 5802, RFC 7677. The password must be ASCII, so that SASLprep leaves it as it is.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`;
}

/** Gives the two logins, the gateway's and that of the product's own tools, their passwords. The caller administers both and holds a transaction. */
export async function setGatewayPassword(client: Queryable, keys: Keys): Promise<void> {
  // A verifier is base64 and punctuation: nothing in it needs quoting beyond the quotes.
  await client.query(`alter role ringfence_gateway password '${scramVerifier(keys.gatewayPassword)}'`);
  await client.query(`alter role ringfence_app password '${scramVerifier(appPassword(keys))}'`);
}

/** Makes the database know exactly these claim keys. The caller is a member of ringfence_owner and holds a transaction. */
export async function installClaimKeys(client: Queryable, keys: Keys): Promise<void> {
  await addClaimKeys(client, keys);
  await client.query('delete from ringfence.claim_key where not (key_id = any ($1))', [
    keys.claimKeys.map(({ id }) => id),
  ]);
}

/** Makes the database know these claim keys too. The caller is a member of ringfence_owner. */
export async function addClaimKeys(client: Queryable, keys: Keys): Promise<void> {
  for (const { id, key } of keys.claimKeys) {
    await client.query('select ringfence.add_claim_key($1, $2)', [id, key]);
  }
}
