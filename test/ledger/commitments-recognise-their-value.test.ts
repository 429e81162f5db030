import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { commitment, verifyCommitment } from '../../src/ledger/commitment.js';

const key = Buffer.alloc(32, 1);
const event = '0198c0de-0000-7000-8000-000000000001';

describe('a commitment', () => {
  it('is HMAC-SHA256 of field, zero byte and canonical JSON under a salt that the key and the event give', () => {
    const salt = createHmac('sha256', key).update(`["commitment","${event}"]`).digest();
    expect(commitment(key, event, 'input', { b: 1, a: 2 })).toBe(
      createHmac('sha256', salt).update('input\0{"a":2,"b":1}').digest('hex'),
    );
  });

  it('recognises its value and nothing else', () => {
    const committed = commitment(key, event, 'input', { table: 'invoice', limit: 5 });
    expect(verifyCommitment(key, event, 'input', { limit: 5, table: 'invoice' }, committed)).toBe(true);
    expect(verifyCommitment(key, event, 'input', { limit: 6, table: 'invoice' }, committed)).toBe(false);
    expect(verifyCommitment(key, event, 'output', { limit: 5, table: 'invoice' }, committed)).toBe(false);
    expect(
      verifyCommitment(Buffer.alloc(32, 2), event, 'input', { table: 'invoice', limit: 5 }, committed),
    ).toBe(false);
    for (const malformed of ['', 'zz', committed.slice(2), `${committed}00`]) {
      expect(verifyCommitment(key, event, 'input', { table: 'invoice', limit: 5 }, malformed)).toBe(false);
    }
  });

  it('differs between events, so that equal inputs cannot be linked', () => {
    expect(commitment(key, event, 'input', 'x')).not.toBe(
      commitment(key, event.replace(/1$/, '2'), 'input', 'x'),
    );
  });

  it('takes what no schema would', () => {
    expect(commitment(key, event, 'input', { a: 10n, b: '\ud800' })).toMatch(/^[0-9a-f]{64}$/);
  });
});
