/** The worlds by name, and which of them can be made here. */
import { hasCorpus } from './corpora.js';
import type { World } from './world.js';
import { chinook } from './worlds/chinook.js';
import { lookalike } from './worlds/lookalike.js';
import { retail } from './worlds/retail.js';

export const WORLDS: readonly World[] = [lookalike, retail, chinook];

const NEEDS: Readonly<Record<string, string>> = {
  retail: 'tau-retail/users.json',
  chinook: 'chinook/chinook.sql',
};

/** What is missing for a world to be made, or undefined. */
export function missingFor(world: World): string | undefined {
  const file = NEEDS[world.name];
  return file === undefined || hasCorpus(file) ? undefined : file;
}
