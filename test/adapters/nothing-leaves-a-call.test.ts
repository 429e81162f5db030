/** What a tool's code, or what an agent got into its SQL, tries on the connection: no work without its event, nothing left for the next call. */

import pg from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { kyselyOn } from '../../src/adapters/kysely.js';
import type { LentClient } from '../../src/database/watched-client.js';
import { describeOnServers } from '../support/test-server.js';
import { type GovernedShop, governedShop } from './support/governed-shop.js';
import { FACES, type KyselyShop } from './support/shop.js';

const ENDINGS = [
  'commit',
  'COMMIT ;',
  '/* a */ commit',
  '/* a /* b */ */ -- c\n commit work',
  'end',
  'commit and chain',
  'select 1; commit',
  'commit; begin',
  "commit; insert into customer values (101, 'north', 'after')",
  'set constraints all immediate; commit',
  'begin; commit; commit',
  "prepare transaction 'gone'",
  'do $$ begin commit; end $$',
  'rollback',
  'abort',
  'rollback and chain',
  'select 1; rollback',
  "rollback; begin; insert into customer values (101, 'north', 'after'); commit",
  'release savepoint ringfence_work',
  'rollback to savepoint ringfence_work',
  'release ringfence_work; commit',
  'set transaction isolation level serializable',
  'set session characteristics as transaction read only',
  'set local transaction_read_only = on',
];

/** `pg`'s own method on what is behind the lent client: nothing of ours looks at the text. */
const behind = (client: LentClient, text: string): Promise<pg.QueryResult<{ name?: string }>> =>
  (pg.Client.prototype.query as (text: string) => Promise<pg.QueryResult>).call(client, text);

describeOnServers('a call', (server) => {
  let shop: GovernedShop;
  beforeAll(async () => {
    shop = await governedShop(server);
  });
  afterAll(() => shop?.close());
  afterEach(async () => {
    await shop.database.query("delete from customer where id >= 100; update invoice set state = 'open'");
  });

  const added = async (): Promise<string[]> => (await shop.names()).slice(3);
  const ADD = "insert into customer values (100, 'north', 'smuggled')";

  it('is left by a commit where nothing holds it', async () => {
    const client = await shop.database.connect();
    await client.query('begin');
    await client.query(ADD);
    await client.query('/* a */ commit');
    await client.query('rollback');
    expect(await added()).toEqual(['smuggled']);
  });

  describe.each([
    ['the client', (client: LentClient, text: string): Promise<unknown> => client.query(text)],
    [
      'a query object',
      (client: LentClient, text: string) =>
        new Promise((resolve, reject) => {
          client.query(new pg.Query(text, (error) => (error ? reject(error) : resolve(null))));
        }),
    ],
    ['a way around it', behind],
  ] as const)('through %s', (_, ask) => {
    it.each(ENDINGS)('commits no work without its event, nor goes on outside: %s', async (text) => {
      const before = (await shop.events()).length;
      const seen: unknown[] = [];
      const decision = await shop.call('pg', async (_face, client) => {
        await behind(client, ADD);
        await ask(client, text).catch(() => {});
        await behind(client, 'rollback to savepoint of_nobody').catch(() => {});
        const { rows } = await behind(client, 'select name from customer').catch(() => ({ rows: [] }));
        seen.push(...rows.map(({ name }) => name));
        await behind(client, "insert into customer values (102, 'north', 'later')").catch(() => {});
      });
      expect(seen).not.toContain('Eve');
      const kept = await added();
      expect(kept).toEqual(decision.decision === 'allowed' ? expect.any(Array) : []);
      expect((await shop.events()).length).toBe(before + 1);
      expect((await shop.events()).at(-1)?.decision.effect).toBe(decision.decision);
    });

    it.each(ENDINGS)('commits no work of a tool that only reads: %s', async (text) => {
      await shop.call(
        'pg',
        async (_face, client) => {
          await behind(client, 'rollback to savepoint ringfence_work');
          await behind(client, ADD);
          await ask(client, text).catch(() => {});
          await behind(client, 'begin').catch(() => {});
          await behind(client, "insert into customer values (101, 'north', 'after')").catch(() => {});
          await behind(client, 'commit').catch(() => {});
        },
        { tool: 'look' },
      );
      expect(await added()).toEqual([]);
    });
  });

  it.each(['select 1; rollback', 'savepoint a; rollback to savepoint a'])(
    'fails rather than being recorded as what it was not: %s',
    async (text) => {
      expect(await shop.call('pg', (_face, client) => client.query(text))).toMatchObject({
        decision: 'failed',
        code: 'internal',
      });
    },
  );

  it('cannot write an event of its own making', async () => {
    const before = (await shop.events()).length;
    const refused: unknown[] = [];
    await shop.call('pg', async (_face, client) => {
      for (const text of [
        "select ringfence.append(gen_random_uuid(), '{}', 1)",
        "select ringfence.call_end(gen_random_uuid(), '{}', 1)",
        'select ringfence.call_begin(gen_random_uuid())',
        'select event_id from ringfence.open_call',
        'delete from ringfence.open_call',
        'set session_replication_role = replica',
        'alter table ringfence.open_call disable trigger all',
        "select ringfence.enter('x')",
      ]) {
        await client.query('savepoint before');
        await client.query(text).catch((error: pg.DatabaseError) => refused.push(error.code));
        await client.query('rollback to savepoint before');
      }
    });
    expect(refused).toEqual(['42501', '25000', '23505', '42501', '42501', '42501', '42501', '25001']);
    expect((await shop.events()).length).toBe(before + 1);
  });

  it('has its deferred constraints asked when its code wants them, and commits', async () => {
    expect(
      await shop.call('pg', async (_face, client) => {
        await client.query(ADD);
        await client.query('set constraints all immediate');
        await client.query('set constraints all immediate');
        await client.query("update customer set name = 'kept' where id = 100");
      }),
    ).toMatchObject({ decision: 'allowed' });
    expect(await added()).toEqual(['kept']);
    const dry = await shop.call(
      'pg',
      (_face, client) => client.query("delete from customer where name = 'kept'"),
      {
        dry: true,
      },
    );
    expect(dry).toMatchObject({ decision: 'allowed' });
    expect(await added()).toEqual(['kept']);
    expect(await shop.database.query('select from ringfence.open_call')).toEqual([]);
  });

  describe.each(FACES)('with %s', (face) => {
    it('does not become somebody else', async () => {
      const answers: string[] = [];
      for (const text of [
        'set role ringfence_owner',
        'set local role ringfence_gateway',
        'set session authorization postgres',
        "set_config('role', 'ringfence_owner', false)",
        'discard all',
        'commit',
      ]) {
        const asked = text.startsWith('set_config') ? `select ${text}` : text;
        const { decision } = await shop.call(face, (db) => db.raw(asked));
        answers.push(decision);
      }
      expect(answers).toEqual(answers.map(() => 'failed'));
      // These it may do, and gets nothing by it.
      for (const text of [
        'reset all',
        'set role none',
        'reset session authorization',
        "select set_config('ringfence.seal', 'forged', true)",
      ]) {
        const names: string[] = [];
        await shop.call(face, async (db) => {
          await db.raw(text);
          names.push(...(await db.read()).map(({ name }) => name));
        });
        expect(names, text).toEqual(/role|session/.test(text) ? ['Ada', 'Bo'] : []);
      }
    });

    it('leaves nothing on its connection for the next', async () => {
      const LEFT = `select pg_backend_pid() as pid, session_user::text, current_user::text,
        (select count(*) from pg_prepared_statements) as prepared, (select count(*) from pg_cursors where is_holdable) as held,
        (select count(*) from pg_listening_channels()) as listening, to_regclass('pg_temp.customer')::text as shadow,
        (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks,
        current_setting('work_mem') as memory, current_setting('row_security') as row_security,
        coalesce(current_setting('my.mark', true), '') as mark`;
      const state = async (): Promise<Record<string, unknown>> => {
        let row: Record<string, unknown> = {};
        await shop.call('pg', async (_face, client) => {
          row = (await client.query<Record<string, unknown>>(LEFT)).rows[0] ?? {};
        });
        return row;
      };
      const clean = await state();
      const lay = [
        "set work_mem = '77MB'",
        "select set_config('my.mark', 'left', false)",
        'set row_security = off',
        'create temp table customer (id int, org text, name text, email text)',
        "insert into customer values (1, 'north', 'shadow')",
        'prepare left_behind as select 1',
        "declare left_open cursor with hold for select 'of north'",
        'listen left_listening',
        'select pg_advisory_lock(77)',
      ];
      const messages: unknown[] = [];
      for (const fails of [false, true]) {
        const decision = await shop.call(face, async (db, client) => {
          client.on('notification', (message) => messages.push(message));
          for (const text of lay) await db.raw(text);
          expect(await db.raw('select 1')).toBeDefined();
          if (fails) throw new Error('after all that');
        });
        expect(decision.decision).toBe(fails ? 'failed' : 'allowed');
        expect(await state()).toEqual(clean);
        expect(await shop.call(face, (db) => db.one(3), { tenant: 'south' })).toMatchObject({
          output: 'Eve',
        });
      }
      expect(messages).toEqual([]);
    });

    it('reads by COPY what it reads otherwise, and writes by none', async () => {
      expect(await shop.call(face, (db) => db.raw('copy customer to stdout'))).toMatchObject({
        decision: 'allowed',
      });
      for (const text of [
        'copy customer from stdin',
        "copy customer to '/tmp/out'",
        "copy customer to program 'cat'",
      ])
        expect(await shop.call(face, (db) => db.raw(text)), text).toMatchObject({ decision: 'failed' });
    });
  });

  it('streams rows, is recorded for them, and ends although a cursor is left open', async () => {
    const read: unknown[] = [];
    await shop.call(
      'pg',
      async (_face, client) => {
        const db = kyselyOn<KyselyShop>(client, { cursor: Cursor });
        for await (const { name } of db.selectFrom('customer').select('name').orderBy('id').stream(1))
          read.push(name);
        for await (const { name } of client.query(new QueryStream('select name from customer order by id')))
          read.push(name);
      },
      { tool: 'look' },
    );
    expect(read).toEqual(['Ada', 'Bo', 'Ada', 'Bo']);
    expect((await shop.events()).at(-1)?.statements).toMatchObject([{ rows: 2 }, { rows: 2 }]);

    const half = await shop.call('pg', async (_face, client) => {
      const cursor = client.query(new Cursor<{ name: string }>('select name from customer order by id'));
      return (await cursor.read(1)).map(({ name }) => name);
    });
    expect(half).toMatchObject({ decision: 'allowed', output: ['Ada'] });
    expect((await shop.events()).at(-1)?.statements).toMatchObject([{ command: 'SELECT', rows: 1 }]);
  });

  it('waits for what its code did not wait for', async () => {
    expect(
      await shop.call('pg', async (_face, client) => {
        void client.query(ADD);
      }),
    ).toMatchObject({ decision: 'allowed' });
    expect(await added()).toEqual(['smuggled']);
    expect((await shop.events()).at(-1)?.statements).toMatchObject([{ command: 'INSERT', rows: 1 }]);
    expect(
      await shop.call('pg', async (_face, client) => {
        void client.query(ADD);
      }),
    ).toMatchObject({ decision: 'failed' });
  });
});
