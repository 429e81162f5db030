import type { Catalog } from '../../../src/policy/catalog.js';
import { compilePolicy } from '../../../src/policy/compile.js';
import type { CompiledPolicy, SliceTable } from '../../../src/policy/compiled.js';
import { PolicyInvalidError } from '../../../src/policy/complaint.js';
import { type PolicyFile, parsePolicy } from '../../../src/policy/file.js';
import { chinook } from './catalog.js';

const HEAD = `version: 1
preset: development
`;

/** A policy without the lines that every one begins with. Its own first line is line 3. */
function policyFile(body: string): PolicyFile {
  return parsePolicy(HEAD + body, { filename: 'p.yaml' });
}

export function compiled(body: string, catalog: Catalog = chinook): CompiledPolicy {
  return compilePolicy(policyFile(body), catalog);
}

/** One table of the role `support`. */
export function slice(body: string, table: string, catalog: Catalog = chinook): SliceTable {
  const found = compiled(body, catalog).roles.get('support')?.tables.get(table);
  if (found === undefined) throw new Error(`the policy has no ${table} for support`);
  return found;
}

/** Every complaint, as the lines of the message. Fails where there is none. */
export function complaints(make: () => unknown): readonly string[] {
  try {
    make();
  } catch (error) {
    if (error instanceof PolicyInvalidError) return error.message.split('\n');
    throw error;
  }
  throw new Error('nothing was complained of');
}

/** The complaints of compiling a policy without its first lines. */
export function refused(body: string, catalog: Catalog = chinook): readonly string[] {
  const file = policyFile(body);
  return complaints(() => compilePolicy(file, catalog));
}

/** The warnings of a policy, as `line path: message`. */
export function warnings(body: string, catalog: Catalog = chinook): readonly string[] {
  return compiled(body, catalog).warnings.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}
