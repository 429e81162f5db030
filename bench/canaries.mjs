/** Canaries, in process: what it costs to look through an answer, and through a call. The floor is writing the same as JSON. */
import { randomBytes } from 'node:crypto';
import { createCanaries } from '../dist/tools/canaries.js';
import { p50 } from './measure.mjs';

const NOTE = 'Called about the invoice of last month; wants a copy by post, and to pay by card from now on.';

const page = (count) =>
  Array.from({ length: count }, (_, id) => ({
    id,
    title: `Document ${id}`,
    email: `customer.${id}@mail.example.com`,
    body: `${id}: ${NOTE}`,
    details: { tags: ['open', 'post'], history: [{ at: '2026-11-21T10:30:00.000Z', by: `clerk ${id}` }] },
  }));

export async function canaryRows() {
  const canaries = createCanaries(
    {
      canaries: new Map([
        ['books', { belongs: 'tenant' }],
        ['vault', { belongs: 'nobody' }],
      ]),
    },
    randomBytes(32),
  );
  const rows = [];
  for (const count of [20, 200]) {
    const answer = { rows: page(count), truncated: true };
    const look = () => {
      if (canaries.seenIn([answer], 'north') !== null) throw new Error('There is no canary in this.');
    };
    const write = () => JSON.stringify(answer);
    const [floor, value] = await p50([write, look], { rounds: 8, calls: 500 });
    rows.push({
      what: `canaries looked for in an answer of ${count} rows`,
      floor: 'the same, written as JSON',
      unit: 'µs',
      floorValue: floor,
      value,
      ratio: value / floor,
      target: 'printed',
      ok: true,
    });
  }
  return rows;
}
