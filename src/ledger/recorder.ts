/**
 * Group commit: the events of reads, refusals and failures, made durable many at a time.
 *
 * Batching is natural: no timer holds anybody back. The first event leaves at once, alone; what arrives while a batch is
 * on its way forms the next one. At one client that costs one round trip, at a hundred a hundredth of one.
 *
 * Fail closed: `record` resolves only when the event is durable, and the gate gives no answer before it has.
 */
import { RingfenceError } from '../errors.js';
import { type BatchFault, batchFault } from './batch-fault.js';

export interface RecorderOptions<Event> {
  /**
   * Makes the batch durable, all of it or none: `select ringfence.record($1, $2, $3, $4)`. The claims are made here, at
   * the last moment, since they live for seconds; the ids are not, since a batch may be sent again. Rejects with what the
   * driver said, or with an error that has it as its `cause`. It must settle, so it keeps a time limit of its own.
   */
  readonly send: (batch: readonly Event[]) => Promise<void>;
  /** Events in one batch; 256 where not given. */
  readonly maxBatch?: number;
  /** Events that may wait; the next one is refused. 10 000 where not given. */
  readonly maxQueue?: number;
}

export interface Recorder<Event> {
  /**
   * Resolves when the event is durable.
   *
   * @throws {@link RingfenceError} `ledger_unavailable` where it could not be made so, or where too many are waiting.
   */
  record(event: Event): Promise<void>;
  /** Refuses new events, and resolves when those already given have been sent or refused. */
  close(): Promise<void>;
}

interface Waiting<Event> {
  readonly event: Event;
  readonly resolve: () => void;
  readonly reject: (error: RingfenceError) => void;
}

/**
 * A {@link Recorder} that sends one batch at a time through `send`.
 *
 * A batch that was lost with its connection is sent once more, under the same ids. A batch that the database refused
 * because of what is in it is halved until the event at fault stands alone, and only that one fails.
 */
export function createRecorder<Event>(options: RecorderOptions<Event>): Recorder<Event> {
  const { send, maxBatch = 256, maxQueue = 10_000 } = options;
  let queue: Waiting<Event>[] = [];
  let draining: Promise<void> | null = null;
  let closed = false;

  const deliver = async (batch: readonly Waiting<Event>[]): Promise<void> => {
    const fault = await attempt(batch, send);
    if (fault === null) {
      for (const waiting of batch) waiting.resolve();
    } else if (fault.kind === 'content' && batch.length > 1) {
      const half = Math.ceil(batch.length / 2);
      await deliver(batch.slice(0, half));
      await deliver(batch.slice(half));
    } else {
      for (const waiting of batch) waiting.reject(unavailable(fault.error));
    }
  };

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.slice(0, maxBatch);
      queue = queue.slice(maxBatch);
      await deliver(batch);
    }
    // In the same step as the last look at the queue: who comes after it starts anew.
    draining = null;
  };

  return Object.freeze({
    record(event: Event): Promise<void> {
      if (closed)
        return Promise.reject(refused('The ledger is closing: start the server again and repeat the call.'));
      if (queue.length >= maxQueue)
        return Promise.reject(refused('Too many events wait to be recorded: repeat the call in a moment.'));
      return new Promise((resolve, reject) => {
        queue.push({ event, resolve, reject });
        draining ??= drain();
      });
    },
    async close(): Promise<void> {
      closed = true;
      await draining;
    },
  });
}

async function attempt<Event>(
  batch: readonly Waiting<Event>[],
  send: RecorderOptions<Event>['send'],
): Promise<BatchFault | null> {
  const events = batch.map((waiting) => waiting.event);
  for (let retried = false; ; retried = true) {
    try {
      await send(events);
      return null;
    } catch (error) {
      const kind = batchFault(error);
      if (kind !== 'passing' || retried) return { kind, error };
    }
  }
}

function unavailable(cause: unknown): RingfenceError {
  return new RingfenceError(
    'ledger_unavailable',
    'The call could not be recorded, so it is not answered: see that the database accepts writes, then repeat it.',
    { cause },
  );
}

function refused(message: string): RingfenceError {
  return new RingfenceError('ledger_unavailable', message);
}
