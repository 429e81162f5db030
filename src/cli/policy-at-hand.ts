/** The policy for a command that can do without one. */
import { existsSync } from 'node:fs';
import type { PolicyFile } from '../policy/file.js';
import type { CommandContext } from './context.js';
import { DEFAULT_POLICY, readPolicy } from './settings.js';

/** The policy that was named, or the one that is here, unless whose rows are whose is to be guessed. */
export async function policyAtHand(
  { options: { policy } }: CommandContext,
  { guess, tenant }: { readonly guess?: boolean; readonly tenant?: string },
): Promise<PolicyFile | undefined> {
  if (guess === true || (policy === DEFAULT_POLICY && (tenant !== undefined || !existsSync(policy))))
    return undefined;
  return readPolicy(policy);
}
