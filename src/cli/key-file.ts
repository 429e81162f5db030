/** The keys file, written: whole or not at all. */
import { rm } from 'node:fs/promises';
import { type Keys, saveKeys } from '../database/keys.js';
import { RingfenceError } from '../errors.js';

/** @throws {RingfenceError} `config_invalid` where it cannot be written. */
export async function writeKeyFile(path: string, keys: Keys): Promise<void> {
  try {
    await saveKeys(path, keys);
  } catch (error) {
    throw new RingfenceError('config_invalid', `The keys cannot be written to ${path}.`, {
      cause: error,
      suggestion: 'Check the folder and your rights in it, or name another place with --keys.',
    });
  }
}

/** Takes a keys file away that was written for nothing. */
export async function discardKeyFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
