import { describe, expect, it } from 'vitest';
import { logName, subjectName } from '../../src/boundary/pseudonym.js';

const key = Buffer.alloc(32, 1);

describe('a pseudonym', () => {
  it('is a prefix and 32 hex digits, the same every time', () => {
    expect(logName(key, 'north')).toMatch(/^t_[0-9a-f]{32}$/);
    expect(logName(key, 'north', true)).toMatch(/^x_[0-9a-f]{32}$/);
    expect(subjectName(key, 'north', 'ada')).toMatch(/^u_[0-9a-f]{32}$/);
    expect(logName(key, 'north')).toBe(logName(Buffer.alloc(32, 1), 'north'));
  });

  it('differs for every other key, kind, tenant and user, wherever the names are divided', () => {
    const names = [
      logName(key, 'north'),
      logName(key, 'north', true),
      logName(Buffer.alloc(32, 2), 'north'),
      logName(key, 'south'),
      subjectName(key, 'north', 'ada'),
      subjectName(key, 'south', 'ada'),
      subjectName(key, 'a', 'b,c'),
      subjectName(key, 'a,b', 'c'),
      subjectName(key, 'a","b', 'c'),
      subjectName(key, 'a', 'b","c'),
    ].map((name) => name.slice(2));
    expect(new Set(names).size).toBe(names.length);
  });

  it('is not made with a short key', () => {
    expect(() => logName(Buffer.alloc(31), 'north')).toThrow(
      expect.objectContaining({ code: 'key_missing' }),
    );
  });
});
