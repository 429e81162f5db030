import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A Node program that a test has started beside itself. */
export interface Program {
  readonly child: ChildProcess;
  /** The next line it prints; rejects with all it has said if it ends before that. */
  line(): Promise<string>;
  /** Waits until it has ended and gives its exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals | null>;
}

/** Runs the text of an ES module as a program. */
export function startProgram(source: string, options: SpawnOptions = {}): Program {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let rest = '';
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const closed = once(child, 'close');
  return {
    child,
    line: async () => {
      while (lines.length === 0) {
        const open = child.stdout?.readableEnded === false;
        if (!open) throw new Error(`the program ended: ${said}${rest}`);
        await Promise.race([closed, once(child.stdout ?? child, 'data')]);
      }
      return lines.shift() ?? '';
    },
    ended: async () => {
      await closed;
      return child.exitCode ?? child.signalCode;
    },
  };
}
