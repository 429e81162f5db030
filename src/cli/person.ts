/** Whose word it is: a person's boundary, from a token or on the word of whoever runs the command. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { Boundary } from '../boundary/boundary.js';
import { RingfenceError } from '../errors.js';
import { authenticate, DEFAULT_SCOPES, openPersonBoundary, ScopeError } from '../http/authenticate.js';
import type { Ringfence } from '../ringfence.js';
import { type TokenOptions, tokenVerifier, withTokenOptions } from './token-options.js';
import { UsageError } from './usage-error.js';

export interface PersonOptions extends TokenOptions {
  readonly tenant?: string;
  readonly user?: string;
  readonly role?: string;
  readonly workspace?: string;
}

/** Adds the flags to a command. */
export function withPersonOptions(command: Command): Command {
  return withTokenOptions(
    command
      .option('--tenant <tenant>', 'the tenant whose approvals they are')
      .option('--user <user>', 'who you are')
      .option('--role <role>', 'your role')
      .option('--workspace <workspace>', 'your workspace in the tenant'),
  );
}

/** How to open the boundary, once Ringfence is open. Never half by a token and half by flags. */
export function personBoundary(
  options: PersonOptions,
  environment: NodeJS.ProcessEnv,
): (ringfence: Ringfence) => Promise<Boundary> {
  const { tenant, user, role, workspace } = options;
  const token = environment.RINGFENCE_TOKEN;
  if (token) {
    if ([tenant, user, role, workspace].some((said) => said !== undefined)) {
      throw new UsageError(
        'RINGFENCE_TOKEN is set, and flags say who you are as well.',
        'A token says it: leave out --tenant, --user, --role and --workspace, or the token.',
      );
    }
    const verify = tokenVerifier(options, environment);
    return async (ringfence) => {
      try {
        const caller = await authenticate(`Bearer ${token}`, verify, DEFAULT_SCOPES, ringfence.catalogue);
        return await openPersonBoundary(ringfence, caller, undefined);
      } catch (error) {
        if (!(error instanceof ScopeError)) throw error;
        throw new RingfenceError('token_invalid', `The token lacks the scope "${DEFAULT_SCOPES.approve}".`, {
          cause: error,
          suggestion: 'Ask for it when you sign in.',
        });
      }
    };
  }
  if (tenant === undefined || user === undefined || role === undefined) {
    throw new UsageError(
      'Who are you? Neither RINGFENCE_TOKEN nor all of --tenant, --user and --role are given.',
      'Set RINGFENCE_TOKEN, or pass --tenant, --user and --role.',
    );
  }
  const actor = { kind: 'operator', id: accountName() } as const;
  return async (ringfence) => ringfence.trustedBoundary({ tenant, user, role, workspace, actor });
}

/** The account that runs this; a process may run under a number that no account has. */
function accountName(): string {
  try {
    return userInfo().username || 'operator';
  } catch {
    return 'operator';
  }
}
