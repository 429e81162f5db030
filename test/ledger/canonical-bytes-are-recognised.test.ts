/** Looking at bytes says what reading and writing them out again says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, parseCanonical } from '../../src/ledger/canonical.js';
import { isCanonicalJson } from '../../src/ledger/canonical-bytes.js';
import { toJsonValue } from '../../src/ledger/json-value.js';

const looked = (text: string): boolean => isCanonicalJson(Buffer.from(text));
const written = (text: string): boolean => parseCanonical(text) !== undefined;

describe('canonical bytes', () => {
  it('are recognised whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(looked(canonicalJson(toJsonValue(value)))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('are told from others that mean the same, and from what means nothing, as by writing them out', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"é"',
      '"\\n"',
      '"\\u0001"',
      '"\\/"',
      '1',
      '-0',
      '0',
      '01',
      '1.5',
      '1e3',
      '1E+21',
      ' ',
      'true',
      'null',
      'nul',
      '"',
      '\\',
      '"\\u00e9"',
      '9007199254740993',
      '1e21',
      '"\u2028"',
      '"\u007f"',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        expect(looked(text), text).toBe(written(text));
      }),
      { numRuns: 20_000 },
    );
  });

  it('with one byte changed are judged as by writing them out', () => {
    const whole = Buffer.from(
      canonicalJson({ a: [1, -2.5, 'é\n"', { b: null, c: true }], aa: '', 'a b': 1e-7, z: 'x' }),
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        const text = changed.toString();
        const isText = Buffer.from(text).equals(changed);
        expect(isCanonicalJson(changed), text).toBe(isText && written(text));
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    '',
    '{',
    '[1',
    '"',
    '{"a"',
    '{"a":',
    '{"b":1,"a":2}',
    '{"a":1,"a":2}',
    '{"a":1,}',
    '[1,]',
    'true ',
    '﻿1',
    '"\u0000"',
    `${'['.repeat(5000)}`,
  ])('are not %j', (text) => {
    expect(looked(text)).toBe(false);
  });

  it('orders keys by UTF-16 units, not by bytes', () => {
    const value = { '\u{1f600}': 1, '\ufb33': 2, z: 3, 'z!': 4, 'z ': 5 };
    expect(looked(canonicalJson(value))).toBe(true);
    expect(looked('{"z":3,"z ":5,"z!":4}')).toBe(true);
    expect(looked('{"z":3,"z!":4,"z ":5}')).toBe(false);
    expect(looked('{"z ":5,"z":3}')).toBe(false);
    expect(looked('{"\ufb33":2,"\u{1f600}":1}')).toBe(false);
  });
});
