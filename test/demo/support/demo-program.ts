import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { compiledPackage } from '../../support/compiled.js';
import { uniqueName } from '../../support/unique-name.js';

/** What a run of the demo said and how it ended. */
export interface DemoRun {
  readonly child: ChildProcess;
  /** Everything on standard error so far. */
  progress(): string;
  ended(): Promise<{ readonly exit: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** An empty directory to run the demo in. */
export async function demoDirectory(): Promise<string> {
  const directory = join(inject('runDirectory'), uniqueName('demo'));
  await mkdir(directory, { mode: 0o755 });
  return directory;
}

/** Starts `ringfence demo` there, with no terminal. */
export async function startDemo(directory: string, args: readonly string[] = []): Promise<DemoRun> {
  const program = join(await compiledPackage(), 'dist', 'cli', 'main.js');
  const child = spawn(process.execPath, [program, 'demo', ...args], {
    cwd: directory,
    env: { ...process.env, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = once(child, 'close');
  return {
    child,
    progress: () => stderr,
    ended: async () => {
      await closed;
      return { exit: child.exitCode, stdout, stderr };
    },
  };
}
