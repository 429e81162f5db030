import { installClaimKeys, setGatewayPassword } from '../../src/database/credentials.js';
import { generateKeys, type Keys } from '../../src/database/keys.js';
import { pendingMigrations, runMigration } from '../../src/database/migrate.js';
import type { TestDatabase } from './database.js';

/** The schema `ringfence` and its keys, without any policy: what `apply` installs first. */
export async function installRingfence(database: TestDatabase): Promise<{ keys: Keys; gatewayUrl: string }> {
  const keys = generateKeys();
  const client = await database.connect();
  await client.query('begin');
  for (const migration of await pendingMigrations(client)) await runMigration(client, migration);
  await installClaimKeys(client, keys);
  await setGatewayPassword(client, keys);
  await client.query('commit');
  await client.end();
  return { keys, gatewayUrl: database.urlFor({ name: 'ringfence_gateway', password: keys.gatewayPassword }) };
}
