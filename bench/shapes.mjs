/** What row-level security does to plans: tables through a parent, operators that are leakproof and ones that are not. */
import { Gateway } from '../dist/database/gateway.js';
import { p50 } from './measure.mjs';
import { decodeRows } from './tool-calls.mjs';

const CASES = [
  {
    what: 'via: a page of entries through account',
    input: { table: 'entry', columns: ['id', 'note', 'amount'], order: ['id'], limit: 20 },
    raw: 'select e.id, e.note, e.amount from entry e join account a on a.id = e.account_id where a.tenant_id = $1 order by e.id limit 21',
    values: [3],
    why: "row-level security hashes the tenant's parents once more",
  },
  {
    what: 'via: entries of one account',
    input: { table: 'entry', columns: ['id', 'note'], where: { account_id: 102 }, order: ['id'], limit: 20 },
    raw: 'select e.id, e.note from entry e join account a on a.id = e.account_id where a.tenant_id = $1 and e.account_id = $2 order by e.id limit 21',
    values: [3, 102],
    why: 'the parents of the tenant are read once for the check',
  },
  {
    what: 'leakproof: text prefix (^@)',
    input: {
      table: 'doc',
      columns: ['id', 'title'],
      where: { title: { prefix: 'title 1234' } },
      order: ['title'],
      limit: 20,
    },
    raw: "select id, title from doc where tenant_id = $1 and title like 'title 1234%' order by title limit 21",
    values: [3],
    why: 'starts_with is leakproof, so the index serves it',
  },
  {
    what: 'leakproof: equality on text',
    input: {
      table: 'doc',
      columns: ['id', 'title'],
      where: { title: 'title 123402' },
      order: ['id'],
      limit: 20,
    },
    raw: 'select id, title from doc where tenant_id = $1 and title = $2 order by id limit 21',
    values: [3, 'title 123402'],
    why: 'text equality is leakproof',
  },
  {
    what: 'not leakproof: numeric equality',
    input: { table: 'doc', columns: ['id', 'amount'], where: { amount: 2 }, order: ['id'], limit: 20 },
    raw: 'select id, amount from doc where tenant_id = $1 and amount = $2 order by id limit 21',
    values: [3, '2'],
    why: 'numeric = is not leakproof: the index gives the tenant, the filter comes after',
  },
];

export async function shapeRows(world) {
  const gateway = await Gateway.open({ url: world.gatewayUrl, keys: world.keys, size: 4 });
  const boundary = world.boundary(3);
  const role = world.ringfence.policy.roles.get('agent');
  const rows = [];
  for (const { what, input, raw, values, why } of CASES) {
    const prepared = decodeRows(world, boundary, 'query', input);
    const governed = async () => {
      const outcome = await gateway.run({
        boundary,
        role,
        statement: prepared.statement,
        effect: 'read',
        timeoutMs: 60_000,
      });
      if (outcome.kind !== 'rows') throw new Error(JSON.stringify(outcome.verdict));
      return prepared.answer(outcome.result).rows.length;
    };
    const plain = async () => (await world.raw.query(raw, values)).rows.length;
    const [here, there] = [await governed(), await plain()];
    if (here !== Math.min(20, there)) throw new Error(`${what}: ${here} rows, by hand ${there}`);
    const [rawTime, time] = await p50([plain, governed], { rounds: 3, calls: 10 });
    rows.push({
      what,
      floor: 'the query by hand',
      unit: 'µs',
      floorValue: rawTime,
      value: time,
      ratio: time / rawTime,
      target: why,
      ok: true,
    });
  }
  await gateway.close();
  return rows;
}
