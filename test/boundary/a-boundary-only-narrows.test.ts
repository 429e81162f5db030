import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import type { Boundary } from '../../src/boundary/boundary.js';
import { narrow } from '../../src/boundary/narrow.js';
import { boundaryOf, refusalOf } from './support/boundaries.js';

afterEach(() => vi.useRealTimers());

const names = ['query', 'get', 'create', 'update'];

test('takes away tools, tables and time, and keeps the rest', () => {
  const boundary = boundaryOf({ workspace: 'north', plan: 'pro', region: 'eu' });
  const narrowed = narrow(boundary, { tools: ['query'], dataSources: ['invoice'], lifeSeconds: 60 });
  const { expiresAt } = narrowed;
  expect(expiresAt).toBeLessThan(boundary.expiresAt);
  expect({ ...narrowed }).toEqual({
    ...boundary,
    tools: ['query'],
    dataSources: ['invoice'],
    expiresAt,
  });
});

test('an empty list leaves nothing, which is not the same as no list', () => {
  const none = narrow(boundaryOf(), { tools: [] });
  expect(none.tools).toEqual([]);
  expect(narrow(none, {}).tools).toEqual([]);
});

test('what it would add is refused', async () => {
  const narrowed = boundaryOf({ tools: ['query'], dataSources: ['invoice'], lifeSeconds: 60 });
  await refusalOf('boundary_invalid', () => narrow(narrowed, { tools: ['query', 'delete'] }));
  await refusalOf('boundary_invalid', () => narrow(narrowed, { dataSources: ['customer'] }));
  await refusalOf('boundary_invalid', () => narrow(narrowed, { lifeSeconds: 120 }));
  await refusalOf('boundary_invalid', () => narrow(narrowed, { lifeSeconds: 0 }));
  await refusalOf('boundary_invalid', () => narrow(narrowed, { tools: [''] }));
});

test('fields that are not among those that narrow are not taken over', () => {
  const sly = { tools: ['query'], tenant: 'design', role: 'finance', expiresAt: Number.MAX_SAFE_INTEGER };
  expect(narrow(boundaryOf(), sly)).toMatchObject({ tenant: 'dental', role: 'support' });
});

test('an expired boundary cannot be narrowed into a living one', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000 });
  const boundary = boundaryOf({ lifeSeconds: 1 });
  vi.setSystemTime(2_000);
  await refusalOf('boundary_expired', () => narrow(boundary, { lifeSeconds: 1 }));
});

test('after any chain of narrowings nothing is allowed that one of them had taken away', () => {
  const step = fc.record(
    {
      tools: fc.subarray(names),
      dataSources: fc.subarray(names),
      lifeSeconds: fc.integer({ min: 1, max: 900 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      let boundary: Boundary = boundaryOf({ lifeSeconds: 900 });
      for (const to of steps) {
        const before = boundary;
        try {
          boundary = narrow(before, to);
        } catch {
          continue;
        }
        for (const field of ['tools', 'dataSources'] as const) {
          const allowed = before[field] ?? names;
          for (const name of boundary[field] ?? names) expect(allowed).toContain(name);
        }
        expect(boundary.expiresAt).toBeLessThanOrEqual(before.expiresAt);
        expect(boundary.tenant).toBe(before.tenant);
      }
    }),
  );
});
