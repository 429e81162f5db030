import { describe, expect, it, vi } from 'vitest';
import { startBackgroundWork } from '../../src/background-work.js';

describe('a sequencer', () => {
  it('looks again until nothing is pending, one look at a time', async () => {
    let pending = 5;
    let under = 0;
    let most = 0;
    const run = async (): Promise<number> => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setImmediate(resolve));
      under--;
      return pending > 0 ? pending-- : 0;
    };
    const sequencer = startBackgroundWork({ run, intervalMs: 1 });
    await vi.waitFor(() => expect(pending).toBe(0));
    await sequencer.stop();
    expect(most).toBe(1);
  });

  it('reports a failed look and goes on', async () => {
    let looks = 0;
    const errors: unknown[] = [];
    const sequencer = startBackgroundWork({
      intervalMs: 1,
      run: async () => {
        if (++looks < 3) throw new Error(`look ${looks}`);
        return 0;
      },
      onError: (error) => errors.push(error),
    });
    await vi.waitFor(() => expect(looks).toBeGreaterThan(3));
    await sequencer.stop();
    expect(errors).toEqual([new Error('look 1'), new Error('look 2')]);
  });

  it('does not look again once stopped, and waits for the look under way', async () => {
    let looks = 0;
    let over = false;
    let release = (): void => undefined;
    const sequencer = startBackgroundWork({
      intervalMs: 1,
      run: async () => {
        looks++;
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        over = true;
        return 1;
      },
    });
    await vi.waitFor(() => expect(looks).toBe(1));
    const stopping = sequencer.stop();
    release();
    await stopping;
    expect(over).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(looks).toBe(1);
  });

  it('flushes although another process leads for a while', async () => {
    const answers = [null, 3, null, 2, 0, 99];
    const sequencer = startBackgroundWork({
      run: async () => answers.shift() as number | null,
      intervalMs: 1_000_000,
    });
    await sequencer.flush();
    expect(answers).toEqual([99]);
    await sequencer.stop();
  });

  it('says so when a flush fails', async () => {
    const sequencer = startBackgroundWork({
      run: () => Promise.reject(new Error('down')),
      intervalMs: 1_000_000,
    });
    await expect(sequencer.flush()).rejects.toThrow('down');
    await sequencer.stop();
  });
});
