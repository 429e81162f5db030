/**
 * The keys that Ringfence's own process holds: they sign claims, cursors and pseudonyms. None of them opens a row by itself.
 *
 * From a file (`.ringfence/keys.json`, mode 0600) or from the environment (`RINGFENCE_KEYS`, the same JSON).
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { RingfenceError } from '../errors.js';

const keyBytes = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64')
  .transform((text) => Buffer.from(text, 'base64'));

const keyFile = z.strictObject({
  version: z.literal(1),
  /** The first signs; all verify. */
  claim_keys: z.array(z.strictObject({ id: z.string().regex(/^[a-z0-9_-]{1,40}$/), key: keyBytes })).min(1),
  /** Makes pseudonyms and commitments; it never rotates, since the ledger's names depend on it. */
  ledger_key: keyBytes,
  gateway_password: z.string().min(16),
  checkpoint: z
    .strictObject({
      /** What the keys sign as, and what the ledger's checkpoints begin with. It never changes. */
      name: z.string().regex(/^[^\s+]{1,120}$/, 'must have neither spaces nor "+"'),
      /** Ed25519, newest first; all of them sign. */
      seeds: z.array(keyBytes).min(1),
      /** Public keys that signed once, as `vkey`s: what they signed still verifies. */
      retired: z.array(z.string()),
    })
    .optional(),
});

export interface ClaimKey {
  readonly id: string;
  readonly key: Buffer;
}

/** What signs the ledger's checkpoints. It is never in the database. */
export interface CheckpointSeeds {
  readonly name: string;
  /** Newest first; all of them sign. */
  readonly seeds: readonly [Buffer, ...Buffer[]];
  readonly retired: readonly string[];
}

export interface Keys {
  /** Newest first: the first signs, all verify. */
  readonly claimKeys: readonly [ClaimKey, ...ClaimKey[]];
  readonly ledgerKey: Buffer;
  readonly gatewayPassword: string;
  /** Null in a process that signs no checkpoints. */
  readonly checkpoint: CheckpointSeeds | null;
}

/** Keys for cursors, derived (HKDF, RFC 5869) so that a cursor never carries a MAC that a claim could use. */
export function cursorKeys(keys: Keys): {
  readonly current: ClaimKey;
  readonly previous: readonly ClaimKey[];
} {
  const derive = ({ id, key }: ClaimKey): ClaimKey => ({
    id,
    key: Buffer.from(hkdfSync('sha256', key, '', 'ringfence cursor', 32)),
  });
  const [current, ...previous] = keys.claimKeys;
  return { current: derive(current), previous: previous.map(derive) };
}

/** Fresh random keys. */
export function generateKeys(): Keys {
  return {
    claimKeys: [generateClaimKey()],
    ledgerKey: randomBytes(32),
    gatewayPassword: randomBytes(24).toString('base64url'),
    checkpoint: generateCheckpointSeeds(),
  };
}

function generateCheckpointSeeds(): CheckpointSeeds {
  return { name: `ringfence/${randomBytes(8).toString('hex')}`, seeds: [randomBytes(32)], retired: [] };
}

/** The password of `ringfence_app`: derived (HKDF, RFC 5869) from the gateway's, and changed with it. */
export function appPassword({ gatewayPassword }: Pick<Keys, 'gatewayPassword'>): string {
  return Buffer.from(hkdfSync('sha256', gatewayPassword, '', 'ringfence app', 24)).toString('base64url');
}

/** Puts a new signing key in front; the earlier ones go on verifying until they are dropped. */
export function rotateClaimKey(keys: Keys): Keys {
  return { ...keys, claimKeys: [generateClaimKey(), ...keys.claimKeys] };
}

/** Leaves only the signing key. */
export function dropOldClaimKeys(keys: Keys): Keys {
  return { ...keys, claimKeys: [keys.claimKeys[0]] };
}

/** Puts a new checkpoint key in front, or makes the first; the earlier ones go on signing beside it until they are dropped. */
export function rotateCheckpointKey(keys: Keys): Keys {
  const { checkpoint } = keys;
  if (checkpoint === null) return { ...keys, checkpoint: generateCheckpointSeeds() };
  return { ...keys, checkpoint: { ...checkpoint, seeds: [randomBytes(32), ...checkpoint.seeds] } };
}

/**
 * Leaves only the newest checkpoint key.
 * @param vkeyOf what is kept of the others, so that what they signed still verifies
 */
export function dropOldCheckpointKeys(keys: Keys, vkeyOf: (name: string, seed: Buffer) => string): Keys {
  const { checkpoint } = keys;
  if (checkpoint === null) return keys;
  const { name, retired } = checkpoint;
  const [newest, ...older] = checkpoint.seeds;
  return {
    ...keys,
    checkpoint: { name, seeds: [newest], retired: [...older.map((seed) => vkeyOf(name, seed)), ...retired] },
  };
}

function generateClaimKey(): ClaimKey {
  return { id: `k${randomBytes(6).toString('hex')}`, key: randomBytes(32) };
}

/**
 * Reads keys from `RINGFENCE_KEYS` if it is set, else from the file.
 * Errors: `key_missing` where there are none, `config_invalid` where they are malformed or others may read the file.
 */
export async function loadKeys(path: string, environment: NodeJS.ProcessEnv = process.env): Promise<Keys> {
  const inline = environment.RINGFENCE_KEYS;
  if (inline !== undefined && inline !== '') return parseKeys(inline, 'RINGFENCE_KEYS');
  let text: string;
  try {
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new RingfenceError(
        'config_invalid',
        `${path} holds keys and others may read it. Run: chmod 600 ${path}`,
      );
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof RingfenceError) throw error;
    throw new RingfenceError(
      'key_missing',
      `There are no keys at ${path}. "ringfence apply" makes them; elsewhere, copy that file or set RINGFENCE_KEYS to its content.`,
      { cause: error },
    );
  }
  return parseKeys(text, path);
}

function parseKeys(text: string, source: string): Keys {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new RingfenceError(
      'config_invalid',
      `${source} is not JSON. Copy it again from where "ringfence apply" ran.`,
    );
  }
  const parsed = keyFile.safeParse(json);
  if (!parsed.success) {
    // zod's issues name fields, and never values: a key must not reach a log.
    const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'the whole').join(', ');
    throw new RingfenceError('config_invalid', `${source} is malformed at: ${fields}.`);
  }
  const { checkpoint } = parsed.data;
  const [newest, ...older] = checkpoint?.seeds ?? [];
  const [first, ...rest] = parsed.data.claim_keys;
  if (first === undefined) throw new RingfenceError('config_invalid', `${source} holds no claim key.`);
  return {
    claimKeys: [first, ...rest],
    ledgerKey: parsed.data.ledger_key,
    gatewayPassword: parsed.data.gateway_password,
    checkpoint:
      checkpoint === undefined || newest === undefined ? null : { ...checkpoint, seeds: [newest, ...older] },
  };
}

/** The content of a keys file, and of `RINGFENCE_KEYS`. */
export function keysText(keys: Keys): string {
  const json = {
    version: 1,
    claim_keys: keys.claimKeys.map(({ id, key }) => ({ id, key: key.toString('base64') })),
    ledger_key: keys.ledgerKey.toString('base64'),
    gateway_password: keys.gatewayPassword,
    ...(keys.checkpoint === null
      ? {}
      : {
          checkpoint: {
            name: keys.checkpoint.name,
            seeds: keys.checkpoint.seeds.map((seed) => seed.toString('base64')),
            retired: keys.checkpoint.retired,
          },
        }),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** Writes the key file: whole or not at all, readable by its owner alone. */
export async function saveKeys(path: string, keys: Keys): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(keysText(keys));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
