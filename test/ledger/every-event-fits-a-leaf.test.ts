import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/ledger/canonical.js';
import { encodeEvent, maxBodyBytes } from '../../src/ledger/encode-event.js';
import type { EventBody } from '../../src/ledger/event.js';
import { eventBody } from './support/ledger-database.js';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4000 }),
  fc.constant('\u0001'.repeat(3000)),
  fc.constant('👩‍🚀'.repeat(900)),
);

describe('an encoded event', () => {
  it('is the canonical JSON of the body where that fits', () => {
    expect(encodeEvent(eventBody())).toBe(canonicalJson(eventBody()));
  });

  it('gives up the input first, and says how long it was', () => {
    const input = { list: new Array(500).fill('text(12)') };
    expect(JSON.parse(encodeEvent(eventBody({ input })))).toEqual(
      eventBody({ input: `truncated(${canonicalJson(input).length})` }),
    );
  });

  it('then cuts long strings and lists, marked, and leaves hashes whole', () => {
    const columns = Array.from({ length: 900 }, (_, index) => `invoice.column_${index}`);
    const encoded = JSON.parse(
      encodeEvent(eventBody({ columns, reason: 'because '.repeat(300) })),
    ) as EventBody;
    expect(encoded.columns.at(-1)).toMatch(/^\+\d+$/);
    expect(encoded.columns.length - 1 + Number(encoded.columns.at(-1))).toBe(900);
    expect(encoded.reason).toMatch(/because …$|…$/);
    expect(encoded.input_commitment).toBe('b'.repeat(64));
    expect(encoded.decision.policy_hash).toBe('a'.repeat(64));
  });

  it('never exceeds its size, never fails, and is the same every time', () => {
    fc.assert(
      fc.property(
        fc.record({
          action: text,
          reason: text,
          prompt_version: text,
          trace_id: text,
          correlation_id: text,
          parent_event: text,
          tables: fc.array(text, { maxLength: 50 }),
          columns: fc.array(text, { maxLength: 50 }),
          blocked: fc.array(text, { maxLength: 50 }),
          input: fc.anything(),
          decision: fc.record({
            effect: fc.constant('denied' as const),
            rule: text,
            code: text,
            reason: text,
            policy_hash: fc.constant('a'.repeat(64)),
          }),
        }),
        (changes) => {
          const encoded = encodeEvent(eventBody(changes));
          expect(Buffer.byteLength(encoded)).toBeLessThanOrEqual(maxBodyBytes);
          expect(canonicalJson(JSON.parse(encoded))).toBe(encoded);
          expect(encodeEvent(eventBody(changes))).toBe(encoded);
        },
      ),
      { numRuns: 60 },
    );
  });
});
