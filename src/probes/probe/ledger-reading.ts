/** The ledger as a run checks it: were these calls recorded, and does each stream still prove itself? */
import type { Administrator } from '../../database/administrator.js';
import type { RecordedEvent } from '../../ledger/read.js';
import { showEvents, verifyLedger } from '../../ledger/read.js';
import type { StreamVerdict } from '../../ledger/verify.js';

/** What the ledger says of one call. */
export interface Recorded {
  readonly action: string;
  readonly effect: string;
  readonly code: string | null;
}

export interface LedgerReading {
  /** The events of a run, by id. */
  eventsOf(runId: string, ids: readonly string[]): Promise<ReadonlyMap<string, Recorded>>;
  /** How each stream of a tenant verifies. */
  verify(tenant: string): Promise<readonly StreamVerdict[]>;
}

/** Ids asked for at once. */
const BATCH = 500;

export function readLedger(administrator: Pick<Administrator, 'query'>, since: Date): LedgerReading {
  const source = {
    query: (text: string, values: readonly unknown[]) => administrator.query(text, values),
  };
  const byId = async (ids: readonly string[]): Promise<Map<string, Recorded>> => {
    const found = new Map<string, Recorded>();
    for (let at = 0; at < ids.length; at += BATCH) {
      const { rows } = await administrator.query(
        `select id::text as id, body::jsonb as event from ringfence.event_pending where id = any ($1::uuid[])
         union all
         select event_id::text, convert_from(leaf, 'UTF8')::jsonb -> 'event' from ringfence.leaf where event_id = any ($1::uuid[])`,
        [ids.slice(at, at + BATCH)],
      );
      for (const { id, event } of rows) found.set(String(id), recorded(event as RecordedEvent['event']));
    }
    return found;
  };
  return {
    eventsOf: async (runId, ids) => {
      try {
        return await byId(ids);
      } catch (error) {
        // An auditor reads through functions alone.
        if ((error as { readonly code?: unknown }).code !== '42501') throw error;
        const events = await showEvents(source, { run: runId, since, limit: 100_000 });
        return new Map(events.map(({ eventId, event }) => [eventId, recorded(event)]));
      }
    },
    verify: async (tenant) => {
      const verdicts: StreamVerdict[] = [];
      for await (const verdict of verifyLedger(source, { tenant })) verdicts.push(verdict);
      return verdicts;
    },
  };
}

function recorded({ action, decision }: RecordedEvent['event']): Recorded {
  return { action, effect: decision.effect, code: decision.code ?? null };
}
