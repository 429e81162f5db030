/**
 * Names in the policy file, so that the policy reads back exactly the table and the column that were meant.
 */
import type { CatalogTable } from '../catalog.js';
import { printName } from '../name.js';
import type { Guess } from './guess.js';

/** A table as the policy names it: as SQL would, the default schema left out. */
export function policyName(guess: Pick<Guess, 'schema'>, table: CatalogTable): string {
  const name = printName(table.schema === guess.schema ? [table.name] : [table.schema, table.name]);
  // The one bare word that no policy may have as a key.
  return name === '__proto__' ? '"__proto__"' : name;
}

/** A column as a key of the policy: to the letter. */
export function columnKey(column: string): string {
  return column === '__proto__' ? '"__proto__"' : column;
}
