import type { TestDatabase } from '../../support/database.js';

/** What the ledger has under an id, pending and chained: the event with its number of rows. */
export async function eventsOf(database: TestDatabase, id: string): Promise<Record<string, unknown>[]> {
  const found = await database.query<{ event: Record<string, unknown> }>(
    `select body::jsonb || jsonb_build_object('rows', row_count) as event from ringfence.event_pending where id = $1
     union all
     select (convert_from(leaf, 'UTF8')::jsonb -> 'event') || jsonb_build_object('rows', convert_from(leaf, 'UTF8')::jsonb -> 'row_count')
     from ringfence.leaf where event_id = $1`,
    [id],
  );
  return found.map(({ event }) => event);
}

/** Every event there is, as text. */
export async function allEvents(database: TestDatabase): Promise<string[]> {
  const found = await database.query<{ event: string }>(
    "select body as event from ringfence.event_pending union all select convert_from(leaf, 'UTF8') from ringfence.leaf",
  );
  return found.map(({ event }) => event);
}
