/**
 * The seal: what opens a boundary in the database, and everything that does not.
 * The raw half carries the tenant in a plain setting, as most products do, and falls; the sealed half stands on the same table.
 */
import { createHmac } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Boundary } from '../../src/boundary/boundary.js';
import { trustedBoundary } from '../../src/boundary/resolve.js';
import { createClaimMaker } from '../../src/database/claim.js';
import type { Keys } from '../../src/database/keys.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { installRingfence } from '../support/installed.js';
import { describeOnServers } from '../support/test-server.js';

const SCHEMA = `
create table note (id int primary key, tenant text not null, body text not null);
insert into note select n, case when n % 2 = 0 then 'a' else 'b' end, 'canary of ' || case when n % 2 = 0 then 'a' else 'b' end from generate_series(1, 20) n;
alter table note enable row level security;
create role agent nologin; create role viewer nologin;
grant usage on schema public to viewer, agent;
grant select on note to viewer;
create policy own on note as restrictive to viewer using (tenant = (select ringfence.tenant('support')));
create policy opened on note to viewer using (true);
create schema slice; create view slice.note as select * from note; alter view slice.note owner to viewer;
grant usage on schema slice, ringfence to agent; grant select on slice.note to agent;
grant execute on function ringfence.tenant(text), ringfence.tenant(), ringfence.role(), ringfence.workspace(text), ringfence.user_id(text) to agent;
grant agent to ringfence_gateway;

create role plain_viewer nologin; grant usage on schema public to plain_viewer; grant select on note to plain_viewer;
create policy plain on note to plain_viewer using (tenant = (select current_setting('app.tenant', true)));
create view slice.plain_note as select * from note; alter view slice.plain_note owner to plain_viewer; grant select on slice.plain_note to agent;
`;

describeOnServers('the seal', (server) => {
  let database: TestDatabase;
  let keys: Keys;
  let client: pg.Client;
  let domain: string;
  let makeClaim: (boundary: Boundary, pid: number | null) => string;

  beforeAll(async () => {
    database = await createDatabase(server);
    ({ keys } = await installRingfence(database));
    await database.query(SCHEMA);
    [{ domain }] = (await database.query<{ domain: string }>('select ringfence.domain() as domain')) as [
      { domain: string },
    ];
    makeClaim = createClaimMaker(keys, domain).make;
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    client = await database.connect({ name: 'ringfence_gateway', password: keys.gatewayPassword });
    return () => client.end();
  });

  const boundary = (tenant: string, role = 'support'): Boundary =>
    trustedBoundary({
      tenant,
      user: 'u1',
      role,
      actor: { kind: 'agent', id: 'test' },
      policy: { hash: 'sha256:test', roles: new Set(['support', 'finance']) },
    });
  const pid = (): number => (client as unknown as { processID: number }).processID;
  const enter = (tenant: string, role?: string): Promise<unknown> =>
    client.query("select ringfence.enter($1), set_config('role', 'agent', true)", [
      makeClaim(boundary(tenant, role), pid()),
    ]);
  const tenantsSeen = async (view = 'slice.note'): Promise<string[]> =>
    (await client.query<{ tenant: string }>(`select distinct tenant from ${view} order by 1`)).rows.map(
      (row) => row.tenant,
    );
  /** The statement's error code, or 'accepted'. The transaction goes on either way. */
  const attempt = async (sql: string, values: unknown[] = []): Promise<string> => {
    await client.query('savepoint attempt');
    try {
      await client.query(sql, values);
      return 'accepted';
    } catch (error) {
      await client.query('rollback to savepoint attempt');
      return (error as { code: string }).code;
    }
  };

  it('shows one tenant its rows, and the next transaction nothing', async () => {
    await client.query('begin');
    await enter('a');
    expect(await tenantsSeen()).toEqual(['a']);
    await client.query('commit');
    await client.query('begin');
    await client.query('set local role agent');
    expect(await tenantsSeen()).toEqual([]);
    await client.query('commit');
  });

  it('shows nothing under a seal that was opened for another role', async () => {
    await client.query('begin');
    await enter('a', 'finance');
    expect(await tenantsSeen()).toEqual([]);
    expect((await client.query('select ringfence.role() as role')).rows).toEqual([{ role: 'finance' }]);
    await client.query('rollback');
  });

  it('cannot be forged by the statements that forge a plain setting', async () => {
    const forgeries = [
      "select set_config('app.tenant', 'b', true), set_config('ringfence.seal', 'b', true)",
      "with forged as materialized (select set_config('app.tenant', 'b', true), set_config('ringfence.seal', replace(current_setting('ringfence.seal'), 'a', 'b'), true)) select count(*) from forged",
      "select count(*) from slice.note where set_config('app.tenant', 'b', true) is not null and set_config('ringfence.seal', 'b' || substr(current_setting('ringfence.seal'), 2), true) is not null",
      "select query_to_xml('select set_config(''app.tenant'', ''b'', true), set_config(''ringfence.seal'', ''b'', true)', true, false, '')",
      "select * from ts_stat('select set_config(''app.tenant'', ''b'', true)::tsvector')",
    ];
    for (const forgery of forgeries) {
      await client.query('begin');
      await enter('a');
      await client.query("select set_config('app.tenant', 'a', true)");
      await attempt(forgery);
      expect(await tenantsSeen('slice.plain_note'), `the raw half must fall to: ${forgery}`).toEqual(['b']);
      expect(await tenantsSeen(), forgery).not.toContain('b');
      await client.query('rollback');
    }
  });

  it('does not survive its transaction, its backend, or being carried to another', async () => {
    await client.query('begin');
    await enter('b');
    const [{ seal }] = (
      await client.query<{ seal: string }>("select current_setting('ringfence.seal') as seal")
    ).rows as [{ seal: string }];
    await client.query('commit');

    await client.query('begin');
    await client.query("select set_config('role', 'agent', true), set_config('ringfence.seal', $1, true)", [
      seal,
    ]);
    expect(await tenantsSeen(), 'a later transaction').toEqual([]);
    await client.query('rollback');

    const other = await database.connect({ name: 'ringfence_gateway', password: keys.gatewayPassword });
    await other.query('begin');
    await other.query("select set_config('role', 'agent', true), set_config('ringfence.seal', $1, true)", [
      seal,
    ]);
    expect((await other.query('select * from slice.note')).rows, 'another backend').toEqual([]);
    await other.end();
  });

  it('opens once per transaction', async () => {
    await client.query('begin');
    await client.query('select ringfence.enter($1)', [makeClaim(boundary('a'), pid())]);
    expect(await attempt('select ringfence.enter($1)', [makeClaim(boundary('b'), pid())])).toBe('25001');
    await client.query('set local role agent');
    expect(await tenantsSeen()).toEqual(['a']);
    await client.query('rollback');
  });

  it('takes no claim that is altered, expired, from another backend, database or key', async () => {
    const good = makeClaim(boundary('a'), pid());
    const sign = (fields: string[], key = keys.claimKeys[0].key): string => {
      const content = fields.join('\u001f');
      return `${content}\u001f${createHmac('sha256', key).update(content).digest('hex')}`;
    };
    const fields = good.split('\u001f').slice(0, 16);
    const changed = (at: number, value: string): string[] =>
      fields.map((field, n) => (n === at ? value : field));
    const bad: Record<string, string> = {
      'a tenant changed after signing': good.replace(/\u001fa\u001f/, '\u001fb\u001f'),
      'a mac cut short': good.slice(0, -1),
      'no mac': fields.join('\u001f'),
      empty: '',
      'another key': sign(fields, Buffer.alloc(32)),
      'an unknown key id': sign(changed(1, 'nobody')),
      'another database': sign(changed(2, 'elsewhere')),
      'another backend': sign(changed(3, '1')),
      'no backend and a long life': sign(changed(3, '')),
      expired: sign(changed(4, String(Date.now() - 1))),
      'a life too long': sign(changed(4, String(Date.now() + 600_000))),
      'no tenant': sign(changed(6, '')),
      'a field more': sign([...fields, 'x']),
      'a field fewer': sign(fields.slice(0, 15)),
      'another version': sign(changed(0, 'rf2')),
    };
    await client.query('begin');
    for (const [what, claim] of Object.entries(bad)) {
      expect(await attempt('select ringfence.enter($1)', [claim]), what).toBe('28000');
    }
    expect(await attempt('select ringfence.enter(null)'), 'null').toBe('28000');
    expect(await attempt('select ringfence.enter($1)', [good]), 'the claim they were made from').toBe(
      'accepted',
    );
    await client.query('rollback');
  });

  it('takes a claim without a backend while it lives for seconds, as behind a pooler', async () => {
    await client.query('begin');
    expect(await attempt('select ringfence.enter($1)', [makeClaim(boundary('a'), null)])).toBe('accepted');
    await client.query('rollback');
  });

  it('keeps its claim out of sight of the statement that runs under it', async () => {
    const claim = makeClaim(boundary('a'), pid());
    await client.query('begin');
    const { rows } = await client.query(
      "select ringfence.enter($1), current_query() as query, (select string_agg(query, ' ') from pg_stat_activity) as activity",
      [claim],
    );
    expect(JSON.stringify(rows)).not.toContain(claim.slice(-64));
    await client.query('rollback');
  });

  it('gives the gateway no table, no key and no other function', async () => {
    await client.query('begin');
    const refused = [
      'select * from public.note',
      'select * from slice.note',
      'select * from ringfence.install',
      'select * from ringfence.claim_key',
      'select * from ringfence.membership',
      'select * from ringfence.event_pending',
      'select * from ringfence.leaf',
      'delete from ringfence.leaf',
      'select ringfence.sealed()',
      "select ringfence.claim_fields('x')",
      "select ringfence.add_claim_key('x', 'x')",
      'set role ringfence_owner',
      'set role postgres',
      'set session authorization postgres',
      'create table public.mine (id int)',
      'create schema mine',
      'create function ringfence.mine() returns int language sql as $$select 1$$',
    ];
    for (const sql of refused) expect(await attempt(sql), sql).toMatch(/^(42501|42704)$/);
    await client.query('rollback');
  });

  it('is not fooled by functions and operators that shadow the ones it uses', async () => {
    await database.query(
      'create schema sandbox; grant all on schema sandbox to agent; grant usage on schema sandbox to public',
    );
    await client.query('begin');
    await enter('a');
    await client.query(`
      create function sandbox.yes(text, text) returns bool language sql as 'select true';
      create operator sandbox.= (leftarg = text, rightarg = text, function = sandbox.yes);
      create function sandbox.no(text, text) returns bool language sql as 'select false';
      create operator sandbox.<> (leftarg = text, rightarg = text, function = sandbox.no);
      create function sandbox.sha256(bytea) returns bytea language sql as 'select $1';
      create function sandbox.string_to_array(text, text) returns text[] language sql as $$select array['b','','u','support','','','','','','']$$;
      create function sandbox.now() returns timestamptz language sql as 'select null::timestamptz';
      grant all on all functions in schema sandbox to public;
      set local search_path = sandbox, pg_catalog`);
    expect(await tenantsSeen()).toEqual(['a']);
    await client.query(
      "select set_config('ringfence.seal', 'b' || substr(current_setting('ringfence.seal'), 2), true)",
    );
    expect(await tenantsSeen()).toEqual([]);
    await client.query('rollback');
  });
});
