import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

const root = process.env.RINGFENCE_CORPORA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** The path of a file of data that others made: `corpus('chinook/chinook.sql')`. */
export function corpus(path: string): string {
  return `${root}/${path}`;
}

/** `describe`, where the folder of that name is at hand; otherwise skipped, and says so. */
export function describeWithCorpus(folder: string, name: string, tests: () => void): void {
  if (existsSync(corpus(folder))) describe(name, tests);
  // Not `describe.skip`, which runs the body all the same to find its tests, and bodies read the folder.
  else describe(name, () => it.skip(`no ${folder} in ${root}; set RINGFENCE_CORPORA`, () => {}));
}
