import { introspect } from '../../../src/database/introspect.js';
import type { Catalog } from '../../../src/policy/catalog.js';
import { compilePolicy } from '../../../src/policy/compile.js';
import type { CompiledPolicy } from '../../../src/policy/compiled.js';
import { parsePolicy } from '../../../src/policy/file.js';
import type { Guess } from '../../../src/policy/guess/guess.js';
import { guessPolicy } from '../../../src/policy/guess/guess-policy.js';
import { writePolicy } from '../../../src/policy/guess/write-policy.js';
import { createDatabase } from '../../support/database.js';
import type { TestServer } from '../../support/test-server.js';

export interface Guessed {
  readonly guess: Guess;
  readonly text: string;
  /** What the text compiles to. Compiling throws on any complaint. */
  readonly policy: CompiledPolicy;
}

/** Guesses, writes, reads back and compiles. */
export function compileGuess(catalog: Catalog, options: Parameters<typeof guessPolicy>[1] = {}): Guessed {
  const guess = guessPolicy(catalog, options);
  const text = writePolicy(guess);
  return { guess, text, policy: compilePolicy(parsePolicy(text), catalog) };
}

/** The catalog of a database that exists for as long as it is read. */
export async function catalogOf(server: TestServer, sql: string): Promise<Catalog> {
  const database = await createDatabase(server, { sql });
  try {
    return await introspect(await database.connect());
  } finally {
    await database.drop();
  }
}

/** Every table of a policy and how it belongs to a tenant, in a line each. */
export function tenancies(policy: CompiledPolicy): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...policy.tables.values()].map(({ name, scope }) => {
      if (scope.kind !== 'scoped') return [name, scope.kind];
      const { columns, via } = scope;
      return [
        name,
        via === null ? `column ${columns[0]?.column}` : `via ${via.parent} on ${via.columns.join(', ')}`,
      ];
    }),
  );
}
