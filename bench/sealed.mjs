/** The sealed session alone: a governed read without its event. */
import { Gateway } from '../dist/database/gateway.js';
import { p50, throughput } from './measure.mjs';
import { decodeRows } from './tool-calls.mjs';
import { PAGE } from './world.mjs';

export async function sealedRows(world) {
  const gateway = await Gateway.open({ url: world.gatewayUrl, keys: world.keys, size: 32, perTenant: 32 });
  const boundary = world.boundary(3);
  const prepared = decodeRows(world, boundary, 'query', PAGE);
  const role = world.ringfence.policy.roles.get('agent');
  const governed = async () => {
    const outcome = await gateway.run({
      boundary,
      role,
      statement: prepared.statement,
      effect: 'read',
      timeoutMs: 5_000,
    });
    if (outcome.kind !== 'rows' || prepared.answer(outcome.result).rows.length !== 20)
      throw new Error('not the page');
  };
  const text = 'select id, title, body, amount from doc where tenant_id = $1 order by id limit 21';
  const raw = async () => {
    const { rows } = await world.raw.query(text, [3]);
    if (rows.length !== 21) throw new Error('not the page');
  };
  const [rawTime, governedTime] = await p50([raw, governed]);
  const [rawRate, governedRate] = await throughput([raw, governed], 8);
  await gateway.close();
  return [
    {
      what: 'governed read, no event, p50 at 1 client',
      floor: 'raw pg query',
      unit: 'µs',
      floorValue: rawTime,
      value: governedTime,
      ratio: governedTime / rawTime,
      target: '≤ 1.8',
      ok: governedTime / rawTime <= 1.8,
    },
    {
      what: 'governed read, no event, throughput at 8 clients',
      floor: 'raw pg query',
      unit: '/s',
      floorValue: rawRate,
      value: governedRate,
      ratio: governedRate / rawRate,
      target: '≥ 0.85',
      ok: governedRate / rawRate >= 0.85,
    },
  ];
}
