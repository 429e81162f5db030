import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
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

/** A run that goes on. */
interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Run>;
}

/** A folder to work in, and the program `ringfence`, started in it. */
export interface Workplace {
  readonly directory: string;
  /** The environment that programs get. */
  readonly env: Readonly<Record<string, string>>;
  path(name: string): string;
  /** Starts the program; its standard input stays open. */
  start(args: readonly string[], env?: NodeJS.ProcessEnv): Running;
  /** Runs the program to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Run>;
}

/** An empty folder, and the compiled program. `env` is the program's whole environment, beside PATH. */
export async function workplace(env: NodeJS.ProcessEnv = {}): Promise<Workplace> {
  const directory = join(inject('runDirectory'), uniqueName('workplace'));
  await mkdir(directory);
  const main = join(await compiledPackage(), 'dist', 'cli', 'main.js');
  const start: Workplace['start'] = (args, more = {}) => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: directory,
      env: { PATH: process.env.PATH, ...env, ...more },
    });
    // A program that has ended does not read what is still on its way.
    child.stdin.on('error', () => undefined);
    return { child, ended: outcome(child) };
  };
  return {
    directory,
    env: Object.fromEntries(
      Object.entries({ PATH: process.env.PATH, ...env }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    ),
    path: (name) => join(directory, name),
    start,
    run: (args, options = {}) => {
      const { child, ended } = start(args, options.env);
      child.stdin.end(options.input ?? '');
      return ended;
    },
  };
}

/** Puts what modules in the folder import beside them: the package, and zod. */
export async function installPackage(place: Workplace): Promise<void> {
  const home = await compiledPackage();
  await mkdir(place.path('node_modules'));
  await symlink(home, place.path('node_modules/ringfence'));
  await symlink(join(home, 'node_modules/zod'), place.path('node_modules/zod'));
}

function outcome(child: ChildProcessWithoutNullStreams): Promise<Run> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const stdout = Buffer.concat(out).toString('utf8');
      const lines = stdout.split('\n').filter((line) => line !== '');
      resolve({
        exit: code ?? signal,
        stdout,
        stderr: Buffer.concat(err).toString('utf8'),
        json: () => JSON.parse(stdout),
        lines: () => lines.map((line) => JSON.parse(line)),
      });
    });
  });
}

/** Runs the program and expects it to end with 0. */
export async function succeed(
  place: Workplace,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Run> {
  const run = await place.run(args, options);
  expect(run.exit, run.stderr).toBe(0);
  return run;
}
