import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/ledger/canonical.js';
import { sanitiseInput, sanitiseReason } from '../../src/ledger/sanitise.js';

describe('a sanitised input', () => {
  it('keeps structure and known names, and of values only type and length', () => {
    const input = {
      table: 'customer',
      columns: ['email', 'ssn'],
      where: { email: { eq: 'ada@example.com' }, vip: { eq: true }, age: { gt: 41 } },
      after: null,
      greeting: 'héllo 👩‍🚀',
    };
    expect(sanitiseInput(input, new Set(['customer', 'email']))).toEqual({
      table: 'customer',
      columns: ['email', 'text(3)'],
      where: { email: { eq: 'text(15)' }, vip: { eq: 'boolean' }, age: { gt: 'number' } },
      after: null,
      greeting: 'text(9)',
    });
  });

  it('hides keys that could be data, and keeps them apart', () => {
    const input = { 'ada@example.com': 1, 'bob@example.com': 2, sk_live_51H8x: 3, reason: 4, line_2: 5 };
    expect(sanitiseInput(input, new Set(['line_2']))).toEqual({
      'key(15)': 'number',
      'key(15)#2': 'number',
      'key(13)': 'number',
      reason: 'number',
      line_2: 'number',
    });
  });

  it('caps depth, members and items, and says how much is missing', () => {
    let deep: unknown = { secret: 'x' };
    for (let level = 0; level < 8; level++) deep = { inside: deep };
    expect(JSON.stringify(sanitiseInput(deep))).toMatch(/"object\(1\)"\}{8}$/);
    expect(sanitiseInput(new Array(11).fill(1))).toEqual([...new Array(8).fill('number'), '+3']);
    const wide = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`k${index}`, 1]));
    expect(sanitiseInput(wide)).toHaveProperty('+6', null);
  });

  it('never contains a value, never throws, and is the same every time', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(canonicalJson(sanitiseInput(value))).toBe(canonicalJson(sanitiseInput(value)));
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const input = {
          where: [{ name: 'Northstar-7731', nested: value }],
          'Northstar-7731': 'Northstar-7731',
        };
        expect(canonicalJson(sanitiseInput(input))).not.toContain('7731');
      }),
    );
  });
});

describe('a sanitised reason', () => {
  it('keeps of what it quotes only what is a name', () => {
    const known = new Set(['line 2']);
    expect(sanitiseReason('There is no column "nme" in "line 2".', known)).toBe(
      'There is no column "nme" in "line 2".',
    );
    expect(sanitiseReason('There is no "name" in "ada @example.com". Take "x y".')).toBe(
      'There is no "name" in text(30).',
    );
    expect(sanitiseReason('It breaks off in "sk_live_51H8x')).toBe('It breaks off in text(14)');
  });

  it('keeps nothing of words that have quotation marks themselves', () => {
    for (const near of [
      '"kettle"',
      `'a "b" kettle'`,
      '$$ " kettle $$',
      `'kettle "`,
      'U&"kettle"',
      '" "" kettle',
    ]) {
      expect(sanitiseReason(`syntax error at or near "${near}" (line 1, column 2).`)).toMatch(
        /^syntax error at or near text\(\d+\)( \(line 1, column 2\)\.)?$/,
      );
    }
  });

  it('never holds a word that could be data, whatever that is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (word) => {
        const secret = `${word}7`;
        expect(sanitiseReason(`There is no ${JSON.stringify(secret)} here.`)).toBe(
          `There is no text(${[...JSON.stringify(secret)].length}) here.`,
        );
      }),
    );
  });
});
