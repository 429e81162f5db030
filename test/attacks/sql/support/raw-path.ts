/**
 * The raw path: a product hands a model's text to PostgreSQL under its own login, as most do. What an attack does here is real; what it
 * comes to elsewhere is compared with it.
 */
import pg from 'pg';
import { createDatabase, type Login, type TestDatabase } from '../../../support/database.js';
import type { TestServer } from '../../../support/test-server.js';
import { type Attack, type RawEffect, textFor } from './attack.js';
import { TENANT, worldTemplate } from './world-schema.js';

/** What a statement came to. */
export interface RawOutcome {
  /** `ok`, or the SQLSTATE. */
  readonly state: string;
  /** Rows as text, messages, details, hints and notices. */
  readonly said: string;
  /** What the next statement on the connection, another session, and a listening session say, where the attack asks. */
  readonly next: string;
  readonly elsewhere: string;
  readonly heard: string;
}

export interface RawPath {
  run(text: string, effect?: RawEffect): Promise<RawOutcome>;
  drop(): Promise<void>;
}

const LOGINS = `
create role raw_report nologin bypassrls in role pg_read_all_data;
create role raw_app login noinherit password 'raw' createrole createdb in role raw_report;
create role raw_reader login password 'raw' bypassrls in role pg_read_all_data;
`;

/** Row security as tutorials have it: forced upon the owner, and asking a plain setting. */
const OWNED = `
alter table customer owner to raw_app; alter table ticket owner to raw_app; alter table ticket_note owner to raw_app;
alter table memo owner to raw_app; alter table invoice owner to raw_app; alter table usage_log owner to raw_app; alter table plan owner to raw_app;
alter sequence order_number owner to raw_app; alter materialized view ticket_cache owner to raw_app;
grant all on schema public to raw_app; grant temporary, create on database $database to raw_app;
grant select, update, delete on payroll to raw_app; grant select on everybody, announcement to raw_app;
grant execute on function ticket_count(text) to raw_app;
do $$ declare name text; begin
  foreach name in array array['customer', 'ticket', 'memo', 'invoice', 'usage_log'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy by_setting on %I using (org_id = current_setting(''app.tenant'', true))', name);
  end loop;
  alter table ticket_note enable row level security; alter table ticket_note force row level security;
  create policy by_setting on ticket_note using (exists (select from ticket t where t.id = ticket_id));
end $$;
`;

function owned({ name }: TestDatabase): string {
  return OWNED.replaceAll('$database', pg.escapeIdentifier(name));
}

/** Milliseconds after which a raw statement is ended: what has not ended by then would not have ended soon. */
const RAW_TIMEOUT_MS = 250;

export async function openRawPath(server: TestServer): Promise<RawPath> {
  const main = await createDatabase(server, { template: worldTemplate });
  await main.query(LOGINS);
  await main.query(owned(main));
  const logins: Readonly<Record<'app' | 'reader', Login>> = {
    app: { name: 'raw_app', password: 'raw' },
    reader: { name: 'raw_reader', password: 'raw' },
  };
  const listener = await main.connect();
  let heard: string[] = [];
  listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
  await listener.query('listen attack');
  const bystanders = await Promise.all([main.connect(logins.app), main.connect(logins.reader)]);
  for (const bystander of bystanders) bystander.on('error', () => undefined);

  const runIn = async (database: TestDatabase, text: string, effect: RawEffect): Promise<RawOutcome> => {
    const { as = 'app', where = 'transaction' } = effect;
    const client = await database.connect(as === 'superuser' ? undefined : logins[as]);
    client.on('error', () => undefined);
    heard = [];
    try {
      const says = speaker(client);
      await says(`select set_config('app.tenant', '${TENANT}', false)`);
      if (where === 'transaction') await client.query('begin; savepoint attack');
      await client.query(
        `set ${where === 'transaction' ? 'local ' : ''}statement_timeout = ${RAW_TIMEOUT_MS}`,
      );
      const { state, said } = await says(text);
      if (state !== 'ok') await client.query('rollback to savepoint attack').catch(() => undefined);
      const next = effect.next === undefined ? '' : (await says(effect.next[0])).said;
      const elsewhere =
        effect.elsewhere === undefined
          ? ''
          : (await speaker(await database.connect())(effect.elsewhere[0])).said;
      // A notification comes before the answer to the statement that follows it.
      if (effect.heard !== undefined) await listener.query('select 1');
      if (where === 'transaction') await client.query('rollback').catch(() => undefined);
      return { state, said, next, elsewhere, heard: heard.join('\n') };
    } finally {
      await client.end().catch(() => undefined);
    }
  };

  return {
    run: async (text, effect = {}) => {
      if (effect.where !== 'apart') return await runIn(main, text, effect);
      const apart = await createDatabase(server, { template: worldTemplate });
      try {
        await apart.query(owned(apart));
        return await runIn(apart, text, effect);
      } finally {
        await apart.drop();
      }
    },
    drop: async () => {
      await Promise.all(bystanders.map((bystander) => bystander.end().catch(() => undefined)));
      await listener.end();
      await main.drop();
    },
  };
}

/** What the data says of the raw path, as a word to compare with what the run shows: empty where all of it came true. */
export function missingOnRawPath(attack: Attack, outcome: RawOutcome): readonly string[] {
  const { raw } = attack;
  if ('moot' in raw) return [];
  if ('refused' in raw) return outcome.state === raw.refused ? [] : [`refused with ${raw.refused}`];
  const missing: string[] = [];
  if (raw.says !== undefined && !raw.says.test(outcome.said)) missing.push(`says ${raw.says}`);
  if (raw.state !== undefined && raw.state !== outcome.state) missing.push(`ends in ${raw.state}`);
  if (raw.next !== undefined && !raw.next[1].test(outcome.next)) missing.push(`next ${raw.next[1]}`);
  if (raw.elsewhere !== undefined && !raw.elsewhere[1].test(outcome.elsewhere))
    missing.push(`elsewhere ${raw.elsewhere[1]}`);
  if (raw.heard !== undefined && !raw.heard.test(outcome.heard)) missing.push(`heard ${raw.heard}`);
  return missing;
}

export function rawText(attack: Attack): string {
  return textFor(attack, 'raw');
}

const AS_TEXT = { getTypeParser: () => (sent: string) => sent } as unknown as pg.CustomTypesConfig;

type Speaker = (text: string) => Promise<{ readonly state: string; readonly said: string }>;

/** Runs a text as it is, several statements and all, and gives everything that came back. */
function speaker(client: pg.Client): Speaker {
  let said: string[] = [];
  client.on('notice', (notice) => said.push(`${notice.message ?? ''} ${notice.detail ?? ''}`));
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('copyData', ({ chunk }: { chunk: Buffer }) => said.push(chunk.toString('utf8')));
  return async (text) => {
    said = [];
    try {
      const results = [await client.query<(string | null)[]>({ text, rowMode: 'array', types: AS_TEXT })];
      said.push(JSON.stringify(results.flat().map(({ rows }) => rows)));
      return { state: 'ok', said: said.join('\n') };
    } catch (error) {
      const { message, code, detail, hint, where } = error as pg.DatabaseError;
      said.push([message, detail, hint, where].join(' '));
      return { state: code ?? message, said: said.join('\n') };
    }
  };
}
