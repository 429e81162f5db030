/** What tokens are verified with, from flags and the environment. A secret comes from the environment alone: arguments are seen by others. */
import type { Command } from 'commander';
import { createTokenVerifier, type TokenVerifier } from '../boundary/token.js';
import type { TokenKeys } from '../boundary/token-keys.js';
import { RingfenceError } from '../errors.js';

export interface TokenOptions {
  readonly issuer?: string;
  readonly audience?: string;
  readonly jwksUrl?: string;
  readonly tenantClaim?: string;
}

/** Adds the flags to a command. */
export function withTokenOptions(command: Command): Command {
  return command
    .option('--issuer <issuer>', 'who may have issued tokens; else RINGFENCE_ISSUER')
    .option('--audience <audience>', 'who tokens must be meant for; else RINGFENCE_AUDIENCE')
    .option('--jwks-url <url>', "where the issuer's keys are; else RINGFENCE_JWKS_URL")
    .option(
      '--tenant-claim <name>',
      'the claim that names the tenant; else RINGFENCE_TENANT_CLAIM, else tenant',
    );
}

/** Lines of `--help` on the environment. */
export const TOKEN_ENVIRONMENT = `  RINGFENCE_ISSUER, RINGFENCE_AUDIENCE, RINGFENCE_JWKS_URL, RINGFENCE_TENANT_CLAIM   in place of the flags
  RINGFENCE_TOKEN_KEY      the issuer's public key as PEM, in place of a key set's URL
  RINGFENCE_TOKEN_SECRET   a secret shared with the issuer (HS256), in place of either`;

/** @throws {RingfenceError} `config_invalid` where something is missing or given twice. */
export function tokenVerifier(options: TokenOptions, environment: NodeJS.ProcessEnv): TokenVerifier {
  const issuer = options.issuer ?? environment.RINGFENCE_ISSUER ?? '';
  const audience = options.audience ?? environment.RINGFENCE_AUDIENCE ?? '';
  const tenant = options.tenantClaim ?? environment.RINGFENCE_TENANT_CLAIM;
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (value !== '') continue;
    throw new RingfenceError(
      'config_invalid',
      `Which ${name}? Tokens made by anybody, for anybody, prove nothing.`,
      {
        suggestion: `Pass --${name}, or set RINGFENCE_${name.toUpperCase()}.`,
      },
    );
  }
  return createTokenVerifier({
    issuer,
    audience,
    ...keysOf(options, environment),
    ...(tenant === undefined ? {} : { claims: { tenant } }),
  });
}

function keysOf(options: TokenOptions, environment: NodeJS.ProcessEnv): TokenKeys {
  const jwksUrl = options.jwksUrl ?? environment.RINGFENCE_JWKS_URL;
  const { RINGFENCE_TOKEN_KEY: key, RINGFENCE_TOKEN_SECRET: secret } = environment;
  const given = [jwksUrl, key, secret].filter((value) => value !== undefined && value !== '');
  if (given.length !== 1) {
    throw new RingfenceError(
      'config_invalid',
      given.length === 0
        ? 'There is no key to verify tokens with.'
        : 'There is more than one key to verify tokens with.',
      { suggestion: 'Give one of --jwks-url, RINGFENCE_TOKEN_KEY and RINGFENCE_TOKEN_SECRET.' },
    );
  }
  if (jwksUrl) return { jwksUrl };
  return key ? { key } : { secret: secret ?? '' };
}
