import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Boundary } from '../../src/boundary/boundary.js';
import { actingFor } from '../../src/boundary/cross-tenant.js';
import { narrow } from '../../src/boundary/narrow.js';
import { trustedPrincipal } from '../../src/boundary/principal.js';
import { bindBoundary, currentBoundary, within } from '../../src/boundary/propagation.js';
import { resolveBoundary } from '../../src/boundary/resolve.js';
import { reloadBoundary, snapshotOf } from '../../src/boundary/snapshot.js';
import { boundaryOf, membership, policy, refusalOf, resolverOf } from './support/boundaries.js';

afterEach(() => vi.useRealTimers());

const tenantNow = () => currentBoundary().tenant;
const tenants = (count: number) => Array.from({ length: count }, (_, at) => `tenant-${at}`);

describe('within', () => {
  test('returns what the work returns, and throws what it throws', async () => {
    expect(within(boundaryOf(), () => 7)).toBe(7);
    expect(await within(boundaryOf(), async () => tenantNow())).toBe('dental');
    expect(() =>
      within(boundaryOf(), () => {
        throw new Error('of the work');
      }),
    ).toThrow('of the work');
  });

  test('leaves nothing open behind it, whatever the work did', async () => {
    const outside = await refusalOf('boundary_missing', currentBoundary);
    expect(outside.suggestion).toContain('within(');
    within(boundaryOf(), () => {});
    await expect(within(boundaryOf(), async () => Promise.reject(new Error('failed')))).rejects.toThrow(
      'failed',
    );
    await refusalOf('boundary_missing', currentBoundary);
  });

  test('opens the same boundary again, a narrowed one, or one that acts for another tenant', () => {
    const home = boundaryOf({ actor: { kind: 'agent', id: 'billing-agent' } });
    within(home, () => {
      within(home, () => expect(currentBoundary()).toBe(home));
      const narrowed = narrow(home, { tools: ['query'] });
      within(narrowed, () => {
        const acting = narrow(actingFor(narrowed, 'design', { policy }), { lifeSeconds: 5 });
        within(acting, () => expect(tenantNow()).toBe('design'));
        expect(currentBoundary()).toBe(narrowed);
      });
      expect(currentBoundary()).toBe(home);
    });
  });

  test('opens no other one inside, nor the wide one again inside a narrowed one', async () => {
    const home = boundaryOf();
    const work = vi.fn();
    await refusalOf('boundary_nested', () =>
      within(home, () => within(boundaryOf({ tenant: 'design' }), work)),
    );
    await refusalOf('boundary_nested', () => within(home, () => within(boundaryOf(), work)));
    await refusalOf('boundary_nested', () => within(narrow(home, { tools: [] }), () => within(home, work)));
    const [one, other] = [narrow(home, { tools: ['get'] }), narrow(home, { tools: ['query'] })];
    await refusalOf('boundary_nested', () => within(one, () => within(other, work)));
    expect(work).not.toHaveBeenCalled();
  });

  test('refuses an expired boundary, and work that outlives its boundary finds none', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000 });
    const boundary = boundaryOf({ lifeSeconds: 1 });
    await within(boundary, async () => {
      expect(tenantNow()).toBe('dental');
      vi.setSystemTime(2_000);
      await refusalOf('boundary_expired', currentBoundary);
    });
    await refusalOf('boundary_expired', () => within(boundary, () => 1));
    await refusalOf('boundary_expired', () => bindBoundary(boundary, () => 1));
  });
});

describe('the boundary follows', () => {
  test('each HTTP request, while a variable that all requests share does not', async () => {
    let shared = '';
    const resolver = resolverOf(...tenants(8).map((tenant) => membership({ tenant })));
    const server = createServer(async (request, response) => {
      const tenant = request.url?.slice(1);
      const boundary = await resolveBoundary(trustedPrincipal({ user: 'ada' }), {
        resolver,
        policy,
        tenant,
        actor: { kind: 'agent', id: 'desk' },
      });
      await within(boundary, async () => {
        shared = boundary.tenant;
        for await (const _chunk of request) tenantNow();
        await sleep(5);
        response.end(JSON.stringify([shared, tenantNow()]));
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const answers = await Promise.all(
      tenants(8).map(async (tenant) => {
        const response = await fetch(`http://127.0.0.1:${port}/${tenant}`, {
          method: 'POST',
          body: 'x'.repeat(9_000),
        });
        const [leaky, ours] = (await response.json()) as string[];
        return { tenant, leaky, ours };
      }),
    );
    await new Promise((closed) => server.close(closed));
    expect(answers.filter(({ tenant, leaky }) => leaky !== tenant).length).toBeGreaterThan(0);
    for (const { tenant, ours } of answers) expect(ours).toBe(tenant);
  });

  test('each job of a queue, and a consumer that runs inside another boundary is refused', async () => {
    const resolver = resolverOf(...tenants(5).map((tenant) => membership({ tenant })));
    const jobs = await Promise.all(
      tenants(5).map(async (tenant) => {
        const principal = trustedPrincipal({ user: 'ada' });
        const actor = { kind: 'agent', id: 'desk' } as const;
        return JSON.stringify(
          snapshotOf(await resolveBoundary(principal, { resolver, policy, tenant, actor })),
        );
      }),
    );
    const worked: string[] = [];
    const consume = async () => {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
        const boundary = await reloadBoundary(JSON.parse(job), { resolver, policy });
        await within(boundary, async () => {
          await sleep(1);
          worked.push(`${boundary.tenant} as ${tenantNow()}`);
        });
      }
    };
    await Promise.all([consume(), consume()]);
    expect(worked.sort()).toEqual(tenants(5).map((tenant) => `${tenant} as ${tenant}`));
    jobs.push(JSON.stringify(snapshotOf(boundaryOf({ tenant: 'tenant-0', plan: 'pro', region: 'eu' }))));
    await refusalOf('boundary_nested', () => within(boundaryOf(), consume));
  });

  test('each message of a socket, resolved per message, so that a revoked membership ends it', async () => {
    const memberships = [membership({ tenant: 'dental' })];
    const socket = new EventEmitter();
    const replies: unknown[] = [];
    const principal = trustedPrincipal({ user: 'ada' });
    socket.on('message', async (message: string) => {
      try {
        const boundary = await resolveBoundary(principal, {
          resolver: { memberships: async () => memberships },
          policy,
          actor: { kind: 'agent', id: 'desk' },
        });
        await within(boundary, async () => {
          await sleep(1);
          replies.push(`${message} for ${tenantNow()}`);
        });
      } catch (error) {
        replies.push((error as { code: string }).code);
      }
      socket.emit('done');
    });
    for (const message of ['first', 'second']) {
      const done = once(socket, 'done');
      socket.emit('message', message);
      await done;
      memberships.length = 0;
    }
    expect(replies).toEqual(['first for dental', 'membership_missing']);
  });

  test('timers, ticks, promises and streams started inside', async () => {
    const flows = tenants(6).map((tenant) =>
      within(boundaryOf({ tenant }), async () => {
        const seen: string[] = [];
        const note = () => seen.push(tenantNow());
        await new Promise<void>((done) => setTimeout(() => done(void note()), 2));
        await new Promise<void>((done) => setImmediate(() => done(void note())));
        await new Promise<void>((done) => process.nextTick(() => done(void note())));
        await new Promise<void>((done) => queueMicrotask(() => done(void note())));
        await new Promise<void>((done) => {
          const interval = setInterval(() => {
            note();
            clearInterval(interval);
            done();
          }, 1);
        });
        await Promise.allSettled([Promise.reject(new Error()).catch(note), Promise.resolve().finally(note)]);
        await pipeline(
          async function* () {
            for (let at = 0; at < 3; at += 1) {
              await sleep(1);
              yield tenantNow();
            }
          },
          new Transform({
            objectMode: true,
            transform(chunk, _encoding, done) {
              note();
              setTimeout(() => done(null, chunk), 1);
            },
          }),
          new Writable({
            objectMode: true,
            write(chunk, _encoding, done) {
              seen.push(String(chunk));
              note();
              done();
            },
          }),
        );
        return seen;
      }),
    );
    for (const [at, seen] of (await Promise.all(flows)).entries()) {
      expect(seen.length).toBe(16);
      expect(new Set(seen)).toEqual(new Set([`tenant-${at}`]));
    }
  });
});

describe('a callback that somebody else calls', () => {
  test('runs where the caller is, unless it is bound', () => {
    const bus = new EventEmitter();
    const seen: string[] = [];
    within(boundaryOf({ tenant: 'dental' }), () => {
      bus.on('paid', () => seen.push(`unbound ${tenantNow()}`));
      bus.on(
        'paid',
        bindBoundary(currentBoundary(), () => seen.push(`bound ${tenantNow()}`)),
      );
    });
    within(boundaryOf({ tenant: 'design' }), () => {
      bus.emit('paid');
      expect(tenantNow()).toBe('design');
    });
    expect(seen).toEqual(['unbound design', 'bound dental']);
  });

  test('outside of every boundary finds none, unless it is bound', async () => {
    const generated = within(boundaryOf(), () =>
      (async function* () {
        yield tenantNow();
      })(),
    );
    await refusalOf('boundary_missing', () => generated.next());
    const bound = within(boundaryOf(), () => bindBoundary(currentBoundary(), async () => tenantNow()));
    expect(await bound()).toBe('dental');
    const stream = new Readable({
      objectMode: true,
      read: bindBoundary(boundaryOf({ tenant: 'design' }), function read(this: Readable) {
        this.push(tenantNow());
        this.push(null);
      }),
    });
    expect(await stream.toArray()).toEqual(['design']);
  });

  test('keeps its this, its arguments and its answer when bound', () => {
    const counter = {
      base: 40,
      add: bindBoundary(boundaryOf(), function add(this: { base: number }, one: number, two: number) {
        return this.base + one + two;
      }),
    };
    expect(counter.add(1, 1)).toBe(42);
  });

  test('is bound to genuine boundaries only, and no longer than they live', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000 });
    const boundary = boundaryOf({ lifeSeconds: 1 });
    await refusalOf('boundary_invalid', () => bindBoundary({ ...boundary } as Boundary, tenantNow));
    const bound = bindBoundary(boundary, tenantNow);
    expect(bound()).toBe('dental');
    const work = vi.fn();
    const blind = bindBoundary(boundary, () => work());
    blind();
    vi.setSystemTime(2_000);
    await refusalOf('boundary_expired', bound);
    await refusalOf('boundary_expired', blind);
    expect(work).toHaveBeenCalledTimes(1);
  });
});

describe('however pieces of work interleave', () => {
  type Step = 'promise' | 'tick' | 'immediate' | 'timer' | 'emitter' | 'bound' | 'narrowed' | 'failing';
  const steps = fc.array(
    fc.constantFrom<Step>('promise', 'tick', 'immediate', 'timer', 'emitter', 'bound', 'narrowed', 'failing'),
    { maxLength: 8 },
  );
  const bus = new EventEmitter().setMaxListeners(0);

  async function take(step: Step, expected: Boundary): Promise<void> {
    const check = () => expect(currentBoundary()).toBe(expected);
    switch (step) {
      case 'promise':
        return Promise.resolve().then(check);
      case 'tick':
        return new Promise((done) => process.nextTick(() => done(check())));
      case 'immediate':
        return new Promise((done) => setImmediate(() => done(check())));
      case 'timer':
        return new Promise((done) => setTimeout(() => done(check()), 1));
      case 'emitter': {
        // Whoever emits next calls everybody's listener, in the emitter's boundary.
        const heard = new Promise<void>((done) =>
          bus.once(
            'any',
            bindBoundary(expected, () => done(check())),
          ),
        );
        setImmediate(() => bus.emit('any'));
        return heard;
      }
      case 'bound':
        return bindBoundary(expected, async () => check())();
      case 'narrowed': {
        const narrowed = narrow(expected, { tools: ['query'] });
        return within(narrowed, async () => {
          await sleep(1);
          expect(currentBoundary()).toBe(narrowed);
        });
      }
      case 'failing':
        await within(expected, async () => Promise.reject(new Error('of the work'))).catch(check);
    }
  }

  test('each sees its own boundary at every step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 2, maxLength: 12 }), async (flows) => {
        await Promise.all(
          flows.map((flow, at) => {
            const boundary = boundaryOf({ tenant: `tenant-${at}` });
            return within(boundary, async () => {
              for (const step of flow) {
                await take(step, boundary);
                expect(currentBoundary()).toBe(boundary);
              }
            });
          }),
        );
        await refusalOf('boundary_missing', currentBoundary);
      }),
      { numRuns: 60 },
    );
  });

  test('in every order that a scheduler can put them, where one shared variable leaks', async () => {
    let shared: string | undefined;
    let leaks = 0;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 6 }), async (scheduler, count) => {
        const flows = tenants(count).map((tenant) =>
          within(boundaryOf({ tenant }), async () => {
            shared = tenant;
            for (const label of ['read', 'write', 'answer']) {
              await scheduler.schedule(Promise.resolve(), `${tenant} ${label}`);
              if (shared !== tenant) leaks += 1;
              expect(tenantNow()).toBe(tenant);
            }
          }),
        );
        await scheduler.waitAll();
        await Promise.all(flows);
      }),
      { numRuns: 60 },
    );
    expect(leaks).toBeGreaterThan(0);
  });
});
