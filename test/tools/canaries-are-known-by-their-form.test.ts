/** A canary is made from a key, a name and a tenant, and found again wherever it stands; nothing else is taken for one. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canaryForm, plantedCanary } from '../../src/tools/canary.js';

const form = canaryForm(randomBytes(32));
const around = fc.string({ unit: 'grapheme', maxLength: 40 });

/** Ways in which a value gets into an answer. */
const SPELLINGS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'in upper case': (text) => text.toUpperCase(),
  'in base64': (text) => Buffer.from(text).toString('base64'),
  'in base64 for URLs': (text) => Buffer.from(text).toString('base64url'),
  'in hexadecimal digits': (text) => Buffer.from(text).toString('hex'),
  'in JSON': (text) => JSON.stringify({ note: [text] }),
  'in a URL': (text) => encodeURIComponent(text),
};

describe('a canary', () => {
  it.each(Object.keys(SPELLINGS))('is found %s, whatever is around it and under whatever key', (name) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), around, around, (key, before, after) => {
        const { value, find, mark, nameTag } = canaryForm(key);
        const text = SPELLINGS[name]?.(before + value('books', 'north') + after) ?? '';
        expect(find(text)).toContainEqual({ nameTag: nameTag('books'), mark: mark('books', 'north') });
      }),
    );
  });

  it('is 27 letters and digits, another one for each name, tenant and installation', () => {
    const other = canaryForm(randomBytes(32));
    const values = [
      form.value('books', 'north'),
      form.value('books', 'south'),
      form.value('vault', 'north'),
      form.value('books', null),
      other.value('books', 'north'),
    ];
    expect(new Set(values).size).toBe(values.length);
    // A digit among the first: it is never taken for the name of a member that a ledger may keep.
    for (const value of values) expect(value).toMatch(/^[a-z2-7]{4}[2-7][a-z2-7]{22}$/);
    expect(form.find(other.value('books', 'north'))).toEqual([]);
  });

  it('is none once a character is another', () => {
    const value = form.value('books', 'north');
    for (let at = 0; at < value.length; at++) {
      const changed = value.slice(0, at) + (value[at] === 'a' ? 'b' : 'a') + value.slice(at + 1);
      expect(form.find(changed)).toEqual([]);
    }
    expect(form.find(value.slice(0, -1))).toEqual([]);
  });

  it('is not found in what is not one, though it begins like one', () => {
    const prefix = form.value('books', 'north').slice(0, 5);
    fc.assert(
      fc.property(around, (text) => {
        expect(form.find(`${text}${prefix}${text}`)).toEqual([]);
      }),
    );
    expect(form.find(prefix.repeat(2_000))).toEqual([]);
  });

  it('is found as often as it is there', () => {
    expect(form.find(`${form.value('a', null)} ${form.value('b', null)}`)).toHaveLength(2);
  });
});

describe('the value to plant', () => {
  const key = randomBytes(32);
  const canaries = new Map([
    ['books', { belongs: 'tenant' }],
    ['vault', { belongs: 'nobody' }],
  ] as const);

  it('is asked for with a tenant where each has its own, and without where it belongs to nobody', () => {
    expect(plantedCanary(canaries, key, 'books', 'north').value).toMatch(/^[a-z2-7]{27}$/);
    expect(plantedCanary(canaries, key, 'vault', null).value).toMatch(/^[a-z2-7]{27}$/);
    for (const [name, tenant] of [
      ['books', null],
      ['books', ''],
      ['vault', 'north'],
    ] as const)
      expect(() => plantedCanary(canaries, key, name, tenant)).toThrow(
        expect.objectContaining({ code: 'config_invalid' }),
      );
  });

  it('is not made for a name that the policy does not have', () => {
    expect(() => plantedCanary(canaries, key, 'book', null)).toThrow(
      expect.objectContaining({ code: 'config_invalid', suggestion: 'It has: books, vault.' }),
    );
    expect(() => plantedCanary(new Map(), key, 'book', null)).toThrow(
      expect.objectContaining({
        suggestion: expect.stringContaining('canaries: { book: { belongs: nobody } }'),
      }),
    );
  });
});
