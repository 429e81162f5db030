/** Whether the framework that is installed is one that an adapter was made for. One that moved on is named, before it is handed anything. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { RingfenceError } from '../errors.js';

export interface Peer {
  /** What imports it, as `ringfence/ai-sdk`. */
  readonly adapter: string;
  readonly name: string;
  /** The versions it was made for, as `^7.0.0`: the same as in `peerDependencies`. */
  readonly range: string;
}

/**
 * @param used What the adapter uses of it, by name.
 * @throws {RingfenceError} `config_invalid` where the version is another, or something that is used is not there. Where no version can be
 * found, as in a bundle, only the second is looked at.
 */
export function assertPeer({ adapter, name, range }: Peer, used: Readonly<Record<string, unknown>>): void {
  const version = installedVersion(name);
  const suggestion = `npm install "${name}@${range}"`;
  if (version !== undefined && !isInRange(version, range)) {
    throw new RingfenceError(
      'config_invalid',
      `${adapter} works with ${name} ${range}, and ${version} is installed.`,
      { suggestion },
    );
  }
  const missing = Object.keys(used).filter((part) => typeof used[part] !== 'function');
  if (missing.length === 0) return;
  throw new RingfenceError(
    'config_invalid',
    `${adapter} uses ${missing.join(', ')} of ${name} ${range}, which ${version ?? 'the one that is there'} does not have.`,
    { suggestion },
  );
}

const versions = new Map<string, string | undefined>();

/** The version of the package that an import from here finds. */
function installedVersion(name: string): string | undefined {
  if (!versions.has(name)) versions.set(name, readVersion(name));
  return versions.get(name);
}

function readVersion(name: string): string | undefined {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const manifest = folders
    .map((folder) => join(folder, name, 'package.json'))
    .find((path) => existsSync(path));
  if (manifest === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version?: unknown };
  return typeof version === 'string' ? version : undefined;
}

/** Whether a caret range of three numbers has the version (https://semver.org, as npm reads carets). */
function isInRange(version: string, range: string): boolean {
  const [major = 0, minor = 0, patch = 0] = numbers(version);
  const [fromMajor = 0, fromMinor = 0, fromPatch = 0] = numbers(range);
  if (major !== fromMajor) return false;
  if (minor !== fromMinor) return major > 0 && minor > fromMinor;
  return patch >= fromPatch;
}

function numbers(text: string): readonly number[] {
  return text.replace(/^\^/, '').split(/[-+]/, 1).join('').split('.').map(Number);
}
