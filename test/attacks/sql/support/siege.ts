/**
 * Neither guard nor executor: the text goes to a session that has opened a genuine seal and become the slice role, as no tool of
 * Ringfence’s ever sends it. What it comes to shows what the database holds by itself.
 */
import type pg from 'pg';
import type { GovernedWorld } from './governed-world.js';

export interface Siege {
  /** Everything that came back: rows, messages, details, notices. */
  readonly said: string;
  /** Whose boundary is open afterwards: the tenant’s, or nobody’s. */
  readonly boundary: string;
  /** All that the slice shows afterwards. */
  readonly seen: string;
}

const ENTER =
  "select ringfence.enter($1), set_config('role', $2, true), set_config('statement_timeout', $3, true), set_config('transaction_read_only', 'on', true)";

const OPEN = `select coalesce((ringfence.tenant('support') || ', ' || ringfence.user_id('support')), 'nobody')
  || coalesce(' and ' || ringfence.tenant('finance'), '') as boundary`;

const VIEWS = ['customer', 'ticket', 'ticket_note', 'memo'].map((view) => `slice_support.${view}`);

const AS_TEXT = { getTypeParser: () => (sent: string) => sent } as unknown as pg.CustomTypesConfig;

export async function besiege(world: GovernedWorld, text: string, timeoutMs: number): Promise<Siege> {
  const client = await world.database.connect({
    name: 'ringfence_gateway',
    password: world.governed.keys.gatewayPassword,
  });
  client.on('error', () => undefined);
  const said: string[] = [];
  client.on('notice', (notice) => said.push(`${notice.message ?? ''} ${notice.detail ?? ''}`));
  const { connection, processID } = client as unknown as {
    connection: NodeJS.EventEmitter;
    processID: number;
  };
  connection.on('copyData', ({ chunk }: { chunk: Buffer }) => said.push(chunk.toString('utf8')));
  const ask = async (sql: string): Promise<string> => {
    try {
      const results = [
        await client.query<(string | null)[]>({ text: sql, rowMode: 'array', types: AS_TEXT }),
      ];
      return JSON.stringify(results.flat().map(({ rows }) => rows));
    } catch (error) {
      await client.query('rollback to savepoint siege').catch(() => undefined);
      const { message, detail, hint, where } = error as pg.DatabaseError;
      return [message, detail, hint, where].join(' ');
    }
  };
  try {
    await client.query('begin');
    await client.query(ENTER, [
      world.claims.make(world.boundary, processID),
      world.role.sliceRole,
      String(timeoutMs),
    ]);
    await client.query('savepoint siege');
    said.push(await ask(text));
    const boundary = await ask(OPEN);
    const seen: string[] = [];
    for (const view of VIEWS) seen.push(await ask(`select row_to_json(v)::text from ${view} v`));
    return { said: said.join('\n'), boundary, seen: seen.join('\n') };
  } finally {
    await client.query('rollback').catch(() => undefined);
    await client.end().catch(() => undefined);
  }
}
