/**
 * Which keys an apply uses, and what of them the database still has to be told.
 *
 * Keys are the one thing that lives in two places. The rules: a keys file is never overwritten, a database never loses keys that
 * others may hold, and a login that other databases share never gets another password, unless somebody says so.
 */
import type { Administrator } from '../database/administrator.js';
import {
  compareClaimKeys,
  gatewayLogsIn,
  type Installation,
  readInstallation,
} from '../database/installation.js';
import { generateKeys, type Keys, loadKeys } from '../database/keys.js';
import { appUrl, gatewayUrl } from '../database/login-url.js';
import { RingfenceError } from '../errors.js';
import type { CommandContext } from './context.js';
import { adminUrl } from './settings.js';

export interface KeyOptions {
  readonly newKeys?: boolean;
  readonly newGatewayPassword?: boolean;
}

export interface KeysForApply {
  readonly keys: Keys;
  /** True where they were made just now and are nowhere yet: they must be saved before the database learns of them. */
  readonly fresh: boolean;
  /** What the database is told of the keys that sign claims: nothing, these too, or these only. */
  readonly claimKeys: 'known' | 'add' | 'replace';
  /** Whether the gateway's login gets the password of these keys. */
  readonly setPassword: boolean;
}

/**
 * @throws {RingfenceError} `key_missing` where the database has keys and we have none; `config_invalid` where ours are not the
 * database's, or do not open the gateway's login while other databases use it.
 */
export async function keysForApply(
  context: CommandContext,
  administrator: Administrator,
  options: KeyOptions,
): Promise<KeysForApply> {
  const installation = await readInstallation(administrator);
  const found = await findKeys(context);
  if (found === null && installation.installed && options.newKeys !== true) throw keysAreElsewhere(context);
  const keys = found ?? generateKeys();
  const claimKeys = await claimKeysToTell(administrator, installation, found, options, context);
  const setPassword = await passwordToSet(context, installation, keys, found === null, options);
  return { keys, fresh: found === null, claimKeys, setPassword };
}

async function findKeys({ options, environment }: CommandContext): Promise<Keys | null> {
  try {
    return await loadKeys(options.keys, environment);
  } catch (error) {
    if (error instanceof RingfenceError && error.code === 'key_missing') return null;
    throw error;
  }
}

function keysAreElsewhere({ options }: CommandContext): RingfenceError {
  return new RingfenceError(
    'key_missing',
    `This database has keys already, and there are none at ${options.keys}. Nothing was changed.`,
    {
      suggestion:
        'Copy the keys file from where "ringfence apply" first ran, or set RINGFENCE_KEYS to its content. If it is lost: "ringfence apply --new-keys" replaces them; whatever still uses the old ones stops working, and tenants get new streams in the ledger.',
    },
  );
}

async function claimKeysToTell(
  administrator: Administrator,
  { installed }: Installation,
  found: Keys | null,
  options: KeyOptions,
  context: CommandContext,
): Promise<KeysForApply['claimKeys']> {
  if (!installed || found === null) return 'replace';
  const standing = await compareClaimKeys(administrator, found);
  if (standing === 'same') return 'known';
  if (standing === 'behind') return 'add';
  if (options.newKeys === true) return 'replace';
  throw new RingfenceError(
    'config_invalid',
    `The keys in ${sourceOf(context)} are not the ones that this database was installed with. Nothing was changed.`,
    {
      suggestion:
        'Give the right file with --keys. To make the database take these instead: "ringfence apply --new-keys"; whatever still uses the old ones stops working.',
    },
  );
}

async function passwordToSet(
  context: CommandContext,
  { gatewayExists, gatewayUsedBy }: Installation,
  keys: Keys,
  fresh: boolean,
  options: KeyOptions,
): Promise<boolean> {
  if (!gatewayExists) return true;
  if (!fresh) {
    const works = await gatewayLogsIn(gatewayUrl(adminUrl(context.options, context.environment), keys));
    // The login of the product's own tools came later than the gateway's.
    if (works === true)
      return (await gatewayLogsIn(appUrl(adminUrl(context.options, context.environment), keys))) === false;
    if (works === null && options.newGatewayPassword !== true) {
      context.terminal.say(
        'note: the server does not let ringfence_gateway in from here (pg_hba.conf), so its password was not checked.',
      );
      return false;
    }
  }
  if (options.newGatewayPassword === true || gatewayUsedBy.length === 0) return true;
  const others = gatewayUsedBy.join(', ');
  throw new RingfenceError(
    'config_invalid',
    `The login ringfence_gateway serves other databases of this cluster (${others}), and ${
      fresh
        ? 'there are no keys here that have its password'
        : `the password in ${sourceOf(context)} is not its password`
    }. Nothing was changed.`,
    {
      suggestion: `Give the keys file that ${others} uses with --keys. Or run "ringfence apply --new-gateway-password" and give the resulting keys file to everything that serves ${others}: until then it cannot log in.`,
    },
  );
}

function sourceOf({ options, environment }: CommandContext): string {
  return environment.RINGFENCE_KEYS ? 'RINGFENCE_KEYS' : options.keys;
}
