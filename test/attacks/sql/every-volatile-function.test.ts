/**
 * What has an effect beside its answer is VOLATILE. Here every such function of PostgreSQL’s that a slice role may call is called, with
 * arguments of its types, straight through the executor. The collection has those that somebody thought of; this has the others.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../../support/test-server.js';
import { runContained } from './support/executor-alone.js';
import { type GovernedWorld, openGovernedWorld } from './support/governed-world.js';
import { CANARY } from './support/world-schema.js';

/** A value or two of each type: things that are there, numbers that are small. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  text: ["'public.ticket'", "'attack'", "'select body from public.ticket'"],
  cstring: ["'x'"],
  name: ["'postgres'"],
  int2: ['1'],
  int4: ['1', 'pg_backend_pid()'],
  int8: ['1'],
  float8: ['0.02'],
  float4: ['1'],
  numeric: ['1'],
  bool: ['true', 'false'],
  oid: ["'public.ticket'::regclass", '2200'],
  regclass: ["'public.ticket'", "'public.order_number'"],
  regproc: ["'public.close_ticket'"],
  regprocedure: ["'public.close_ticket(int)'"],
  regtype: ["'public.urgency'"],
  regrole: ["'postgres'"],
  regnamespace: ["'public'"],
  xid: ["'3'"],
  xid8: ["'3'"],
  tid: ["'(0,1)'"],
  pg_lsn: ["'0/1'"],
  interval: ["'20 milliseconds'"],
  timestamptz: ['now()'],
  timestamp: ["'2027-01-01'"],
  date: ["'2027-01-01'"],
  bytea: ["'\\x00'"],
  refcursor: ["'<unnamed portal 1>'"],
  tsquery: ["'a'"],
  json: ["'{}'"],
  jsonb: ["'{}'"],
  uuid: ["'00000000-0000-0000-0000-000000000000'"],
  char: ["'a'"],
  _text: ["array['a']"],
  _oid: ['array[1::oid]'],
  anyelement: ['1'],
  any: ['1'],
};

const CALLABLE = `
select p.proname as name, p.proargtypes::regtype[]::text[] as shown,
  array(select t.typname::text from unnest(p.proargtypes) with ordinality a (type, place) join pg_type t on t.oid = a.type order by place) as types
from pg_proc p
where p.pronamespace = 'pg_catalog'::regnamespace and p.provolatile = 'v' and p.prokind = 'f'
  and has_function_privilege('ringfence_slice_support', p.oid, 'execute')
  and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype, 'index_am_handler'::regtype, 'table_am_handler'::regtype, 'fdw_handler'::regtype, 'language_handler'::regtype, 'tsm_handler'::regtype)
order by 1, 2`;

describeOnServers('the executor alone', (server) => {
  let world: GovernedWorld;
  beforeAll(async () => {
    world = await openGovernedWorld(server);
    await runContained(world, 'select 1', 2_000);
  });
  afterAll(() => world.drop());

  it('is left by no function with anything changed', { timeout: 300_000 }, async () => {
    const functions = await world.database.query<{ name: string; types: string[] }>(CALLABLE);
    expect(functions.length).toBeGreaterThan(100);
    const settled = await world.session();
    const failed: string[] = [];
    let before = await world.traces();
    let called = 0;
    for (const { name, types } of functions) {
      for (const text of calls(name, types)) {
        const { said, executed } = await runContained(world, text, 100);
        const after = await world.traces();
        if (CANARY.test(said)) failed.push(`${text}: a canary: ${said}`);
        if (after.world !== before.world) failed.push(`${text}: the world changed`);
        if (after.locks !== 0) failed.push(`${text}: locks are held`);
        if (!after.bystander) failed.push(`${text}: another session is gone`);
        if (executed.kind === 'rows') called += 1;
        before = after;
      }
    }
    expect(failed).toEqual([]);
    expect(world.heard).toEqual([]);
    expect(called, 'most of them do run').toBeGreaterThan(50);
    const now = await world.session();
    expect(now).toEqual(settled);
    expect(functions.filter(({ name, types }) => calls(name, types).length === 0)).toEqual([]);
  });
});

/** A call for each choice of the first value that differs; the other arguments take their first. */
function calls(name: string, types: readonly string[]): readonly string[] {
  const values = types.map((type) => VALUES[type] ?? ['null']);
  const most = Math.max(1, ...values.map(({ length }) => length));
  return Array.from({ length: most }, (_, n) => {
    const given = values.map((choices) => choices[Math.min(n, choices.length - 1)] ?? 'null');
    return `select pg_catalog."${name}"(${given.join(', ')})`;
  });
}
