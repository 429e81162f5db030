/** Where data that others made is at hand. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = process.env.RINGFENCE_CORPORA ?? fileURLToPath(new URL('../../shared/data', import.meta.url));

/** The path of a folder or file: `corpus('chinook/chinook.sql')`. */
export function corpus(path: string): string {
  return `${root}/${path}`;
}

export function hasCorpus(path: string): boolean {
  return existsSync(corpus(path));
}
