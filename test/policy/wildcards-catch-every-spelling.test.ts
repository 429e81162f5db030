import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesWildcard, splitPattern } from '../../src/policy/wildcard.js';

describe('a pattern', () => {
  test.each([
    ['*api_key*', 'apiKey'],
    ['*api_key*', 'stripe_apikey_live'],
    ['*api_key*', 'API Key'],
    ['*api_key*', 'api-key'],
    ['*apikey*', 'api_key'],
    ['*password*', 'PasswordHash'],
    ['internal_*', 'internal_notes'],
    ['*', 'anything'],
    ['a*b*c', 'axxbxxc'],
    ['a*a', 'aa'],
    ['customer', 'CUSTOMER'],
    ['*ｔoken*', 'token'],
  ])('%s catches %s', (pattern, name) => {
    expect(matchesWildcard(pattern, name)).toBe(true);
  });

  test.each([
    ['password', 'password_hash'],
    ['*token', 'token_count'],
    ['a*a', 'a'],
    ['a*b*a', 'aba_b'],
    ['internal_*', 'not_internal'],
    ['a.c', 'abc'],
    ['[a-z]+', 'abc'],
    ['_', 'a'],
    ['', ''],
    ['ab*ab', 'ab'],
  ])('%s does not catch %s', (pattern, name) => {
    expect(matchesWildcard(pattern, name)).toBe(false);
  });

  test('around a name catches whatever holds the name', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(word, word, word, (before, inner, after) => {
        expect(matchesWildcard(`*${inner}*`, before + inner + after)).toBe(true);
        expect(matchesWildcard(`${before}*${after}`, before + inner + after)).toBe(true);
      }),
    );
  });

  test('with its stars filled in always catches the result', () => {
    const piece = fc.string({ unit: fc.constantFrom(...'ab'), maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 2, maxLength: 6 }),
        fc.array(piece, { minLength: 6, maxLength: 6 }),
        (pieces, fills) => {
          const name = pieces
            .map((part, index) => (index === 0 ? part : (fills[index] ?? '') + part))
            .join('');
          expect(matchesWildcard(pieces.join('*'), name)).toBe(true);
        },
      ),
    );
  });

  test('may be narrowed to a table, whose quotes are taken off', () => {
    expect(splitPattern('*token*')).toEqual({ table: null, column: '*token*' });
    expect(splitPattern('customer.fax')).toEqual({ table: 'customer', column: 'fax' });
    expect(splitPattern('billing.note.body')).toEqual({ table: 'billing.note', column: 'body' });
    expect(splitPattern('"a.b".c')).toEqual({ table: 'a.b', column: 'c' });
  });
});
