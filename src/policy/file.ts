/**
 * The policy file, read: shape checked, preset filled in, hash taken. What a database has to say comes later, in `compilePolicy`.
 */
import { PolicyInvalidError, type PolicyPath, type Position } from './complaint.js';
import { fillIn, type Policy } from './defaults.js';
import { hashPolicy } from './hash.js';
import { checkShape } from './shape.js';
import { readSource } from './source.js';

/** A policy file whose shape is right. */
export interface PolicyFile {
  /** As complaints name it. */
  readonly filename: string;
  /** What the file says, with its preset filled in. */
  readonly policy: Policy;
  /** `sha256:` and 64 hex digits. Equal for files that mean the same: see {@link hashPolicy}. */
  readonly hash: string;
  /** The place of a key in the file, or of the deepest part of the path that is written there. */
  locate(path: PolicyPath): Position;
}

/**
 * Reads a policy file, or says everything that is wrong with its shape.
 *
 * Pure: no file is opened and no database asked. `filename` (default `ringfence.policy.yaml`) is only how complaints name it.
 *
 * @throws {PolicyInvalidError} `policy_invalid`, one line per complaint: `file:line:column  path  message (suggestion)`.
 *
 * @example
 * ```ts
 * const file = parsePolicy(await readFile('ringfence.policy.yaml', 'utf8'));
 * const policy = compilePolicy(file, await introspect(connection));
 * ```
 */
export function parsePolicy(text: string, options: { readonly filename?: string } = {}): PolicyFile {
  const filename = options.filename ?? 'ringfence.policy.yaml';
  const read = readSource(text);
  if ('complaints' in read) throw new PolicyInvalidError(filename, read.complaints);
  const checked = checkShape(read.source);
  if ('complaints' in checked) throw new PolicyInvalidError(filename, checked.complaints);
  const policy = fillIn(checked.document);
  return Object.freeze({ filename, policy, hash: hashPolicy(policy), locate: read.source.locate });
}
