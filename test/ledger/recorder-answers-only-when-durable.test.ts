import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RingfenceError } from '../../src/errors.js';
import { createRecorder } from '../../src/ledger/recorder.js';

const unavailable = expect.objectContaining({ code: 'ledger_unavailable' });

function databaseError(code: string, severity = 'ERROR'): Error {
  return Object.assign(new Error('from the server'), { code, severity });
}

/** A `send` whose batches the test lets go one by one. */
function gatedSend() {
  const sent: { readonly batch: readonly string[]; release(): void; fail(error: unknown): void }[] = [];
  const send = (batch: readonly string[]): Promise<void> =>
    new Promise((resolve, reject) => sent.push({ batch, release: resolve, fail: reject }));
  return { sent, send };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a recorder', () => {
  it('sends the first event at once and makes one batch of what arrives meanwhile', async () => {
    const { sent, send } = gatedSend();
    const recorder = createRecorder({ send });
    const all = ['a', 'b', 'c'].map((event) => recorder.record(event));
    expect(sent.map(({ batch }) => batch)).toEqual([['a']]);
    sent[0]?.release();
    await all[0];
    await settled();
    expect(sent.map(({ batch }) => batch)).toEqual([['a'], ['b', 'c']]);
    sent[1]?.release();
    await Promise.all(all);
  });

  it('does not resolve before the batch is durable', async () => {
    const { sent, send } = gatedSend();
    let answered = false;
    const recording = createRecorder({ send })
      .record('a')
      .then(() => {
        answered = true;
      });
    await settled();
    expect(answered).toBe(false);
    sent[0]?.release();
    await recording;
    expect(answered).toBe(true);
  });

  it('keeps batches to their size', async () => {
    const sizes: number[] = [];
    const recorder = createRecorder<number>({
      maxBatch: 4,
      send: async (batch) => {
        sizes.push(batch.length);
      },
    });
    await Promise.all(Array.from({ length: 11 }, (_, index) => recorder.record(index)));
    expect(sizes).toEqual([1, 4, 4, 2]);
  });

  it.each<[string, unknown]>([
    ['a lost socket', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    ['a broken pipe', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })],
    ['a server that shuts down', databaseError('57P01', 'FATAL')],
    ['a wrapped loss', new RingfenceError('database_lost', 'gone', { cause: databaseError('08006') })],
    ['an error without a code', new Error('Connection terminated unexpectedly')],
  ])('sends a batch again, the same, after %s', async (_, error) => {
    const batches: (readonly string[])[] = [];
    const recorder = createRecorder<string>({
      send: async (batch) => {
        batches.push(batch);
        if (batches.length === 1) throw error;
      },
    });
    await recorder.record('a');
    expect(batches).toEqual([['a'], ['a']]);
  });

  it('gives up after the second loss, and tells every waiter', async () => {
    let sends = 0;
    const { sent, send } = gatedSend();
    const recorder = createRecorder<string>({
      send: (batch) => {
        sends++;
        return sends === 1 ? send(batch) : Promise.reject(new Error('lost'));
      },
    });
    const first = recorder.record('a');
    const rest = ['b', 'c'].map((event) => recorder.record(event));
    sent[0]?.release();
    await first;
    for (const waiting of rest) await expect(waiting).rejects.toEqual(unavailable);
    expect(sends).toBe(3);
  });

  it('lets one bad event fail no other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), async (good) => {
        const durable: number[] = [];
        const recorder = createRecorder<number>({
          maxBatch: 16,
          send: async (batch) => {
            if (batch.some((index) => !good[index])) throw databaseError('28000');
            durable.push(...batch);
          },
        });
        const outcomes = await Promise.allSettled(good.map((_, index) => recorder.record(index)));
        expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(good);
        expect(durable).toEqual(good.flatMap((fine, index) => (fine ? [index] : [])));
      }),
    );
  });

  it('answers each event once and truly, however sending fails', async () => {
    const failures = fc.constantFrom(null, '22P02', '23505', '25006', '40001', '53100', 'ECONNRESET', null);
    await fc.assert(
      fc.asyncProperty(
        fc.array(failures, { maxLength: 60 }),
        fc.integer({ min: 1, max: 60 }),
        async (plan, count) => {
          const durable = new Set<number>();
          let sends = 0;
          const recorder = createRecorder<number>({
            maxBatch: 8,
            send: async (batch) => {
              const failure = plan[sends++] ?? null;
              await settled();
              // A lost connection may have done its work all the same.
              if (failure === null || failure === 'ECONNRESET') for (const event of batch) durable.add(event);
              if (failure !== null) throw databaseError(failure);
            },
          });
          const recordings = Array.from({ length: count }, (_, index) => recorder.record(index));
          const outcomes = await Promise.allSettled(recordings);
          outcomes.forEach((outcome, index) => {
            if (outcome.status === 'fulfilled') expect(durable.has(index)).toBe(true);
            else expect(outcome.reason).toEqual(unavailable);
          });
        },
      ),
      { numRuns: 50 },
    );
  });

  it('does not halve a batch that the database would refuse in any size', async () => {
    let sends = 0;
    const { sent, send } = gatedSend();
    const recorder = createRecorder<string>({
      send: (batch) => {
        sends++;
        return sends === 1 ? send(batch) : Promise.reject(databaseError('25006'));
      },
    });
    const all = ['a', 'b', 'c', 'd'].map((event) => recorder.record(event));
    sent[0]?.release();
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect(sends).toBe(2);
  });

  it('refuses at once when too many wait, and takes events again afterwards', async () => {
    const { sent, send } = gatedSend();
    const recorder = createRecorder({ send, maxQueue: 2 });
    const taken = ['a', 'b', 'c'].map((event) => recorder.record(event));
    await expect(recorder.record('d')).rejects.toEqual(unavailable);
    sent[0]?.release();
    await taken[0];
    await settled();
    const late = recorder.record('e');
    sent[1]?.release();
    await settled();
    sent[2]?.release();
    await Promise.all([...taken, late]);
    expect(sent.map(({ batch }) => batch)).toEqual([['a'], ['b', 'c'], ['e']]);
  });

  it('sends what it was given before it closes, and takes nothing after', async () => {
    const { sent, send } = gatedSend();
    const recorder = createRecorder({ send });
    const all = ['a', 'b'].map((event) => recorder.record(event));
    const closing = recorder.close();
    await expect(recorder.record('c')).rejects.toEqual(unavailable);
    sent[0]?.release();
    await settled();
    sent[1]?.release();
    await closing;
    await Promise.all(all);
  });

  it('leaves nobody waiting who comes while it is coming to rest', async () => {
    // One event at each of the steps in which a recorder that has just sent its last batch settles down.
    for (let steps = 0; steps < 20; steps++) {
      const recorder = createRecorder<number>({ send: () => Promise.resolve() });
      await recorder.record(1);
      for (let step = 0; step < steps; step++) await Promise.resolve();
      const outcome = await Promise.race([
        recorder.record(2).then(() => 'recorded'),
        new Promise((resolve) => setTimeout(() => resolve('forgotten'), 200)),
      ]);
      expect(outcome, `${steps} steps after the first`).toBe('recorded');
    }
  });
});
