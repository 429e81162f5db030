/** The official conformance suite, run against a server, and what was expected of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** The protocol versions whose server scenarios are run, at their own wire format. */
export const PROTOCOLS = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;

type Status = 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';

/** What one check came to; where a scenario makes it several times, the worst of them. */
export interface Check {
  /** `<protocol>/<scenario>/<check>`. */
  readonly name: string;
  readonly status: Status;
  readonly message: string;
}

/** Runs every server scenario of one protocol version and gives all checks that were made. */
export async function runSuite(
  entry: string,
  protocol: string,
  url: string,
  results: string,
): Promise<readonly Check[]> {
  const folder = join(results, protocol);
  const child = spawn(
    process.execPath,
    [entry, 'server', '--url', url, '--suite', 'all', '--spec-version', protocol, '--output-dir', folder],
    { cwd: results, stdio: 'ignore' },
  );
  await once(child, 'close');
  const checks = new Map<string, Check>();
  for (const run of (await readdir(folder)).sort()) {
    const scenario = run.replace(/^server-/, '').replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, '');
    for (const { id, status, errorMessage } of made(
      await readFile(join(folder, run, 'checks.json'), 'utf8'),
    )) {
      const check = { name: `${protocol}/${scenario}/${id}`, status, message: errorMessage ?? '' };
      const before = checks.get(check.name);
      if (before === undefined || WORST.indexOf(status) < WORST.indexOf(before.status))
        checks.set(check.name, check);
    }
  }
  return [...checks.values()];
}

const WORST = ['FAILURE', 'WARNING', 'SUCCESS', 'SKIPPED', 'INFO'] as const satisfies readonly Status[];

const MADE = z.array(
  z.object({ id: z.string(), status: z.enum(WORST), errorMessage: z.string().optional() }),
);

function made(text: string): z.infer<typeof MADE> {
  return MADE.parse(JSON.parse(text));
}

/** Checks that are known to fail, by name, with the reason. */
export type Expected = ReadonlyMap<string, string>;

const EXPECTED = z.array(
  z.strictObject({
    reason: z.string().min(20),
    protocols: z.array(z.enum(PROTOCOLS)).min(1),
    checks: z.array(z.string().regex(/^[^/]+\/[^/]+$/)).min(1),
  }),
);

/** Reads `expected-failures.yaml`. A check that is named twice for one protocol is a mistake in it. */
export async function expectedFailures(): Promise<Expected> {
  const path = fileURLToPath(new URL('expected-failures.yaml', import.meta.url));
  const expected = new Map<string, string>();
  for (const { reason, protocols, checks } of EXPECTED.parse(parse(await readFile(path, 'utf8')))) {
    for (const name of protocols.flatMap((protocol) => checks.map((check) => `${protocol}/${check}`))) {
      if (expected.has(name)) throw new Error(`${name} is expected to fail twice`);
      expected.set(name, reason);
    }
  }
  return expected;
}

export interface Comparison {
  readonly passed: number;
  readonly expectedFailures: number;
  readonly warnings: readonly Check[];
  /** Failed, and nobody expected it. */
  readonly unexpected: readonly Check[];
  /** Expected to fail, and did not: it passed, or was not made at all. */
  readonly stale: readonly string[];
}

export function compare(checks: readonly Check[], expected: Expected): Comparison {
  const failed = checks.filter(({ status }) => status === 'FAILURE');
  const names = new Set(failed.map(({ name }) => name));
  return {
    passed: checks.filter(({ status }) => status === 'SUCCESS').length,
    expectedFailures: failed.filter(({ name }) => expected.has(name)).length,
    warnings: checks.filter(({ status }) => status === 'WARNING'),
    unexpected: failed.filter(({ name }) => !expected.has(name)),
    stale: [...expected.keys()].filter((name) => !names.has(name)),
  };
}
