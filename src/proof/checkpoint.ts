/** Checkpoints (https://c2sp.org/tlog-checkpoint): whose log, how many leaves, which root. What is signed is this text and no more. */
import { fromBase64, toBase64 } from './bytes.js';

export interface Checkpoint {
  /** Which log: an opaque name. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** The three lines. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** Reads the text of a note, or null where it is no checkpoint. Lines after the third are passed over. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const [origin = '', size = '', encoded = '', ...rest] = text.split('\n');
  if (origin === '' || rest.length === 0 || rest.at(-1) !== '' || rest.slice(0, -1).includes('')) return null;
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) return null;
  const root = fromBase64(encoded);
  if (root?.length !== 32) return null;
  return { origin, size: Number(size), root };
}
