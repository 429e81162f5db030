/**
 * The tool `sql` beside a product's own functions, tables and grants. Each way past the slice is first gone with the guard out of the way:
 * an agent's SQL gets through. Then a policy that gives a role `sql` is refused until the way is closed by the SQL that the refusal
 * gives, or acknowledged by the name that it gives.
 */
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Plan } from '../../src/compile/plan.js';
import { apply } from '../../src/database/apply.js';
import { introspect } from '../../src/database/introspect.js';
import { plan } from '../../src/database/plan.js';
import type { RingfenceError } from '../../src/errors.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import {
  type Executor,
  openExecutor,
  openPool,
  rowsOf,
  SHOP,
  SHOP_POLICY,
  stateOf,
} from './support/executor.js';
import type { Way } from './support/way-beside-the-slice.js';
import { BY_FUNCTION } from './support/ways-by-function.js';
import { BY_RELATION, BY_RIGHT } from './support/ways-by-right.js';

const acknowledging = (...identities: readonly string[]): string =>
  SHOP_POLICY.replace('acknowledge: {', `acknowledge: { reach: ${JSON.stringify(identities)},`);

describeOnServers('a policy that gives a role sql', (server) => {
  let database: TestDatabase;
  let executor: Executor;
  let admin: pg.Client;
  beforeAll(async () => {
    database = await createDatabase(server, {
      sql: `${SHOP} alter table town add token text default 'zephyr';`,
    });
    executor = await openExecutor(database);
    admin = await database.connect();
    // As an administrator's may be; nothing that is printed may depend on it.
    await admin.query('set search_path = public, pg_temp');
  });
  afterAll(async () => {
    await executor?.close();
    await database?.drop();
  });

  const planned = async (): Promise<Plan> => {
    const catalog = await introspect(admin);
    return plan(admin, compilePolicy(parsePolicy(SHOP_POLICY), catalog), catalog);
  };
  const applied = async (policy = SHOP_POLICY): Promise<Plan> => {
    const file = parsePolicy(policy);
    return (await apply(admin, (catalog) => compilePolicy(file, catalog))).plan;
  };
  /** What the engine alone gives, rows or the words of its error. */
  const said = async (text: string): Promise<string> => {
    const outcome = await executor.execute(text);
    if (outcome.kind === 'rows') return JSON.stringify(outcome.rows);
    return outcome.kind === 'error' ? `${outcome.error.sqlstate} ${outcome.error.message}` : outcome.kind;
  };

  it('is applied to a database that leaves nothing open', async () => {
    expect((await applied()).reach).toEqual([]);
  });

  it('waits for a setting of the gateway’s login too, by which every large object can be read', async () => {
    await database.query(`select lo_from_bytea(778, 'zephyr');
      alter role ringfence_gateway set lo_compat_privileges = on`);
    const later = await openPool(executor.policy, executor.keys, { url: executor.gatewayUrl });
    try {
      const read = `select convert_from(lo_get(778), 'UTF8')`;
      expect(stateOf(await executor.execute(read))).toBe('42501');
      expect(rowsOf(await later.execute(read))).toEqual([['zephyr']]);
      const { reach } = await planned();
      expect(reach.map(({ identity }) => identity)).toEqual(['setting lo_compat_privileges']);
      await expect(applied()).rejects.toThrow(reach[0]?.mend[0]);
    } finally {
      await later.close();
      await database.query(`select lo_unlink(778); alter role ringfence_gateway reset lo_compat_privileges`);
    }
  });

  it.each([...BY_FUNCTION, ...BY_RELATION, ...BY_RIGHT])(
    'waits beside $name',
    async ({ open, exploit, identity, close }: Way) => {
      await database.query(open);
      try {
        if (exploit !== undefined) expect(await said(exploit.text)).toMatch(exploit.shows);

        const { reach, notes } = await planned();
        const finding = reach.find((one) => one.identity === identity);
        expect(reach.map((one) => one.identity)).toContain(identity);
        expect(finding).toMatchObject({ roles: expect.arrayContaining(['support']), acknowledged: false });
        expect(told(notes)).toContainEqual(expect.stringContaining(`${identity} ${finding?.why}`));

        const refusal = await applied().catch((error: unknown) => error);
        expect(refusal).toMatchObject({ name: 'RingfenceError', code: 'database_unsafe' });
        const { message } = refusal as RingfenceError;
        expect(message).toContain(`- ${identity} `);
        for (const { mend } of reach) for (const sql of mend) expect(message).toContain(`${sql};`);
        expect(message).toContain(`acknowledge: { reach: ['${identity}'] }`);

        const accepted = await applied(acknowledging(...reach.map((one) => one.identity)));
        expect(accepted.reach.map(({ acknowledged }) => acknowledged)).toEqual(reach.map(() => true));
        expect(told(accepted.notes)).toHaveLength(reach.length);

        for (const { mend } of reach) for (const sql of mend) await database.query(sql);
        expect((await applied()).reach).toEqual([]);
        if (exploit !== undefined) expect(await said(exploit.text)).toMatch(/^42501 /);
      } finally {
        await database.query(close);
      }
    },
  );
});

const told = (notes: Plan['notes']): readonly string[] =>
  notes.filter(({ about }) => about === 'reach').map(({ text }) => text);
