/**
 * One connection, many tenants: what a statement in the agent's place could leave behind, what other sessions can see of it, and what they
 * can do to it. The statements go the way of a tool's: through the sealed session, on a pool of one connection.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Gateway } from '../../src/database/gateway.js';
import type { SealedOutcome } from '../../src/database/session.js';
import type { CompiledRole } from '../../src/policy/compiled.js';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';
import { DENTAL, DESIGN } from './support/desk-schema.js';
import { besiege, gatewayClient, openBoundary } from './support/sealed-agent.js';

describeOnServers('a connection shared by tenants', (server) => {
  let desk: Desk;
  let gateway: Gateway;
  beforeAll(async () => {
    desk = await openDesk(server);
    gateway = await Gateway.open({
      url: desk.governed.gatewayUrl,
      keys: desk.governed.keys,
      size: 1,
      perTenant: 1,
    });
  });
  afterAll(async () => {
    await gateway.close();
    await desk.drop();
  });

  const run = (tenant: string, text: string, effect: 'read' | 'write' = 'read'): Promise<SealedOutcome> =>
    gateway.run({
      boundary: desk.governed.boundary({ tenant, workspace: 'front-desk' }),
      role: desk.governed.ringfence.policy.roles.get('support') as CompiledRole,
      statement: { text, values: [] },
      effect,
      timeoutMs: 5_000,
    });
  const rowsOf = (outcome: SealedOutcome): readonly (readonly (string | null)[])[] => {
    if (outcome.kind !== 'rows') throw new Error(JSON.stringify(outcome));
    return outcome.result.rows;
  };
  const tenantsSeen = async (tenant: string): Promise<unknown> =>
    rowsOf(await run(tenant, 'select distinct org_id from slice_support.ticket order by 1')).flat();

  const SLOT = [
    'commit',
    'rollback',
    'begin',
    'savepoint a',
    'end',
    'abort',
    'prepare transaction $$x$$',
    'set role postgres',
    'set role ringfence_view_support',
    'reset role',
    'reset all',
    'discard all',
    'set session authorization default',
    "select set_config('role', 'none', false)",
    "select set_config('statement_timeout', '0', false)",
    "select set_config('search_path', 'public', true)",
    "select set_config('ringfence.seal', current_setting('ringfence.seal'), false)",
    "select set_config('transaction_read_only', 'off', true)",
    'set transaction read write',
    'set local session characteristics as transaction read write',
    'select 1/0',
    'declare left_open cursor for select subject from slice_support.ticket',
    'do $$ begin commit; end $$',
    "do $$ begin execute 'set role none'; end $$",
    'select 1; select 2',
    '',
    'select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())',
  ];
  for (const statement of SLOT) {
    it(`serves the next tenant its own rows and nothing else after: ${statement || 'nothing at all'}`, async () => {
      for (const effect of ['read', 'write'] as const) {
        await run(DESIGN, statement, effect);
        expect(await tenantsSeen(DENTAL), effect).toEqual([DENTAL]);
        const [left] = rowsOf(
          await run(
            DENTAL,
            `select current_user, current_setting('search_path'), current_setting('transaction_read_only'), current_setting('statement_timeout'),
              (select count(*) from pg_cursors where name <> ''), (select count(*) from pg_prepared_statements where name !~ '^ringfence_'),
              (select count(*) from pg_listening_channels())`,
          ),
        );
        expect(left, effect).toEqual(['ringfence_slice_support', 'pg_catalog', 'on', '5s', '0', '0', '0']);
        const changed = await desk.database.query(
          "select count(*)::int as n from ticket where org_id = 'northstar-design'",
        );
        expect(changed).toEqual([{ n: 2 }]);
      }
    });
  }

  it('reads only for a reading tool, whatever the statement says', async () => {
    const writes = [
      'update slice_support.ticket set status = $$closed$$',
      'with gone as (delete from slice_support.memo returning id) select * from gone',
      "with set as materialized (select set_config('transaction_read_only', 'off', true)), gone as (delete from slice_support.memo returning id) select * from set, gone",
      "insert into slice_support.coupon (org_id, code, percent) values ('northstar-dental', 'NEW', 5)",
      "select nextval('public.coupon_id_seq')",
    ];
    for (const sql of writes) expect(await run(DENTAL, sql), sql).toMatchObject({ kind: 'verdict' });
    expect(await desk.database.query('select count(*)::int as n from memo')).toEqual([{ n: 4 }]);
  });

  it('shows no value of a call, and no tenant, to the other sessions of the same login', async () => {
    const product = await desk.database.connect(desk.product);
    const other = await desk.database.connect(desk.product);
    const watch =
      'select query, application_name, usename from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    await product.query("select 'zephyr', $$northstar-design$$");
    expect(JSON.stringify((await other.query(watch)).rows), 'raw: a literal in a statement').toContain(
      'zephyr',
    );
    await product.end();
    await other.end();

    const watcher = await gatewayClient(desk);
    await openBoundary(desk, watcher, DENTAL);
    await watcher.query('reset role');
    const held = await desk.database.connect();
    await held.query('begin; lock table ticket in access exclusive mode');
    const waiting = desk.governed.call({ tenant: DESIGN, workspace: 'front-desk' }, 'query', {
      table: 'ticket',
      where: { body: { contains: 'zephyr' } },
    });
    let seen: readonly { query: string }[] = [];
    for (let tries = 0; tries < 200 && !JSON.stringify(seen).includes('ringfence:'); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen = (await watcher.query<{ query: string }>(watch)).rows;
    }
    await held.query('rollback');
    await held.end();
    expect(await waiting).toMatchObject({ decision: 'allowed' });
    const shown = JSON.stringify(seen);
    expect(shown, 'the statement itself').toContain('slice_support');
    expect(shown, 'a name that stands for the tenant').toMatch(/ringfence:t_[0-9a-f]+/);
    expect(shown).not.toMatch(/zephyr|northstar-d/i);
    await watcher.end();
  });

  it('lets no agent’s role end or cancel another session, nor look into it', async () => {
    const victim = await gatewayClient(desk);
    const { rows } = await victim.query<{ pid: number }>('select pg_backend_pid() as pid');
    const pid = rows[0]?.pid ?? 0;
    const raw = await gatewayClient(desk);
    // The login itself may: it is the same one.
    expect((await raw.query('select pg_cancel_backend($1) as done', [pid])).rows).toEqual([{ done: true }]);
    await raw.end();
    const { outcomes } = await besiege(desk, [
      `select pg_cancel_backend(${pid})`,
      `select pg_terminate_backend(${pid})`,
      `select pg_terminate_backend(pid) from pg_stat_activity where pid = ${pid}`,
      `select pg_log_backend_memory_contexts(${pid})`,
      'select pg_stat_reset()',
    ]);
    expect(outcomes.filter((outcome) => outcome === 'ok')).toEqual([]);
    expect((await victim.query('select 1 as alive')).rows).toEqual([{ alive: 1 }]);
    const { said } = await besiege(desk, [
      `select query, state, client_addr, wait_event from pg_stat_activity where pid = ${pid}`,
    ]);
    expect(said).toContain('insufficient privilege');
    await victim.end();
  });
});
