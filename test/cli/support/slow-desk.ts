import { writeFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import { z } from 'zod';
import { keysText } from '../../../src/database/keys.js';
import { defineTool } from '../../../src/tools/define-tool.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { type Governed, govern } from '../../support/governed.js';
import type { TestServer } from '../../support/test-server.js';
import { installPackage, type Workplace, workplace } from './command-line.js';

const POLICY = `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { ticket: { tenant: { column: org } } }
tools: { escalate: { effect: write } }
roles:
  desk:
    reach: tenant
    limits: { timeout_ms: 120000 }
    tools: [query, update, escalate]
    tables: { ticket: { update: [title] } }
`;
const MODULE = `
import { defineTool } from 'ringfence';
import { z } from 'zod';
export const tools = [defineTool({
  name: 'escalate', description: 'Escalates.', effect: 'write', input: z.object({ id: z.int() }), output: z.int(),
  async run({ id }, { client }) {
    const { rowCount } = await client.query("update ticket set title = 'escalated' where id = $1", [id]);
    // Slow code, once the database is done with it.
    await new Promise((resolve) => setTimeout(resolve, 300));
    return rowCount;
  },
})];
`;
const sameTool = defineTool({
  name: 'escalate',
  description: 'Escalates.',
  effect: 'write',
  input: z.object({ id: z.int() }),
  output: z.int(),
  run: async () => 0,
});
const SECRET = 'known to this test alone, and long enough for HS256 to take it';

export const ISSUED = {
  RINGFENCE_ISSUER: 'https://login.example/',
  RINGFENCE_AUDIENCE: 'https://api.example/',
  RINGFENCE_TOKEN_SECRET: SECRET,
};

/** A desk of ten tickets, five of them of tenant north, whose calls can be made to wait. */
export interface SlowDesk {
  readonly database: TestDatabase;
  readonly place: Workplace;
  /** Ada's, who is at the desk of north. */
  token(): Promise<string>;
  /** Makes every call that touches a ticket wait until it is released. */
  hold(): Promise<void>;
  release(): Promise<void>;
  /** How many calls wait now. */
  waiting(): Promise<number>;
  close(): Promise<void>;
}

export async function slowDesk(server: TestServer): Promise<SlowDesk> {
  const database = await createDatabase(server, {
    sql: `create table ticket (id int primary key, org text not null, title text not null);
      insert into ticket select n, case when n <= 5 then 'north' else 'south' end, 'ticket ' || n from generate_series(1, 10) n`,
  });
  const governed: Governed = await govern(database, POLICY, { tools: [sameTool] });
  await database.query(
    "insert into ringfence.membership (tenant, user_id, role) values ('north', 'ada', 'desk')",
  );
  const place = await workplace({
    // Without a login: that of the keys, for the gateway and for the tools' own code.
    RINGFENCE_GATEWAY_URL: governed.gatewayUrl.replace(/\/\/[^@]*@/, '//'),
    RINGFENCE_KEYS: keysText(governed.keys),
  });
  await installPackage(place);
  await writeFile(place.path('ringfence.policy.yaml'), POLICY);
  await writeFile(place.path('tools.mjs'), MODULE);
  let blocker: Awaited<ReturnType<TestDatabase['connect']>> | undefined;
  return {
    database,
    place,
    token: () =>
      new SignJWT({ sub: 'ada', tenant: 'north', scope: 'ringfence:read ringfence:write' })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(ISSUED.RINGFENCE_ISSUER)
        .setAudience(ISSUED.RINGFENCE_AUDIENCE)
        .setExpirationTime('5m')
        .sign(new TextEncoder().encode(SECRET)),
    async hold() {
      blocker = await database.connect();
      await blocker.query('begin; lock table ticket in access exclusive mode');
    },
    async release() {
      await blocker?.end();
      blocker = undefined;
    },
    async waiting() {
      const [row] = await database.query<{ waiting: number }>(
        'select count(*)::int as waiting from pg_locks where not granted',
      );
      return row?.waiting ?? 0;
    },
    async close() {
      await governed.close();
      await database.drop();
    },
  };
}
