/** SQL that an agent wrote: described, run through the executor, and run with its event. The floor is the same text as an owner would send it. */
import { randomUUID } from 'node:crypto';
import { Gateway } from '../dist/database/gateway.js';
import { p50 } from './measure.mjs';

/** Two tenants that are here for this alone: one as most are, and one with ten thousand documents. */
const TENANT = 2_000_001;
const LARGE_TENANT = 2_000_002;
const DOCUMENTS = new Map([
  [TENANT, 200],
  [LARGE_TENANT, 10_000],
]);
const ACCOUNTS = 20;

const BODY = '{"action":"sql","decision":{"effect":"allowed","rule":"roles.agent"},"tables":["doc"]}';

/** What stands for each table in a statement, as the guard writes it; `own` is the same without any of it. */
const TABLES = {
  doc: {
    scoped:
      '(select t."id", t."title", t."body", t."amount", t."kind" from "slice_agent"."doc" t where t."tenant_id" = $1::pg_catalog.text::pg_catalog.int4)',
    own: (tenant) => `(select id, title, body, amount, kind from doc where tenant_id = ${tenant})`,
  },
  account: {
    scoped:
      '(select t."id", t."name" from "slice_agent"."account" t where t."tenant_id" = $1::pg_catalog.text::pg_catalog.int4)',
    own: (tenant) => `(select id, name from account where tenant_id = ${tenant})`,
  },
};

const STATEMENTS = [
  {
    name: 'a page of 20 rows',
    target: 3,
    text: (table) => `select d.id, d.title, d.body, d.amount from ${table('doc')} d order by d.id limit 20`,
    rows: 20,
    columns: 4,
  },
  {
    name: 'a report with a join, a CTE and a window',
    target: 3,
    text: (table) =>
      `with sums as (select d.kind, count(*) as n, sum(d.amount) as total, max(d.title) as last from ${table('doc')} d where d.amount > 10 group by d.kind) ` +
      `select a.name, s.kind, s.n, s.total, rank() over (partition by a.name order by s.total desc) as place from ${table('account')} a ` +
      `join sums s on s.n > a.id % 2 where a.name like 'account%' and s.total > 0 order by a.name, place, s.kind limit 20`,
    rows: 20,
    columns: 5,
  },
  {
    name: 'an aggregate of 10 000 rows',
    target: 1.3,
    tenant: LARGE_TENANT,
    text: (table) =>
      `select d.kind, count(*) as n, sum(d.amount) as total, min(d.title) as first from ${table('doc')} d group by d.kind order by n desc limit 100`,
    rows: 50,
    columns: 4,
  },
];

export async function executorRows(world) {
  for (const [tenant, documents] of DOCUMENTS)
    await world.admin.query(
      `insert into doc (tenant_id, title, body, amount, kind)
       select $1, 'title ' || n, 'body of document ' || n, n % 1000, 'kind' || n % 50 from generate_series(1, $2::int) n`,
      [tenant, documents],
    );
  await world.admin.query(
    "insert into account select $1 * 100 + n, $1, 'account ' || n from generate_series(1, $2::int) n",
    [TENANT, ACCOUNTS],
  );
  await world.admin.query('vacuum analyze doc, account');
  const gateway = await Gateway.open({ url: world.gatewayUrl, keys: world.keys, size: 4, perTenant: 4 });
  const role = world.ringfence.policy.roles.get('agent');
  const lines = [];
  for (const statement of STATEMENTS) {
    const tenant = statement.tenant ?? TENANT;
    const boundary = world.boundary(tenant);
    const text = statement.text((name) => TABLES[name].scoped);
    const own = statement.text((name) => TABLES[name].own(tenant));
    const call = { boundary, role, timeoutMs: 60_000 };
    const execute = async (event) => {
      const outcome = await gateway.execute({
        ...call,
        text,
        columns: statement.columns,
        rowLimit: 1_000,
        byteLimit: 1_000_000,
        event,
      });
      if (outcome.kind !== 'rows' || outcome.rows.length !== statement.rows)
        throw new Error(`not the rows: ${JSON.stringify(outcome).slice(0, 300)}`);
    };
    const raw = async () => {
      // Values in the text, sent as any driver sends what it has not prepared.
      const { rows } = await world.raw.query({ text: own, queryMode: 'extended' });
      if (rows.length !== statement.rows) throw new Error(`not the rows: ${rows.length}`);
    };
    const insert = () =>
      world.raw.query({
        name: 'plain',
        text: 'insert into plain_event (id, body) values ($1, $2)',
        values: [randomUUID(), BODY],
      });
    const describe = async () => {
      const outcome = await gateway.describe({ ...call, opaque: text });
      if (outcome.kind !== 'described') throw new Error(JSON.stringify(outcome));
    };
    const [rawTime, without, withEvent, insertTime, described] = await p50(
      [
        raw,
        () => execute(null),
        () => execute({ id: randomUUID(), allowed: BODY, failed: BODY }),
        insert,
        describe,
      ],
      { rounds: 8, calls: statement.tenant === undefined ? 100 : 30 },
    );
    const line = (what, value, floor, floorValue, target) => ({
      what: `agent SQL, ${statement.name}, ${what}`,
      unit: 'µs',
      value,
      floor,
      floorValue,
      ratio: value / floorValue,
      target: target === undefined ? 'beside its floor' : `≤ ${target}`,
      ok: target === undefined || value / floorValue <= target,
    });
    lines.push(
      line('no event, p50', without, 'same text, ungoverned', rawTime, statement.target),
      line('its event in the commit, p50', withEvent, 'plain durable INSERT', insertTime),
      line('described, p50', described, 'same text, ungoverned', rawTime),
    );
  }
  await gateway.close();
  for (const table of ['doc', 'account'])
    await world.admin.query(`delete from ${table} where tenant_id = any ($1)`, [[...DOCUMENTS.keys()]]);
  return lines;
}
