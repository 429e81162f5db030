/** How often a process looks for deadlines that have passed: soon enough that none is written down a second late. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSweeper } from '../../src/approvals/sweeper.js';

describe('a process', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('looks as soon as it starts, and then at least twice a second', async () => {
    const looks: number[] = [];
    const began = Date.now();
    const sweeper = startSweeper({
      expire: async () => {
        looks.push(Date.now() - began);
        return 0;
      },
      onError: () => undefined,
    });
    await vi.advanceTimersByTimeAsync(5_000);
    await sweeper.stop();
    expect(looks[0]).toBe(0);
    for (const [n, look] of looks.entries()) expect(look - (looks[n - 1] ?? 0)).toBeLessThanOrEqual(500);
    const { length } = looks;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(looks).toHaveLength(length);
    expect(length).toBeGreaterThanOrEqual(10);
  });

  it('goes on at once while there are more than it takes in one go', async () => {
    const left = [100, 100, 3];
    let looks = 0;
    const sweeper = startSweeper({
      expire: async () => {
        looks++;
        return left.shift() ?? 0;
      },
      onError: () => undefined,
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(looks).toBe(3);
    await sweeper.stop();
  });

  it('says that it could not look, and looks less and less often until it can', async () => {
    const failed: unknown[] = [];
    let down = true;
    let looks = 0;
    const sweeper = startSweeper({
      expire: async () => {
        looks++;
        if (down) throw new Error('down');
        return 0;
      },
      onError: (error) => failed.push(error),
    });
    await vi.advanceTimersByTimeAsync(4_000);
    expect(failed).toHaveLength(looks);
    expect(looks).toBeLessThan(6);
    down = false;
    await vi.advanceTimersByTimeAsync(30_000);
    const then = looks;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(looks - then).toBeGreaterThanOrEqual(2);
    await sweeper.stop();
  });
});
