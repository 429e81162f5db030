/** What every command is told: which database, which policy, which keys, and how to answer. */
import { readFile } from 'node:fs/promises';
import { isPostgresUrl } from '../database/login-url.js';
import { RingfenceError } from '../errors.js';
import { type PolicyFile, parsePolicy } from '../policy/file.js';

export const DEFAULT_POLICY = 'ringfence.policy.yaml';
export const DEFAULT_KEYS = '.ringfence/keys.json';

/** The options that every command takes, as commander reads them. */
export interface GlobalOptions {
  readonly url?: string;
  readonly policy: string;
  readonly keys: string;
  readonly json?: boolean;
}

/**
 * The URL that administers the database: `--url`, else RINGFENCE_ADMIN_URL, else DATABASE_URL.
 * @throws {RingfenceError} `config_invalid` where there is none, or it is not one of PostgreSQL.
 */
export function adminUrl(options: GlobalOptions, environment: NodeJS.ProcessEnv): string {
  const [source, url] =
    options.url !== undefined
      ? ['--url', options.url]
      : environment.RINGFENCE_ADMIN_URL
        ? ['RINGFENCE_ADMIN_URL', environment.RINGFENCE_ADMIN_URL]
        : ['DATABASE_URL', environment.DATABASE_URL ?? ''];
  if (url === '') {
    throw new RingfenceError('config_invalid', 'Which database? No URL was given.', {
      suggestion: 'Pass --url postgres://admin:…@host/database, or set RINGFENCE_ADMIN_URL or DATABASE_URL.',
    });
  }
  if (!isPostgresUrl(url)) {
    throw new RingfenceError('config_invalid', `${source} is not the URL of a PostgreSQL database.`, {
      suggestion: 'It looks like this: postgres://admin:…@host:5432/database',
    });
  }
  return url;
}

/**
 * Reads the policy file.
 * @throws {RingfenceError} `config_invalid` where it cannot be read; `policy_invalid` with line numbers where it is wrong.
 */
export async function readPolicy(path: string): Promise<PolicyFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new RingfenceError(
      'config_invalid',
      absent ? `There is no policy at ${path}.` : `The policy ${path} cannot be read.`,
      {
        cause: error,
        suggestion: absent
          ? 'Write one with "ringfence init", or name yours with --policy FILE.'
          : 'Check that it is a file and that you may read it.',
      },
    );
  }
  return parsePolicy(text, { filename: path });
}
