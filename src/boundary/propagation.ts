/**
 * The ambient boundary: opened once around a piece of work, found by everything beneath it.
 *
 * The same for an HTTP request, a background job, a queue's consumer and each message of a WebSocket: resolve, then
 * `within(boundary, work)`. It follows promises, timers and streams started inside (Node's AsyncLocalStorage). It does not
 * follow a callback that somebody else calls, such as a listener of a shared emitter or the body of a generator that
 * is read elsewhere: those run where the caller is, so bind them with {@link bindBoundary}.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { RingfenceError } from '../errors.js';
import { assertBoundary, type Boundary, descendsFrom } from './boundary.js';

const ambient = new AsyncLocalStorage<Boundary>();

/**
 * Runs `work` inside a boundary and returns what it returns. Whatever it starts is inside too, also after it has returned.
 *
 * Inside another boundary only the same one, a narrowed one, or one that acts for another tenant from it may be opened.
 *
 * @throws {RingfenceError} `boundary_invalid`, `boundary_expired`; `boundary_nested` inside a boundary it does not come from.
 * @example
 * ```ts
 * server.on('request', async (request, response) => {
 *   const boundary = await resolveBoundary(await verify(bearer(request)), options);
 *   await within(boundary, () => handle(request, response));
 * });
 *
 * queue.consume(async (job) => {
 *   const boundary = await reloadBoundary(job.snapshot, options);
 *   await within(boundary, () => run(job));
 * });
 *
 * socket.on('message', async (message) => {
 *   const boundary = await resolveBoundary(principal, options); // per message: a revoked membership ends here
 *   await within(boundary, () => reply(socket, message));
 * });
 * ```
 */
export function within<T>(boundary: Boundary, work: () => T): T {
  assertBoundary(boundary);
  const outer = ambient.getStore();
  if (outer !== undefined && !descendsFrom(boundary, outer)) {
    throw new RingfenceError(
      'boundary_nested',
      'Another boundary is open here, and this one was not derived from it.',
      {
        suggestion:
          'Finish the work of the open boundary first, derive from it with narrow() or actingFor(), or bind a callback with bindBoundary().',
      },
    );
  }
  return ambient.run(boundary, work);
}

/**
 * The boundary that this code runs inside.
 *
 * @throws {RingfenceError} `boundary_missing` outside of every boundary; `boundary_expired` once its life is over.
 * @example
 * ```ts
 * const { tenant, role } = currentBoundary();
 * ```
 */
export function currentBoundary(): Boundary {
  const boundary = ambient.getStore();
  if (boundary === undefined) {
    throw new RingfenceError('boundary_missing', 'No boundary is open here, so there is no data.', {
      suggestion:
        'Run this inside within(boundary, work). If it already is, a callback or a generator was called from outside: bind it with bindBoundary().',
    });
  }
  assertBoundary(boundary);
  return boundary;
}

/**
 * A function that always runs inside `boundary`, whoever calls it and wherever: for listeners, callbacks of shared
 * clients, and what a stream reads from. It replaces the caller's boundary for the time of the call; it does not nest in it.
 *
 * Each call throws `boundary_expired` once the boundary's life is over: in a timer or a listener, catch it.
 *
 * @throws {RingfenceError} `boundary_invalid`, `boundary_expired`.
 * @example
 * ```ts
 * bus.on('paid', bindBoundary(currentBoundary(), (invoice) => remind(invoice)));
 * ```
 */
export function bindBoundary<This, Args extends unknown[], T>(
  boundary: Boundary,
  callback: (this: This, ...args: Args) => T,
): (this: This, ...args: Args) => T {
  assertBoundary(boundary);
  return function bound(this: This, ...args: Args): T {
    assertBoundary(boundary);
    return ambient.run(boundary, () => callback.apply(this, args));
  };
}
