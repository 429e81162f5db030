/** The shop under a policy, with tools that hand a test's code to each face. */
import { join } from 'node:path';
import { z } from 'zod';
import type { LentClient } from '../../../src/database/watched-client.js';
import type { CallOptions, Decision } from '../../../src/tools/decision.js';
import { defineTool } from '../../../src/tools/define-tool.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { chainedLeaves, type Governed, govern } from '../../support/governed.js';
import type { TestServer } from '../../support/test-server.js';
import { generatePrisma } from './prisma-client.js';
import { type Face, type FaceName, faceOn, MODELS, type PrismaConstructor, SQL } from './shop.js';

const POLICY = `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables:
  customer: { tenant: { column: org } }
  invoice: { tenant: { via: customer } }
tools: { look: { effect: read }, work: { effect: write } }
roles:
  support:
    reach: tenant
    tools: [query, look, work]
    limits: { timeout_ms: TIMEOUT }
    tables: { invoice: {}, customer: {} }
`;

export interface RecordedEvent {
  readonly action: string;
  readonly decision: { readonly effect: string; readonly code?: string };
  readonly statements?: readonly {
    readonly command: string;
    readonly rows: number;
    readonly us: number;
    readonly undone?: true;
  }[];
}

export interface RecordedLeaf {
  readonly row_count: number;
  readonly event: RecordedEvent;
  readonly rows: number;
}

type Work = (face: Face, client: LentClient) => Promise<unknown>;

export interface GovernedShop {
  readonly database: TestDatabase;
  readonly governed: Governed;
  readonly PrismaClient: PrismaConstructor;
  /** What the operator's log was told, causes included. */
  readonly said: string[];
  /** Opens Ringfence on it once more, another way. Whoever opens it closes it. */
  openAgain(options: { readonly url: string; readonly pooled: boolean }): Promise<Governed>;
  /** One call in which this code runs. */
  call(
    face: FaceName,
    work: Work,
    options?: CallOptions & {
      readonly tenant?: string;
      readonly tool?: 'look' | 'work';
      readonly through?: Governed;
    },
  ): Promise<Decision>;
  names(): Promise<string[]>;
  events(): Promise<readonly RecordedEvent[]>;
  /** `rows` of the last event. */
  lastRowCount(): Promise<number>;
  close(): Promise<void>;
}

/** @param beside Another one on the same server: the logins are the server's, and their passwords then the same. */
export async function governedShop(
  server: TestServer,
  { timeoutMs = 20_000, beside }: { readonly timeoutMs?: number; readonly beside?: GovernedShop } = {},
): Promise<GovernedShop> {
  const folder = await generatePrisma(MODELS);
  const { PrismaClient } = (await import(join(folder, 'generated/client.ts'))) as {
    readonly PrismaClient: PrismaConstructor;
  };
  const under = new Map<string, { readonly face: FaceName; readonly work: Work }>();
  const run = async ({ code }: { code: string }, client: LentClient): Promise<unknown> => {
    const given = under.get(code);
    if (given === undefined) throw new Error('no such code');
    return (await given.work(faceOn(given.face, client, PrismaClient), client)) ?? null;
  };
  const tool = (name: string, effect: 'read' | 'write') =>
    defineTool({
      name,
      description: 'Runs the code of a test.',
      effect,
      input: z.object({ code: z.string() }),
      output: z.unknown(),
      run: (input, { client }) => run(input, client),
    });
  const database = await createDatabase(server, { sql: SQL });
  const said: string[] = [];
  const open = (options: Parameters<typeof govern>[2]): Promise<Governed> =>
    govern(database, POLICY.replace('TIMEOUT', String(timeoutMs)), {
      tools: [tool('look', 'read'), tool('work', 'write')],
      onOperatorEvent: ({ message, cause }) => {
        said.push(`${message} ${(cause as Error | undefined)?.message ?? ''}`);
      },
      ...options,
    });
  const governed = await open(beside === undefined ? {} : { keys: beside.governed.keys });
  let calls = 0;
  const leaves = () => chainedLeaves<RecordedLeaf>(governed, database);
  const events: GovernedShop['events'] = async () => (await leaves()).map(({ event }) => event);
  return {
    database,
    governed,
    PrismaClient,
    said,
    openAgain: (options) => open({ ...options, keys: governed.keys }),
    async call(face, work, { tenant = 'north', tool: name = 'work', through = governed, ...options } = {}) {
      const code = `code ${calls++}`;
      under.set(code, { face, work });
      return await through.call(tenant, name, { code }, options);
    },
    async names() {
      const rows = await database.query<{ name: string }>('select name from customer order by id');
      return rows.map(({ name }) => name);
    },
    events,
    async lastRowCount() {
      return Number((await leaves()).at(-1)?.row_count);
    },
    async close() {
      await governed.close();
      await database.drop();
    },
  };
}
