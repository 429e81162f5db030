/** The gate whole: decision, sealed session, event durable before the answer. */
import { randomUUID } from 'node:crypto';
import { within } from '../dist/boundary/propagation.js';
import { cursorKeys } from '../dist/database/keys.js';
import { createCursorCodec } from '../dist/tools/cursor.js';
import { dataTools } from '../dist/tools/data-tools.js';
import { decide } from '../dist/tools/decide.js';
import { p50, rate, throughput } from './measure.mjs';
import { PAGE } from './world.mjs';

/** What the gate does up to the database: check the input, decide, write the statement. */
export function decodeRows(world, boundary, name, input) {
  const tool = dataTools.get(name);
  const role = world.ringfence.policy.roles.get(boundary.role);
  return tool.prepare(tool.inputSchema.parse(input), {
    boundary,
    policy: world.ringfence.policy,
    role,
    tables: role.tables,
    limits: role.limits,
    cursors: createCursorCodec(cursorKeys(world.keys)),
  });
}

export async function recordedRows(world) {
  const boundary = world.boundary(3);
  const call = (tool, input) => within(boundary, () => world.ringfence.call(tool, input));
  const insert = () =>
    world.raw.query('insert into plain_event (id, body) values ($1, $2)', [
      randomUUID(),
      '{"action":"query","decision":"allowed"}'.repeat(20),
    ]);
  const read = async () => {
    const decision = await call('query', PAGE);
    if (decision.rows?.length !== 20) throw new Error(JSON.stringify(decision));
  };
  const raw = () =>
    world.raw.query('select id, title, body, amount from doc where tenant_id = $1 order by id limit 21', [3]);
  const write = async (n) => {
    const decision = await call('create', { table: 'doc', values: { title: `t${n}`, body: 'b' } });
    if (decision.decision !== 'allowed') throw new Error(JSON.stringify(decision));
  };
  const rawWrite = (n) =>
    world.raw.query("insert into doc (tenant_id, title, body) values (3, $1, 'b') returning id", [`t${n}`]);
  const [insertTime, readTime, rawWriteTime, writeTime] = await p50([insert, read, rawWrite, write], {
    rounds: 8,
    calls: 100,
  });
  const [rawRate, readRate] = await throughput([raw, read], 32);
  return [
    {
      what: 'governed read with its event durable, p50',
      floor: 'one durable INSERT',
      unit: 'µs',
      floorValue: insertTime,
      value: readTime,
      ratio: readTime / insertTime,
      target: '≤ 1.5',
      ok: readTime / insertTime <= 1.5,
    },
    {
      what: 'governed create with its event in the commit, p50',
      floor: 'the same INSERT, raw',
      unit: 'µs',
      floorValue: rawWriteTime,
      value: writeTime,
      ratio: writeTime / rawWriteTime,
      target: '≤ 1.5',
      ok: writeTime / rawWriteTime <= 1.5,
    },
    {
      what: 'governed read with its event durable, throughput at 32 clients',
      floor: 'raw pg query',
      unit: '/s',
      floorValue: rawRate,
      value: readRate,
      ratio: readRate / rawRate,
      target: '≥ 0.5',
      ok: readRate / rawRate >= 0.5,
    },
  ];
}

export function decisionRows(world) {
  const boundary = world.boundary(3);
  const role = world.ringfence.policy.roles.get('agent');
  const parts = {
    policy: world.ringfence.policy,
    tools: dataTools,
    cursors: createCursorCodec(cursorKeys(world.keys)),
  };
  const call = (action, input) => ({ boundary, role, action, input, options: {} });
  const query = call('query', { ...PAGE, where: { kind: 'kind3', amount: { gte: 10 } } });
  const get = call('get', { table: 'doc', id: 5, columns: ['id', 'title'] });
  const foreign = call('query', { table: 'doc', where: { tenant_id: 5 } });
  const forbidden = call('delete', { table: 'doc', id: 5 });
  const row = (what, one) => ({
    what,
    floor: '–',
    unit: '/s',
    value: rate(() => decide(one, parts)),
    target: '≥ 1 M',
  });
  return [
    row('decision and statement of a query, in process', query),
    row('decision and statement of a get, in process', get),
    row('decision: a tenant named, in process', foreign),
    row('decision: a tool that the role lacks, in process', forbidden),
  ].map((line) => ({ ...line, ok: line.value >= 1e6 }));
}
