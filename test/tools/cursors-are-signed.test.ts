import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCursorCodec } from '../../src/tools/cursor.js';
import { denied, prepared } from './support/call.js';
import { column, contextOf, owned, table } from './support/slice.js';

const key = (id: string, fill: number) => ({ id, key: new Uint8Array(32).fill(fill) });
const codec = createCursorCodec({ current: key('k1', 1) });
const position = fc.record({
  shape: fc.string({ maxLength: 50 }),
  after: fc.array(fc.option(fc.string({ unit: 'grapheme', maxLength: 20 }), { nil: null }), { maxLength: 4 }),
});

describe('a cursor', () => {
  test('is read back as it was given out', () => {
    fc.assert(
      fc.property(position, (given) => {
        expect(codec.decode(codec.encode(given), { shape: given.shape })).toEqual(given);
      }),
    );
  });

  test('with any one bit changed is refused', () => {
    fc.assert(
      fc.property(position, fc.nat(), fc.integer({ min: 0, max: 7 }), (given, at, bit) => {
        const bytes = Buffer.from(codec.encode(given));
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        for (const encoding of ['utf8', 'latin1'] as const) {
          expect(codec.decode(bytes.toString(encoding), { shape: given.shape })).toBe('invalid');
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('cut short, made longer or made up is refused', () => {
    const cursor = codec.encode({ shape: 's', after: ['1'] });
    for (let length = 0; length < cursor.length; length += 1) {
      expect(codec.decode(cursor.slice(0, length), { shape: 's' })).toBe('invalid');
    }
    for (const text of [
      `${cursor}A`,
      `${cursor}.`,
      `.${cursor}`,
      `${cursor}=`,
      'k1..',
      '..',
      '__proto__.a.b',
      'x'.repeat(20_000),
    ]) {
      expect(codec.decode(text, { shape: 's' })).toBe('invalid');
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(codec.decode(text, { shape: 's' })).toBe('invalid');
      }),
    );
  });

  test('does not fit another query', () => {
    expect(codec.decode(codec.encode({ shape: 's', after: [] }), { shape: 't' })).toBe('invalid');
  });

  test('expires', () => {
    let now = 1_000_000_000_000;
    const timed = createCursorCodec({ current: key('k1', 1) }, { lifeSeconds: 60, now: () => now });
    const cursor = timed.encode({ shape: 's', after: ['1'] });
    now += 59_000;
    expect(timed.decode(cursor, { shape: 's' })).toMatchObject({ after: ['1'] });
    now += 1_000;
    expect(timed.decode(cursor, { shape: 's' })).toBe('expired');
    expect(timed.decode(cursor, { shape: 't' })).toBe('invalid');
    const hour = createCursorCodec({ current: key('k1', 1) }, { now: () => now });
    const long = hour.encode({ shape: 's', after: [] });
    now += 3_599_000;
    expect(hour.decode(long, { shape: 's' })).toMatchObject({ shape: 's' });
    now += 1_000;
    expect(hour.decode(long, { shape: 's' })).toBe('expired');
  });

  test('is told by the tool to be too old, apart from being wrong', () => {
    let now = 1_000_000_000_000;
    const cursors = createCursorCodec({ current: key('k1', 1) }, { now: () => now });
    const note = table('note', [column('id', 'int4', { notNull: true })], {
      scope: owned(['tenant', 'tenant_id']),
    });
    const context = contextOf({ tables: [note], cursors });
    const page = prepared('query', { table: 'note', limit: 1 }, context).answer({
      fields: [],
      rows: [['1'], ['2']],
    });
    now += 3_600_000;
    const again = { table: 'note', limit: 1, cursor: page.nextCursor };
    expect(denied('query', again, context)).toMatchObject({ code: 'cursor_expired', rule: 'input.cursor' });
  });

  test('made before a rotation is read with the key before, and no longer once that is gone', () => {
    const old = codec.encode({ shape: 's', after: ['1'] });
    const rotated = createCursorCodec({ current: key('k2', 2), previous: [key('k1', 1)] });
    expect(rotated.decode(old, { shape: 's' })).toMatchObject({ after: ['1'] });
    expect(rotated.encode({ shape: 's', after: [] })).toMatch(/^k2\./);
    expect(createCursorCodec({ current: key('k2', 2) }).decode(old, { shape: 's' })).toBe('invalid');
    expect(createCursorCodec({ current: key('k1', 9) }).decode(old, { shape: 's' })).toBe('invalid');
  });

  test('is not made with a key that is too short or has an unusable name', () => {
    expect(() => createCursorCodec({ current: { id: 'k1', key: new Uint8Array(31) } })).toThrow(
      expect.objectContaining({ code: 'key_missing' }),
    );
    expect(() => createCursorCodec({ current: key('k.1', 1) })).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
  });
});
