/** `ringfence keys`: another signing key, without a moment in which claims do not verify. */
import type { Command } from 'commander';
import type { Administrator } from '../../database/administrator.js';
import { addClaimKeys, installClaimKeys } from '../../database/credentials.js';
import { compareClaimKeys, requireInstallation, rotatedElsewhere } from '../../database/installation.js';
import {
  dropOldCheckpointKeys,
  dropOldClaimKeys,
  type Keys,
  loadKeys,
  rotateCheckpointKey,
  rotateClaimKey,
} from '../../database/keys.js';
import { RingfenceError } from '../../errors.js';
import { checkpointKeys } from '../../ledger/checkpointer.js';
import { createNoteSigner } from '../../ledger/note.js';
import { administer } from '../administer.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { writeKeyFile } from '../key-file.js';
import type { Start } from '../program.js';

const EXAMPLES = `
Examples:
  $ ringfence keys rotate        a new key signs; the old ones go on verifying
  (give the keys file to every process that serves agents, and restart it)
  $ ringfence keys drop-old      only the new key verifies

Checkpoints of the ledger are signed with another key, which only the keys file has:

  $ ringfence keys rotate --checkpoints      old and new sign together; tell auditors the new one: ringfence audit keys
  $ ringfence keys drop-old --checkpoints    only the new key signs; what the old one signed still verifies`;

export function addKeys(program: Command, start: Start): void {
  const keys = program
    .command('keys')
    .description('rotate the keys that sign claims, or checkpoints')
    .addHelpText('after', EXAMPLES);
  keys
    .command('rotate')
    .description('a new signing key, in the database and in the keys file; the old ones go on verifying')
    .option('--checkpoints', 'the key that signs checkpoints, in place of the one for claims')
    .addHelpText('after', EXAMPLES)
    .action(start(rotate));
  keys
    .command('drop-old')
    .description('leave only the signing key; do it once every process has the new keys file')
    .option('--checkpoints', 'the keys that sign checkpoints, in place of those for claims')
    .addHelpText('after', EXAMPLES)
    .action(start(dropOld));
}

interface KeyOptions {
  readonly checkpoints?: boolean;
}

async function rotate(context: CommandContext, { checkpoints }: KeyOptions): Promise<ExitCode> {
  if (checkpoints === true) {
    return changeCheckpointKeys(
      context,
      rotateCheckpointKey,
      'Give the keys file to every process that signs, and auditors the new key; then: ringfence keys drop-old --checkpoints',
    );
  }
  const keys = await administer(context, async (administrator) => {
    const rotated = rotateClaimKey(await ownKeys(context, administrator));
    await inTransaction(administrator, () => addClaimKeys(administrator, rotated));
    // The database first: a key that it does not know yet must never sign.
    await writeKeyFile(context.options.keys, rotated);
    return rotated;
  });
  await report(
    context,
    keys,
    'Give the keys file to every process that serves agents; then: ringfence keys drop-old',
  );
  return 0;
}

async function dropOld(context: CommandContext, { checkpoints }: KeyOptions): Promise<ExitCode> {
  if (checkpoints === true) {
    const vkeyOf = (name: string, seed: Buffer): string => createNoteSigner(name, seed).verifier.vkey;
    return changeCheckpointKeys(context, (keys) => dropOldCheckpointKeys(keys, vkeyOf), null);
  }
  const keys = await administer(context, async (administrator) => {
    const found = await ownKeys(context, administrator);
    if (await rotatedElsewhere(administrator, found)) {
      throw new RingfenceError(
        'config_invalid',
        `The database has a newer signing key than ${context.options.keys}: another copy of that file was rotated. Nothing was changed.`,
        { suggestion: 'Use that copy, which has the newer key; or run "ringfence keys rotate" here first.' },
      );
    }
    const left = dropOldClaimKeys(found);
    await inTransaction(administrator, async () => {
      await installClaimKeys(administrator, left);
      await writeKeyFile(context.options.keys, left);
    });
    return left;
  });
  await report(context, keys, null);
  return 0;
}

/** The database has no part in it: it never sees these keys. */
async function changeCheckpointKeys(
  context: CommandContext,
  change: (keys: Keys) => Keys,
  next: string | null,
): Promise<ExitCode> {
  const { terminal, options, environment } = context;
  refuseEnvironment(environment);
  const keys = change(await loadKeys(options.keys, environment));
  if (keys.checkpoint === null) {
    throw new RingfenceError('key_missing', `${options.keys} holds no checkpoint key.`, {
      suggestion: 'Make one with "ringfence keys rotate --checkpoints".',
    });
  }
  await writeKeyFile(options.keys, keys);
  const { signers, verifiers } = checkpointKeys(keys.checkpoint);
  const signing = signers.map(({ verifier }) => verifier.vkey);
  const retired = verifiers.map(({ vkey }) => vkey).slice(signing.length);
  if (terminal.json) {
    await terminal.answerJson({ keys: options.keys, signing, retired });
    return 0;
  }
  for (const vkey of signing) await terminal.answer(`${vkey} signs`);
  if (next !== null) terminal.say(next);
  return 0;
}

function refuseEnvironment(environment: NodeJS.ProcessEnv): void {
  if (!environment.RINGFENCE_KEYS) return;
  throw new RingfenceError(
    'config_invalid',
    'The keys come from RINGFENCE_KEYS, which this command cannot change.',
    { suggestion: 'Unset it and name the keys file with --keys.' },
  );
}

/** The keys of the file, checked to be those of the database. */
async function ownKeys(context: CommandContext, administrator: Administrator): Promise<Keys> {
  refuseEnvironment(context.environment);
  const keys = await loadKeys(context.options.keys, context.environment);
  await requireInstallation(administrator);
  if ((await compareClaimKeys(administrator, keys)) === 'foreign') {
    throw new RingfenceError(
      'config_invalid',
      `The keys in ${context.options.keys} are not the ones that this database was installed with. Nothing was changed.`,
      { suggestion: 'Give the right file with --keys, or the right database with --url.' },
    );
  }
  return keys;
}

async function inTransaction(administrator: Administrator, work: () => Promise<void>): Promise<void> {
  await administrator.query('begin');
  try {
    await work();
    await administrator.query('commit');
  } catch (error) {
    await administrator.query('rollback').catch(() => undefined);
    throw error;
  }
}

async function report({ terminal, options }: CommandContext, keys: Keys, next: string | null): Promise<void> {
  const [signing, ...verifying] = keys.claimKeys.map(({ id }) => id);
  if (terminal.json) {
    await terminal.answerJson({ keys: options.keys, signing, verifying });
    return;
  }
  await terminal.answer(
    `${signing} signs${verifying.length === 0 ? '' : `; ${verifying.join(', ')} still verify`}.`,
  );
  if (next !== null) terminal.say(next);
}
