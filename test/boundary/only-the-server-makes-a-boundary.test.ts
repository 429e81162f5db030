import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { assertBoundary, Boundary } from '../../src/boundary/boundary.js';
import { within } from '../../src/boundary/propagation.js';
import { boundaryOf, refusalOf } from './support/boundaries.js';

afterEach(() => vi.useRealTimers());

/** What a check of shape, or of the prototype, makes of a value: the raw path that forgeries take. */
function looksLikeABoundary(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('tenant' in value || value instanceof Boundary);
}

describe('a look-alike', () => {
  const forgeries: Record<string, (genuine: Boundary) => unknown> = {
    'a spread with another tenant': (genuine) => ({ ...genuine, tenant: 'design' }),
    'a structured clone': (genuine) => structuredClone(genuine),
    'a JSON round trip': (genuine) => JSON.parse(JSON.stringify(genuine)),
    'an object with the right prototype': (genuine) =>
      Object.assign(Object.create(Boundary.prototype), genuine, { tenant: 'design' }),
    'an object that inherits from a genuine one': (genuine) =>
      Object.create(genuine, { tenant: { value: 'design' } }),
    'a proxy around a genuine one': (genuine) =>
      new Proxy(genuine, {
        get: (target, name) => (name === 'expiresAt' ? Number.MAX_SAFE_INTEGER : Reflect.get(target, name)),
      }),
  };
  for (const [name, forge] of Object.entries(forgeries)) {
    test(`${name} passes for one by its looks and is refused`, async () => {
      const forged = forge(boundaryOf());
      expect(looksLikeABoundary(forged)).toBe(true);
      await refusalOf('boundary_invalid', () => assertBoundary(forged));
      await refusalOf('boundary_invalid', () => within(forged as Boundary, () => 'inside'));
    });
  }

  test('nothing at all is refused', async () => {
    for (const nothing of [undefined, null, '', 0, {}, [], () => {}]) {
      await refusalOf('boundary_invalid', () => assertBoundary(nothing));
    }
  });
});

describe('the constructor', () => {
  test('is out of reach of the types, as a look-alike is', async () => {
    const { memoryNamespace: _derived, ...fields } = boundaryOf();
    // @ts-expect-error the constructor is private
    await refusalOf('boundary_invalid', () => new Boundary(Symbol('boundary'), fields, {}));
    // @ts-expect-error a boundary's private field is not copied with the rest
    await refusalOf('boundary_invalid', () => within({ ...boundaryOf() }, () => 'inside'));
  });

  test('cannot be used, not even through a boundary, a subclass or Reflect', async () => {
    const genuine = boundaryOf();
    const Reached = genuine.constructor as unknown as new (...args: unknown[]) => Boundary;
    const fields = { ...genuine, tenant: 'design' };
    const origin = { principal: { kind: 'user', user: 'ada' }, parent: null };
    class Subclass extends Reached {}
    for (const key of [undefined, Symbol('boundary'), Symbol.for('boundary')]) {
      await refusalOf('boundary_invalid', () => new Reached(key, fields, origin));
      await refusalOf('boundary_invalid', () => new Subclass(key, fields, origin));
      await refusalOf('boundary_invalid', () => Reflect.construct(Reached, [key, fields, origin], Object));
    }
  });

  test('is reached by its maker only inside boundary/', () => {
    const source = join(import.meta.dirname, '../../src');
    const importers = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter(
        (file) =>
          file.endsWith('.ts') &&
          /\bmakeBoundary\b|\bmakePrincipal\b/.test(readFileSync(join(source, file), 'utf8')),
      )
      .filter((file) => !file.startsWith('boundary/'));
    expect(importers).toEqual([]);
  });
});

describe('a genuine boundary', () => {
  test('cannot be changed, not in its lists, its actor, its class or its expiry', () => {
    const boundary = boundaryOf({ tools: ['query'], dataSources: ['invoice'] });
    for (const part of [
      boundary,
      boundary.actor,
      boundary.tools,
      boundary.dataSources,
      Boundary,
      Boundary.prototype,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(() => Object.assign(boundary, { tenant: 'design' })).toThrow(TypeError);
    expect(() => Object.assign(boundary, { expiresAt: Number.MAX_SAFE_INTEGER })).toThrow(TypeError);
    expect(typeof boundary.expiresAt).toBe('number');
  });

  test('does not change with the objects it was made from', () => {
    const tools = ['get'];
    const actor = { kind: 'agent' as const, id: 'desk' };
    const boundary = boundaryOf({ tools, actor });
    tools.push('delete');
    actor.id = 'somebody-else';
    expect(boundary.tools).toEqual(['get']);
    expect(boundary.actor.id).toBe('desk');
  });

  test('is accepted until the moment it expires, and refused from then on', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const boundary = boundaryOf({ lifeSeconds: 2 });
    vi.setSystemTime(1_001_999);
    expect(() => assertBoundary(boundary)).not.toThrow();
    vi.setSystemTime(1_002_000);
    await refusalOf('boundary_expired', () => assertBoundary(boundary));
  });
});

describe('the values of a boundary', () => {
  const named = ['tenant', 'workspace', 'user', 'plan', 'region', 'runId'] as const;
  const unacceptable: Record<string, unknown> = {
    'the empty string': '',
    'the separator of the claim': 'dental\u001fdesign',
    NUL: 'dental\0',
    'a line break': 'dental\n',
    'a C1 control': 'dental\u0085',
    'half a surrogate pair': 'dental\ud800',
    'more than 200 characters': 'x'.repeat(201),
    'a number': 7,
    'an object': { toString: () => 'dental' },
    'a list': ['dental'],
  };
  for (const [what, value] of Object.entries(unacceptable)) {
    test(`are never ${what}`, async () => {
      for (const field of named) {
        const error = await refusalOf('boundary_invalid', () => boundaryOf({ [field]: value }));
        expect(error.message).toContain(field);
      }
      await refusalOf('boundary_invalid', () =>
        boundaryOf({ actor: { kind: 'agent', id: value as string } }),
      );
      await refusalOf('boundary_invalid', () => boundaryOf({ tools: [value as string] }));
    });
  }

  test('a pair of lone surrogates that PostgreSQL would store alike are two different strings here', () => {
    const [one, other] = ['\ud800', '\ud801'];
    expect(one).not.toBe(other);
    expect(Buffer.from(one ?? '').equals(Buffer.from(other ?? ''))).toBe(true);
  });

  test('may be any 200 characters of any script', () => {
    for (const tenant of [
      'Ünïcødé & "quotes"',
      '北'.repeat(200),
      '🦷'.repeat(200),
      "o'; drop table x; --",
      '0',
    ]) {
      expect(boundaryOf({ tenant }).tenant).toBe(tenant);
    }
  });

  test('a role is an identifier', async () => {
    for (const role of ['', 'Support', '1st', 'support team', 'x'.repeat(41), 'a-b', 'support\n']) {
      await refusalOf('boundary_invalid', () =>
        boundaryOf({ role, policy: { hash: 'x', roles: new Set([role]) } }),
      );
    }
  });

  test('a trace id is a W3C one, and an actor of a known kind', async () => {
    for (const traceId of ['', '0'.repeat(32), 'A'.repeat(32), 'a'.repeat(31), `${'a'.repeat(32)}\n`]) {
      await refusalOf('boundary_invalid', () => boundaryOf({ traceId }));
    }
    await refusalOf('boundary_invalid', () => boundaryOf({ actor: { kind: 'root' as 'agent', id: 'desk' } }));
    await refusalOf('boundary_invalid', () => boundaryOf({ actor: null as never }));
  });

  test('life is more than nothing and at most a day', async () => {
    for (const lifeSeconds of [0, -1, 86_401, Number.NaN, Number.POSITIVE_INFINITY]) {
      await refusalOf('boundary_invalid', () => boundaryOf({ lifeSeconds }));
    }
  });

  test('no two places share a memory namespace', () => {
    const name = fc.stringMatching(/^[a-z=/%.-]{1,6}$/);
    const place = fc.record({ tenant: name, workspace: fc.option(name), user: name });
    fc.assert(
      fc.property(place, place, (one, other) => {
        const same =
          one.tenant === other.tenant && one.workspace === other.workspace && one.user === other.user;
        const alike = boundaryOf(one).memoryNamespace === boundaryOf(other).memoryNamespace;
        expect(alike).toBe(same);
      }),
      { numRuns: 500 },
    );
    const sly = [
      { tenant: 'a', workspace: 'b', user: 'c' },
      { tenant: 'a/workspace=b', workspace: null, user: 'c' },
      { tenant: 'a', workspace: 'b/user=c', user: 'c' },
      { tenant: 'a', workspace: 'b', user: 'c/user=c' },
      { tenant: 'a', workspace: null, user: 'c' },
      { tenant: 'a%2Fb', workspace: null, user: 'c' },
      { tenant: 'a/b', workspace: null, user: 'c' },
    ];
    const plainly = sly.map(({ tenant, workspace, user }) =>
      [`tenant=${tenant}`, ...(workspace === null ? [] : [`workspace=${workspace}`]), `user=${user}`].join(
        '/',
      ),
    );
    expect(new Set(plainly).size).toBeLessThan(sly.length);
    expect(new Set(sly.map((place) => boundaryOf(place).memoryNamespace)).size).toBe(sly.length);
  });
});
