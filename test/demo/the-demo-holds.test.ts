import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { demoDirectory, startDemo } from './support/demo-program.js';

/** What a person would see as one character of one column each. */
const columns = (line: string): number => [...line].length;

describe('ringfence demo', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await demoDirectory();
  });

  it('ends its JSON in the one line that says what came of it', async () => {
    const { exit, stdout, stderr } = await (await startDemo(directory, ['--json'])).ended();
    expect(exit, stderr).toBe(0);
    expect(stdout.split('\n')).toHaveLength(2);
    const closing = JSON.parse(stdout) as Record<string, number> & {
      ledger: object;
      outside: { tried: number; held: number };
    };
    expect(closing).toMatchObject({
      failed: 0,
      leaks: 0,
      altered: 0,
      surprises: [],
      ledger: { verdict: 'intact', streams: 2 },
    });
    expect(closing.calls).toBe(Number(closing.allowed) + Number(closing.denied));
    // Three calls have no boundary to be recorded under: a copied one, an expired one, none.
    expect(closing.ledger).toHaveProperty('events', Number(closing.calls) - 3);
    expect(closing.outside.held).toBe(closing.outside.tried);
    for (const step of ['Creating a PostgreSQL', 'Starting PostgreSQL', 'Planning', 'Applying'])
      expect(stderr).toContain(step);
  });

  it('tells its story again on what the last run left, in plain lines that fit a terminal', async () => {
    const { exit, stdout, stderr } = await (await startDemo(directory)).ended();
    expect(exit, stderr).toBe(0);
    expect(stderr).not.toContain('Creating a PostgreSQL');
    const lines = stdout.split('\n');
    expect(lines.filter((line) => columns(line) > 100)).toEqual([]);
    expect(stdout).not.toMatch(/\u001b|✗|NOT HELD|undefined/);
    // What was tried is said in full.
    expect(lines.filter((line) => /✓ .*….* {2}(allowed|denied|refused|answered|found) /.test(line))).toEqual(
      [],
    );
    expect(stdout).toContain('Northstar Dental: renews March 12, considering churn because support was slow');
    expect(stdout).toContain(
      'without Ringfence: 1 row of Northstar Design: renews April 18, expanding to three new seats',
    );
    for (const layer of [
      'boundary',
      'gate',
      'slice',
      'statement scope',
      'row-level security',
      'seal',
      'ledger',
    ]) {
      expect(
        lines.some((line) => line.startsWith('  ✓') && line.endsWith(layer)),
        layer,
      ).toBe(true);
    }
  });

  it('runs after one that was killed in the middle', async () => {
    const killed = await startDemo(directory);
    await saying(killed, 'Applying');
    killed.child.kill('SIGKILL');
    await killed.ended();
    const { exit, stderr } = await (await startDemo(directory, ['--json'])).ended();
    expect(exit, stderr).toBe(0);
  });

  it('stops its server when it is interrupted', async () => {
    const run = await startDemo(directory);
    await saying(run, 'Planning');
    await access(join(directory, '.ringfence', 'demo.launcher'));
    run.child.kill('SIGINT');
    const { exit, stderr } = await run.ended();
    expect(exit).toBe(130);
    expect(stderr).toContain('Interrupted');
    await expect(access(join(directory, '.ringfence', 'demo.launcher'))).rejects.toThrow();
  });

  it('says what to do where its data cannot be kept', async () => {
    const { exit, stdout } = await (
      await startDemo(directory, ['--json', '--data', '/dev/null/data'])
    ).ended();
    expect(exit).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'server_failed', message: expect.stringContaining('choose another directory') },
    });
  });
});

async function saying(run: Awaited<ReturnType<typeof startDemo>>, word: string): Promise<void> {
  while (!run.progress().includes(word)) {
    if (run.child.exitCode !== null) throw new Error(`the demo ended: ${run.progress()}`);
    await sleep(10);
  }
}
