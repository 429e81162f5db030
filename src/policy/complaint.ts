/**
 * What is wrong with a policy, where, and what to do about it. All of it at once, never the first fault only.
 */
import { RingfenceError } from '../errors.js';

/** A place in the policy file. Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A path into the policy file: keys as written, list positions from 0. */
export type PolicyPath = readonly (string | number)[];

export interface PolicyComplaint extends Position {
  /** Dotted, as a person would say it: `roles.support.tables.customer.mask.email`. Empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** What to write instead, where it is known. */
  readonly suggestion?: string;
}

/**
 * A policy that is not accepted: code `policy_invalid`, one line per complaint in the message, the same as data in `complaints`.
 *
 * @example
 * ```ts
 * try {
 *   parsePolicy(text, { filename });
 * } catch (error) {
 *   if (!(error instanceof PolicyInvalidError)) throw error;
 *   for (const { line, path, message } of error.complaints) editor.underline(line, `${path}: ${message}`);
 * }
 * ```
 */
export class PolicyInvalidError extends RingfenceError {
  /** In the order of the file. Never empty. */
  readonly complaints: readonly PolicyComplaint[];

  constructor(filename: string, complaints: readonly PolicyComplaint[]) {
    const inOrder = [...complaints].sort((a, b) => a.line - b.line || a.column - b.column);
    super('policy_invalid', inOrder.map((complaint) => printComplaint(filename, complaint)).join('\n'), {
      suggestion: `Correct ${filename} and try again; nothing has been changed.`,
    });
    this.complaints = Object.freeze(inOrder);
  }
}

/** One complaint as one line: `file:line:column  path  message (suggestion)`. */
function printComplaint(filename: string, complaint: PolicyComplaint): string {
  const place = `${filename}:${complaint.line}:${complaint.column}`;
  const advice = complaint.suggestion === undefined ? '' : ` (${complaint.suggestion})`;
  return [place, complaint.path, `${complaint.message}${advice}`].filter((part) => part !== '').join('  ');
}

/** A path as people write it: `roles.support.tools[2]`. */
export function printPath(path: PolicyPath): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}
