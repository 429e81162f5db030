/**
 * The guard without an engine behind it: what it lets through is run as it stands, by a login that reads every tenant’s rows through the
 * slice’s views, with row security switched off beneath and no seal.
 */
import type pg from 'pg';
import { cursorKeys } from '../../../../src/database/keys.js';
import { createGuard, type Guard } from '../../../../src/guard/guard.js';
import type { GuardSlice } from '../../../../src/guard/slice.js';
import { createCursorCodec } from '../../../../src/tools/cursor.js';
import { guardSlice } from '../../../../src/tools/guard-slice.js';
import { createDatabase } from '../../../support/database.js';
import { govern } from '../../../support/governed.js';
import type { TestServer } from '../../../support/test-server.js';
import type { Answer } from './attack.js';
import { TENANT, WORLD_POLICY, worldTemplate } from './world-schema.js';

export interface PlainExecutor {
  readonly guard: Guard;
  readonly slice: GuardSlice;
  /** Rows as text, or the error, of a statement with the boundary’s three parameters. */
  run(text: string, timeoutMs?: number): Promise<Answer>;
  drop(): Promise<void>;
}

const UNFENCED = `
do $$ declare name regclass; begin
  for name in select oid from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace loop
    execute format('alter table %s disable row level security', name);
  end loop;
end $$`;

const AS_TEXT = { getTypeParser: () => (sent: string) => sent } as unknown as pg.CustomTypesConfig;

export async function openPlainExecutor(server: TestServer): Promise<PlainExecutor> {
  const database = await createDatabase(server, { template: worldTemplate });
  const governed = await govern(database, WORLD_POLICY);
  const { policy } = governed.ringfence;
  const role = policy.roles.get('support');
  if (role === undefined) throw new Error('the policy has no role support');
  await database.query(UNFENCED);
  const login = await database.createLogin({
    prefix: 'plain',
    sql: 'grant ringfence_slice_support to $login; alter role $login set search_path = pg_catalog',
  });
  const client = await database.connect(login);
  const guard = await createGuard();
  return {
    guard,
    slice: guardSlice(
      {
        boundary: governed.boundary({ tenant: TENANT }),
        policy,
        role,
        tables: role.tables,
        limits: role.limits,
        cursors: createCursorCodec(cursorKeys(governed.keys)),
        agentSql: { guard, serverMajor: server.major },
      },
      server.major,
    ),
    run: async (text, timeoutMs = 2_000) => {
      try {
        // Prepared with its parameters' types, since a statement need not use them all.
        await client.query(`set statement_timeout = ${timeoutMs}`);
        await client.query(`prepare judged (text, text, text) as ${text}`);
        const { rows } = await client.query({
          text: `execute judged('${TENANT}', null, 'u1')`,
          rowMode: 'array',
          types: AS_TEXT,
        });
        return { said: JSON.stringify(rows), state: 'ok' };
      } catch (error) {
        const { code, message, detail, hint } = error as pg.DatabaseError;
        return { said: [code, message, detail, hint].join(' '), state: code ?? message };
      } finally {
        await client.query('set statement_timeout = 0');
        await client.query('deallocate all');
      }
    },
    drop: async () => {
      await client.end();
      await governed.close();
      await database.drop();
    },
  };
}
