import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { didYouMean, nearest } from '../../src/policy/nearest.js';

describe('the nearest name', () => {
  test.each([
    ['custmer', 'customer'],
    ['cutsomer', 'customer'],
    ['customers', 'customer'],
    ['firstName', 'first_name'],
    ['FIRST_NAME', 'first_name'],
    ['emial', 'email'],
    ['invoiceline', 'invoice_line'],
  ])('to %s is %s', (name, meant) => {
    expect(nearest(name, ['invoice', 'invoice_line', 'customer', 'first_name', 'email'])).toBe(meant);
  });

  test('is nothing where nothing is close', () => {
    expect(nearest('warehouse', ['customer', 'invoice', 'x'])).toBeUndefined();
    expect(nearest('a', [])).toBeUndefined();
    expect(didYouMean('warehouse', ['customer'])).toEqual({});
  });

  test('is said as a question', () => {
    expect(didYouMean('custmer', ['customer'])).toEqual({ suggestion: 'did you mean customer?' });
  });

  test('is the name itself where it is among them', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }),
        fc.nat(),
        (names, index) => {
          const name = names[index % names.length] ?? '';
          expect(nearest(name, names)).toBe(name);
        },
      ),
    );
  });

  test('to a very long text is found without reading all of it', () => {
    expect(nearest('x'.repeat(5_000_000), ['customer'])).toBeUndefined();
  });
});
