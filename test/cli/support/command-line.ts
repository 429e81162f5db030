import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { compiledPackage } from '../../support/compiled.js';
import { uniqueName } from '../../support/unique-name.js';

/** What a run of the program said, and how it ended. */
export interface Run {
  readonly exit: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as one JSON document. */
  json<T = Record<string, unknown>>(): T;
  /** stdout as JSON lines. */
  lines<T = Record<string, unknown>>(): T[];
}

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: NodeJS.ProcessEnv;
}

/** A folder to work in, and the program `ringfence`, started in it. */
export interface Workplace {
  readonly directory: string;
  path(name: string): string;
  run(args: readonly string[], options?: RunOptions): Promise<Run>;
}

/** An empty folder, and the compiled program. `env` is the program's whole environment, beside PATH. */
export async function workplace(env: NodeJS.ProcessEnv = {}): Promise<Workplace> {
  const directory = join(inject('runDirectory'), uniqueName('workplace'));
  await mkdir(directory);
  const main = join(await compiledPackage(), 'dist', 'cli', 'main.js');
  return {
    directory,
    path: (name) => join(directory, name),
    run: (args, options = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [main, ...args], {
          cwd: directory,
          env: { PATH: process.env.PATH, ...env, ...options.env },
        });
        const said = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
        child.stdout.on('data', (chunk: Buffer) => said.stdout.push(chunk));
        child.stderr.on('data', (chunk: Buffer) => said.stderr.push(chunk));
        child.once('error', reject);
        child.once('close', (code, signal) => {
          const stdout = Buffer.concat(said.stdout).toString('utf8');
          resolve({
            exit: code ?? signal,
            stdout,
            stderr: Buffer.concat(said.stderr).toString('utf8'),
            json: () => JSON.parse(stdout),
            lines: () =>
              stdout
                .split('\n')
                .filter((line) => line !== '')
                .map((line) => JSON.parse(line)),
          });
        });
        // A program that has ended does not read what is still on its way.
        child.stdin.on('error', () => undefined);
        child.stdin.end(options.input ?? '');
      }),
  };
}

/** Runs the program and expects it to end with 0. */
export async function succeed(place: Workplace, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const run = await place.run(args, options);
  expect(run.exit, run.stderr).toBe(0);
  return run;
}
