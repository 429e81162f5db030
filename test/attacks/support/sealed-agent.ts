/**
 * Hostile SQL in the agent's place: logged in as the gateway, under a genuine seal for Northstar Dental, as the slice role. No tool
 * sends such SQL; what it comes to shows what the database holds by itself.
 */
import type pg from 'pg';
import { expect } from 'vitest';
import { createClaimMaker } from '../../../src/database/claim.js';
import type { Desk } from './desk.js';
import { DENTAL } from './desk-schema.js';

export interface SiegeOptions {
  /** Default `read`: the transaction is read-only, as it is for a reading tool. */
  readonly effect?: 'read' | 'write';
  /** Default the slice role. */
  readonly as?: string;
  /** Default true. */
  readonly sealed?: boolean;
}

export interface Siege {
  /** `ok` or the SQLSTATE of each statement, in order. */
  readonly outcomes: readonly string[];
  /** All that came back: rows, messages, details, hints, notices. */
  readonly said: string;
  /** All that the role's views show afterwards, in the same transaction and in the next one without a seal. */
  readonly seen: string;
}

const ENDS_TRANSACTION = /^(begin|commit|rollback|savepoint|release|start|end|abort|prepare transaction)/i;

/** Runs the statements one after the other, whatever each comes to, and commits. */
export async function besiege(
  desk: Desk,
  statements: readonly string[],
  options: SiegeOptions = {},
): Promise<Siege> {
  const client = await gatewayClient(desk);
  const said: string[] = [];
  client.on('notice', (notice) => said.push(`${notice.message} ${notice.detail ?? ''}`));
  const outcomes: string[] = [];
  const run = async (sql: string): Promise<void> => {
    const controls = ENDS_TRANSACTION.test(sql);
    if (!controls) await client.query('savepoint siege').catch(() => undefined);
    try {
      const result: pg.QueryResult | pg.QueryResult[] = await client.query(sql);
      said.push(JSON.stringify([result].flat().map(({ rows }) => rows)));
      outcomes.push('ok');
    } catch (error) {
      const { code, message, detail, hint, where } = error as pg.DatabaseError;
      said.push([message, detail, hint, where].join(' '));
      outcomes.push(code ?? message);
      if (!controls) await client.query('rollback to savepoint siege').catch(() => undefined);
    }
  };
  try {
    await openBoundary(desk, client, DENTAL, options);
    for (const sql of statements) await run(sql);
    const seen = [await everythingSeen(client)];
    await client.query('commit');
    await client.query("begin; set local role 'ringfence_slice_support'");
    seen.push(await everythingSeen(client));
    await client.query('rollback');
    return { outcomes, said: said.join('\n'), seen: seen.join('\n') };
  } finally {
    await client.end();
  }
}

/** Begins a transaction and does what a sealed session does before the statement. */
export async function openBoundary(
  desk: Desk,
  client: pg.Client,
  tenant: string,
  options: SiegeOptions = {},
): Promise<void> {
  const { rows } = await client.query<{ domain: string; pid: number }>(
    'select ringfence.domain() as domain, pg_backend_pid() as pid',
  );
  const claims = createClaimMaker(desk.governed.keys, rows[0]?.domain ?? '');
  const boundary = desk.governed.boundary({ tenant, workspace: 'front-desk' });
  await client.query('begin');
  if (options.sealed !== false)
    await client.query('select ringfence.enter($1)', [claims.make(boundary, rows[0]?.pid ?? 0)]);
  await client.query(
    "select set_config('role', $1, true), set_config('statement_timeout', '5000', true), set_config('transaction_read_only', $2, true)",
    [options.as ?? 'ringfence_slice_support', options.effect === 'write' ? 'off' : 'on'],
  );
}

/** A connection as the gateway's login. */
export function gatewayClient(desk: Desk): Promise<pg.Client> {
  return desk.database.connect({ name: 'ringfence_gateway', password: desk.governed.keys.gatewayPassword });
}

const VIEWS = [
  ...[
    'plan',
    'organization',
    'contact',
    'ticket',
    'ticket_note',
    'attachment',
    'memo',
    'coupon',
    'account',
    'activity',
    'reading',
  ].map((table) => `slice_support.${table}`),
  'scope_support.ticket',
  'scope_support.ticket_note',
];

async function everythingSeen(client: pg.Client): Promise<string> {
  const seen: string[] = [];
  for (const view of VIEWS) {
    await client.query('savepoint looking').catch(() => undefined);
    try {
      const { rows } = await client.query(`select pg_catalog.row_to_json(v)::text as line from ${view} v`);
      seen.push(JSON.stringify(rows));
    } catch (error) {
      seen.push((error as Error).message);
      await client.query('rollback to savepoint looking').catch(() => undefined);
    }
  }
  return seen.join('\n');
}

/** Nothing foreign came back or is seen, and no row of Design's changed. */
export async function expectHeld(
  desk: Desk,
  statements: readonly string[],
  options: SiegeOptions = {},
): Promise<Siege> {
  const before = await desk.designRows();
  const siege = await besiege(desk, statements, options);
  const shown = `${statements.join('; ')}: ${siege.outcomes.join(', ')}`;
  expect(siege.said, shown).not.toMatch(FOREIGN);
  expect(siege.seen, shown).not.toMatch(FOREIGN);
  expect(await desk.designRows(), shown).toBe(before);
  return siege;
}

/** Words, ids and amounts that no statement under Dental's seal may bring up. */
const FOREIGN = /zeph|umbr[ai]|(?<![0-9a-f])700[0-9](?![0-9a-f])|70931|88123|88231|northstar-design/i;
