import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { logName, subjectName } from '../../../src/boundary/pseudonym.js';
import type { EventBody } from '../../../src/ledger/event.js';
import { createDatabase, type Login, type TestDatabase } from '../../support/database.js';
import type { TestServer } from '../../support/test-server.js';

export const ledgerKey = Buffer.alloc(32, 7);

/** The boundary of a claim, as far as a test cares. */
export interface ClaimedBoundary {
  readonly tenant?: string;
  readonly workspace?: string;
  readonly user?: string;
  readonly role?: string;
  readonly run?: string;
  readonly actorKind?: string;
  readonly actor?: string;
  readonly crossTenant?: string;
}

export interface LedgerDatabase {
  readonly database: TestDatabase;
  /** Logs in as the gateway. */
  gateway(): Promise<pg.Client>;
  /** A claim that verifies, for any backend. */
  claim(boundary?: ClaimedBoundary): string;
  /** Puts events of these boundaries in, as the gateway does. */
  record(boundaries: readonly ClaimedBoundary[], bodies?: readonly string[]): Promise<string[]>;
  /** Sequences until nothing is pending. */
  sequence(): Promise<void>;
}

/** A database with the ledger, the gateway's login and a slice role that may append and write `public.note`. */
export async function ledgerDatabase(server: TestServer): Promise<LedgerDatabase> {
  const database = await createDatabase(server);
  for (const name of ['0001_boundary', '0002_masks', '0003_ledger', '0011_checkpoints']) {
    const sql = await readFile(new URL(`../../../sql/${name}.sql`, import.meta.url), 'utf8');
    await database.query(`begin; ${sql}; commit`);
  }
  await database.query(`
    alter role ringfence_gateway password 'gateway';
    do $$ begin create role ringfence_slice_support nologin; exception when duplicate_object then null; end $$;
    create table note (id int primary key, body text);
    grant select, insert on note to ringfence_slice_support;
    grant usage on schema ringfence to ringfence_slice_support;
    grant execute on function ringfence.append to ringfence_slice_support;
    grant ringfence_slice_support to ringfence_gateway`);
  const key = randomBytes(32);
  await database.query(`select ringfence.add_claim_key('k1', $1)`, [key]);
  const [install] = await database.query<{ domain: string }>('select ringfence.domain()');
  const login: Login = { name: 'ringfence_gateway', password: 'gateway' };
  let gateway: Promise<pg.Client> | undefined;

  const claim = (boundary: ClaimedBoundary = {}): string => signedClaim(key, install?.domain ?? '', boundary);
  return {
    database,
    gateway: () => database.connect(login),
    claim,
    record: async (boundaries, bodies) => {
      gateway ??= database.connect(login);
      const ids = boundaries.map(() => randomUUID());
      await recordEvents(
        await gateway,
        boundaries.map((boundary, index) => ({
          id: ids[index] ?? '',
          claim: claim(boundary),
          body: bodies?.[index] ?? eventText(),
        })),
      );
      return ids;
    },
    sequence: async () => {
      gateway ??= database.connect(login);
      await sequenceAll(await gateway);
    },
  };
}

/** Calls `ringfence.record`. */
export async function recordEvents(
  client: pg.Client,
  events: readonly { readonly id: string; readonly claim: string; readonly body: string }[],
): Promise<void> {
  await client.query('select ringfence.record($1::text[], $2::uuid[], $3::text[], $4::bigint[])', [
    events.map(({ claim }) => claim),
    events.map(({ id }) => id),
    events.map(({ body }) => body),
    events.map(() => 0),
  ]);
}

/** Calls `ringfence.sequence` until it says that nothing is pending. */
export async function sequenceAll(client: pg.Client, atMost = 256): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ taken: number | null }>('select ringfence.sequence($1) as taken', [
      atMost,
    ]);
    if (rows[0]?.taken === 0) return;
  }
}

function signedClaim(key: Buffer, domain: string, boundary: ClaimedBoundary): string {
  const { tenant = 'north', user = 'ada', crossTenant = '' } = boundary;
  const content = [
    'rf1',
    'k1',
    domain,
    '',
    String(Date.now() + 5000),
    randomBytes(9).toString('base64url'),
    tenant,
    boundary.workspace ?? '',
    user,
    boundary.role ?? 'support',
    boundary.run ?? 'run-1',
    boundary.actorKind ?? 'agent',
    boundary.actor ?? 'desk',
    crossTenant,
    logName(ledgerKey, tenant, crossTenant !== ''),
    subjectName(ledgerKey, tenant, user),
  ].join('\u001f');
  return `${content}\u001f${createHmac('sha256', key).update(content).digest('hex')}`;
}

/** A small body, already canonical. */
export function eventText(action = 'query'): string {
  return `{"action":${JSON.stringify(action)},"decision":{"effect":"allowed"},"trace_id":"trace-1"}`;
}

/** A whole body. */
export function eventBody(changes: Partial<EventBody> = {}): EventBody {
  return {
    action: 'query',
    decision: { effect: 'allowed', rule: 'roles.support.tools.query', policy_hash: 'a'.repeat(64) },
    tables: ['invoice'],
    columns: ['invoice.id', 'invoice.total'],
    blocked: [],
    duration_us: 1500,
    attempt: 1,
    trace_id: 'trace-1',
    occurred_at: '2026-01-02T03:04:05.678Z',
    input_commitment: 'b'.repeat(64),
    input: { table: 'invoice', limit: 'number' },
    ...changes,
  };
}
