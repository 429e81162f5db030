/** Whether one tenant's query costs more as others join: the same rows of its own, beside 9 and beside 9 999 other tenants. */
import { Gateway } from '../dist/database/gateway.js';
import { p50 } from './measure.mjs';
import { decodeRows } from './tool-calls.mjs';
import { PAGE } from './world.mjs';

export async function tenantRows(world) {
  const gateway = await Gateway.open({ url: world.gatewayUrl, keys: world.keys, size: 4 });
  const role = world.ringfence.policy.roles.get('agent');
  const measure = async (tenants) => {
    await world.admin.query('truncate doc');
    await world.admin.query(
      `insert into doc (tenant_id, title, body, amount) select t, 'title ' || n, 'body of document ' || n, n
       from generate_series(1, 50) n, generate_series(1, $1::int) t`,
      [tenants],
    );
    await world.admin.query('vacuum analyze doc');
    const boundary = world.boundary(3);
    const prepared = decodeRows(world, boundary, 'query', PAGE);
    const [time, raw] = await p50(
      [
        () =>
          gateway.run({ boundary, role, statement: prepared.statement, effect: 'read', timeoutMs: 5_000 }),
        () =>
          world.raw.query(
            'select id, title, body, amount from doc where tenant_id = $1 order by id limit 21',
            [3],
          ),
      ],
      { rounds: 6, calls: 150 },
    );
    return { time, raw };
  };
  const few = await measure(10);
  const many = await measure(10_000);
  await gateway.close();
  // The machine may have slowed down between the two: each is taken against the raw query beside it.
  const ratio = many.time / many.raw / (few.time / few.raw);
  return [
    {
      what: 'one query, 10 → 10 000 tenants',
      floor: 'the same at 10 tenants',
      unit: 'µs',
      floorValue: few.time,
      value: many.time,
      ratio,
      target: '≤ 1.1',
      ok: ratio <= 1.1,
    },
  ];
}
