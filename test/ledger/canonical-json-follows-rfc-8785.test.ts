import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, parseCanonical } from '../../src/ledger/canonical.js';
import { toJsonValue } from '../../src/ledger/json-value.js';

class Money {
  readonly amount = 1;
}
const cycle: Record<string, unknown> = {};
cycle.again = cycle;

describe('canonical JSON', () => {
  it("writes RFC 8785's example as the RFC does", () => {
    const example = {
      numbers: JSON.parse('[333333333.33333329, 1, 4.5, 2e-3, 0.000000000000000000000000001]') as unknown,
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(example)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts keys by UTF-16 code units', () => {
    const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
    expect(Object.values(JSON.parse(canonicalJson(keys)) as object)).toHaveLength(7);
    expect(canonicalJson(keys)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"\u{1f600}":5,"\ufb33":3}');
  });

  it('gives equal text for equal values, and reads back as the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (given) => {
        const value = toJsonValue(given);
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it('is told from other JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 3 }), (given, indent) => {
        const canonical = canonicalJson(toJsonValue(given));
        expect(parseCanonical(canonical)).toEqual(JSON.parse(canonical));
        const other = JSON.stringify(JSON.parse(canonical), null, indent);
        expect(parseCanonical(other) !== undefined).toBe(other === canonical);
      }),
    );
    expect(parseCanonical('{"10":1,"9":2}')).toEqual({ 10: 1, 9: 2 });
    const others = [
      '{"b":1,"a":2}',
      '{"a":1,"a":1}',
      '{"a":1.0}',
      '[1e3]',
      '"\\u0041"',
      '"\\/"',
      '"\\ud800"',
      '-0',
      ' 1',
      '{"9":2,"10":1}',
      '{',
      '',
    ];
    for (const other of others) expect(parseCanonical(other), other).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['an undefined member', { a: undefined }],
    ['an undefined item', [undefined]],
    ['a hole in an array', new Array(1)],
    ['a function', { a: () => 1 }],
    ['a symbol', Symbol('a')],
    ['a bigint', 1n],
    ['NaN', Number.NaN],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['an integer beyond 2^53', { id: 2 ** 53 }],
    ['a lone surrogate', 'a\ud800'],
    ['a key with a lone surrogate', { '\udc00': 1 }],
    ['an object with toJSON', { toJSON: () => 1 }],
    ['a date', new Date(0)],
    ['a class instance', new Money()],
    ['a map', new Map()],
    ['a cycle', cycle],
  ])('refuses %s rather than hash something else', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'ledger_unavailable' }));
  });

  it('says where the trouble is', () => {
    expect(() => canonicalJson({ a: [1, { b: undefined }] })).toThrow('$.a[1].b is undefined');
  });
});

describe('the nearest plain JSON', () => {
  it('is the value itself where that is plain JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: true }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value), (_, member: unknown) =>
          Number.isInteger(member) && !Number.isSafeInteger(member) ? 0 : member,
        );
        expect(toJsonValue(plain)).toEqual(plain);
      }),
    );
  });

  it('exists for anything at all, and is canonical', () => {
    const hostile = {
      get boom(): never {
        throw new Error('no');
      },
    };
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true }),
        (value) => {
          expect(() => canonicalJson(toJsonValue(value))).not.toThrow();
        },
      ),
    );
    expect(toJsonValue(hostile)).toBe('[unreadable]');
    expect(toJsonValue(cycle)).toEqual({ again: '[circular]' });
    expect(toJsonValue({ a: 2 ** 60, b: 5n, c: Number.NaN, d: 'x\ud800\u0000', e: undefined })).toEqual({
      a: '1152921504606847000',
      b: '5',
      c: null,
      d: 'x\ufffd\ufffd',
    });
  });

  it('stops at a depth that no honest input has', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(canonicalJson(toJsonValue(deep))).toContain('[deeper]');
  });
});
