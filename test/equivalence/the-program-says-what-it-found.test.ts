/** `npm run equivalence`, as a program: its closing line and its exit codes. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const TSX = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function equivalence(...options: readonly string[]): Promise<Ended> {
  try {
    const ended = await promisify(execFile)(process.execPath, [TSX, 'equivalence/main.ts', ...options], {
      cwd: checkout,
    });
    return { ...ended, code: 0 };
  } catch (error) {
    return error as Ended;
  }
}

describe('the program', () => {
  it('ends with one line of JSON', async () => {
    const { code, stdout } = await equivalence(
      '--statements',
      '20',
      '--seed',
      '3',
      '--world',
      'lookalike',
      '--server',
      '18',
      '--json',
    );
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ statements: 20, differences: 0, seed: 3 });
    expect(code).toBe(0);
  });

  it.each([
    ['--world', 'nowhere'],
    ['--seeds', '1'],
  ])('says how it is used, of %s %s', async (...options) => {
    const { code, stdout, stderr } = await equivalence(...options);
    expect(stdout).toBe('');
    expect(stderr).toContain('npm run equivalence -- [options]');
    expect(code).toBe(64);
  });
});
