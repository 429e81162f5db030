/** The schedule of refreshes, without a database: when it looks, how many run at once, how it ends. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RefreshOutcome, ViewName } from '../../src/database/refresh.js';
import { type Refresher, startRefresher } from '../../src/database/refresher.js';

const view = (name: string): ViewName => ({ schema: 'public', view: name });

describe('the schedule of refreshes', () => {
  let due: ViewName[];
  let looks: number;
  let looksFail: boolean;
  let running: Map<string, { end(outcome: RefreshOutcome | Error): void; readonly signal: AbortSignal }>;
  let told: string[];
  let refresher: Refresher;

  beforeEach(() => {
    vi.useFakeTimers();
    [due, looks, looksFail, running, told] = [[], 0, false, new Map(), []];
    refresher = startRefresher({
      intervalMs: 1_000,
      next: async () => {
        looks++;
        if (looksFail) throw new Error('no database');
        return due.shift() ?? null;
      },
      refresh: (one, signal) =>
        new Promise((resolve, reject) => {
          const end = (outcome: RefreshOutcome | Error): void => {
            running.delete(one.view);
            if (outcome instanceof Error) reject(outcome);
            else resolve(outcome);
          };
          running.set(one.view, { end, signal });
        }),
      onFailure: (one, failure) =>
        told.push(`${one.view}: ${failure instanceof Error ? failure.message : failure.sqlstate}`),
      onError: (error) => told.push(String(error)),
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  const DONE: RefreshOutcome = { kind: 'refreshed' };

  it('looks first after an interval, and then at each', async () => {
    await pass(999);
    expect(looks).toBe(0);
    await pass(1);
    expect(looks).toBe(1);
    await pass(3_000);
    expect(looks).toBe(4);
    await refresher.stop();
    await pass(10_000);
    expect(looks).toBe(4);
  });

  it('refreshes two at once, the others as those end', async () => {
    due = ['a', 'b', 'c'].map(view);
    await pass(1_000);
    expect([...running.keys()]).toEqual(['a', 'b']);
    await pass(5_000);
    expect([...running.keys()]).toEqual(['a', 'b']);
    running.get('b')?.end(DONE);
    await pass(1_000);
    expect([...running.keys()]).toEqual(['a', 'c']);
    running.get('a')?.end(DONE);
    running.get('c')?.end({ kind: 'elsewhere' });
    await refresher.stop();
    expect(told).toEqual([]);
  });

  it('tells what failed, and goes on', async () => {
    due = ['a', 'b', 'c'].map(view);
    await pass(1_000);
    running.get('a')?.end({ kind: 'failed', sqlstate: '22012', message: 'division by zero' });
    running.get('b')?.end(new Error('connection lost'));
    await pass(1_000);
    expect(told).toEqual(['a: 22012', 'b: connection lost']);
    expect([...running.keys()]).toEqual(['c']);
  });

  it('looks less often while the database cannot be asked, and as before once it can', async () => {
    looksFail = true;
    await pass(1_000 + 2_000 + 4_000);
    expect(looks).toBe(3);
    expect(told).toHaveLength(3);
    await pass(7_999);
    expect(looks).toBe(3);
    looksFail = false;
    await pass(1);
    await pass(2_000);
    expect(looks).toBe(6);
  });

  it('ends when what runs has been told to end, and tells nobody of that', async () => {
    due = [view('a')];
    await pass(1_000);
    let stopped = false;
    const stopping = refresher.stop().then(() => {
      stopped = true;
    });
    await pass(0);
    expect(stopped).toBe(false);
    expect(running.get('a')?.signal.aborted).toBe(true);
    running.get('a')?.end({ kind: 'failed', sqlstate: '57014', message: 'canceled' });
    await stopping;
    expect(told).toEqual([]);
  });
});
