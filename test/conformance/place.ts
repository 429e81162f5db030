/** What is tried: a database with two tenants under a policy, `ringfence serve` in front of it as a process, all on loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import { connectAdministrator } from '../../src/database/administrator.js';
import { apply } from '../../src/database/apply.js';
import { installClaimKeys, setGatewayPassword } from '../../src/database/credentials.js';
import { generateKeys, keysText } from '../../src/database/keys.js';
import { startServer } from '../../src/database/server.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { bearing } from './bearing.js';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const TOOLS = fileURLToPath(new URL('tools.mjs', import.meta.url));

const SCHEMA = `
create table note (id int primary key, org text not null, body text not null);
insert into note select n, case when n % 2 = 1 then 'north' else 'south' end, 'note ' || n from generate_series(1, 10) n;
`;
const POLICY = `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { note: { tenant: { column: org } } }
tools:
  test_simple_text: { effect: read }
  test_error_handling: { effect: read }
roles:
  support:
    reach: tenant
    tools: [describe_schema, query, get, test_simple_text, test_error_handling]
    tables: { note: {} }
`;
/** Pending events and chained ones. Ids are made in the order of time. */
const EVENTS = `
select event ->> 'action' as action, event -> 'decision' ->> 'effect' as effect
from (
  select id, body::jsonb as event from ringfence.event_pending
  union all
  select event_id, convert_from(leaf, 'UTF8')::jsonb -> 'event' from ringfence.leaf
) recorded
order by id`;
const ISSUER = 'https://login.example/';
const AUDIENCE = 'https://api.example/';
const SECRET = 'known to these trials alone, and long enough for HS256 to take it';

export interface Place {
  /** The MCP endpoint of `ringfence serve`, which wants a bearer token. */
  readonly url: string;
  /** The same for clients that cannot bring one: what stands there adds it, and passes everything else on as it came. */
  readonly openUrl: string;
  readonly token: string;
  /** `ringfence mcp`, to be started as a child in `folder`. */
  readonly stdio: {
    readonly command: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
  readonly folder: string;
  /** What the ledger holds, oldest first: the tool of each call, and what was decided. */
  events(): Promise<readonly { readonly action: string; readonly effect: string }[]>;
  close(): Promise<void>;
}

/** Sets everything up. What was started is stopped again where something fails. */
export async function openPlace(say: (step: string) => void): Promise<Place> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'ringfence-conformance-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    // The database runs under another account where this one is root.
    await chmod(folder, 0o711);
    const database = await startServer({
      dataDir: join(folder, 'postgres'),
      settings: { fsync: false },
      onProgress: say,
    });
    closing.push(() => database.stop());
    const administrator = await connectAdministrator(
      database.url('postgres', database.superuser, database.superuserPassword),
    );
    closing.push(() => administrator.close());
    const admin = administrator.client;
    await admin.query(SCHEMA);
    const keys = generateKeys();
    await apply(admin, (catalog) => compilePolicy(parsePolicy(POLICY), catalog), {
      alongside: async () => {
        await installClaimKeys(admin, keys);
        await setGatewayPassword(admin, keys);
        return true;
      },
    });
    await admin.query(
      "insert into ringfence.membership (tenant, user_id, role) values ('north', 'ada', 'support')",
    );

    await writeFile(join(folder, 'ringfence.policy.yaml'), POLICY);
    const environment = {
      RINGFENCE_GATEWAY_URL: database.url('postgres', 'ringfence_gateway', keys.gatewayPassword),
      RINGFENCE_KEYS: keysText(keys),
    };
    say('Starting ringfence serve');
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--port', '0', '--json', '--tools', TOOLS], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        ...environment,
        RINGFENCE_ISSUER: ISSUER,
        RINGFENCE_AUDIENCE: AUDIENCE,
        RINGFENCE_TOKEN_SECRET: SECRET,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closing.push(() => ended(child));
    const { url } = JSON.parse(await firstLine(child)) as { url: string };
    const token = await new SignJWT({ sub: 'ada', tenant: 'north', scope: 'ringfence:read ringfence:write' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(SECRET));
    const bearer = await bearing(url, token);
    closing.push(() => bearer.close());
    return {
      url: `${url}/mcp`,
      openUrl: `${bearer.url}/mcp`,
      token,
      folder,
      stdio: {
        command: process.execPath,
        args: [PROGRAM, 'mcp', '--tenant', 'north', '--user', 'ada', '--role', 'support', '--tools', TOOLS],
        env: environment,
      },
      close,
      async events() {
        const { rows } = await admin.query<{ action: string; effect: string }>(EVENTS);
        return rows;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('ringfence serve has no standard output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('ringfence serve ended before it served');
}

/** Ends a process by its id, as an operator would, and waits until it has. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
