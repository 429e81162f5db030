import { expect } from 'vitest';
import type { Run } from './command-line.js';

/** That a run ended with this code and told a person why on stderr: in words, without a stack, without a password. */
export function expectRefusal(
  run: Run,
  exit: number,
  code: string,
  ...says: readonly (string | RegExp)[]
): void {
  expect({ exit: run.exit, stdout: run.stdout }, run.stderr).toEqual({ exit, stdout: '' });
  expect(run.stderr).toMatch(/^error: \S/m);
  expect(run.stderr).toContain(`code ${code}, exit ${exit}`);
  for (const said of says) expect(run.stderr).toMatch(said);
  expect(run.stderr).not.toMatch(/^\s+at /m);
  expect(run.stderr).not.toMatch(/:\/\/[^\s/]*:[^\s/…]+@/);
}
