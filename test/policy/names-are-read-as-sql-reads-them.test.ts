import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseName, printName } from '../../src/policy/name.js';

function names(text: string): readonly string[] | string {
  const parsed = parseName(text);
  return 'problem' in parsed ? parsed.problem : parsed.parts.map(({ name }) => name);
}

describe('a name', () => {
  test.each([
    ['customer', ['customer']],
    ['billing.note', ['billing', 'note']],
    ['Customer', ['customer']],
    ['"Order Details"', ['Order Details']],
    ['"a.b"."c""d"', ['a.b', 'c"d']],
    ['shop."Order"', ['shop', 'Order']],
    ['"Order".id', ['Order', 'id']],
    ['größe', ['größe']],
    ['_x$1', ['_x$1']],
    ['order', ['order']],
  ])('%s is read as PostgreSQL reads it', (text, parts) => {
    expect(names(text)).toEqual(parts);
  });

  test('keeps the case as written beside the folded name', () => {
    expect(parseName('createdAt')).toEqual({ parts: [{ written: 'createdAt', name: 'createdat' }] });
  });

  test('folds ASCII letters only, as PostgreSQL does in UTF-8', () => {
    expect(names('ÄRGER')).toEqual(['Ärger']);
  });

  test.each([
    ['', /empty/],
    ['a.', /empty/],
    ['.a', /empty/],
    ['a..b', /empty/],
    ['""', /empty/],
    ['"a', /never closed/],
    ['"a"b', /comes a dot/],
    ['Order Details', /write '"Order Details"'/],
    ['order-details', /write '"order-details"'/],
    ['1st', /write '"1st"'/],
    ['a"b', /double quotes/],
    ['"a\0b"', /NUL/],
    ['x'.repeat(64), /63 bytes/],
    ['ü'.repeat(32), /63 bytes/],
  ])('%j is refused with the reason', (text, reason) => {
    expect(names(text)).toMatch(reason);
  });

  test('of any characters is read back from how it is printed', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 15 }).filter((text) => {
      return !text.includes('\0') && Buffer.byteLength(text) <= 63;
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        expect(names(printName(parts))).toEqual(parts);
      }),
    );
  });

  test('never makes the reader throw, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'aA"". _\0é') })), (text) => {
        const parsed = parseName(text);
        if ('parts' in parsed)
          expect(names(printName(parsed.parts.map(({ name }) => name)))).toEqual(names(text));
        else expect(parsed.problem).not.toBe('');
      }),
    );
  });
});
