/**
 * How old the rows of materialised views are that a call reads, told with its answer.
 *
 * Asked before the call reads, never after, so that no row is older than it is said to be; and of the same server. Remembered for a
 * few seconds: a refresh may have been completed since, but what is said is a moment at which the rows were true at the latest.
 */
import type { RefreshedView } from '../database/refresh.js';
import type { OperatorEntry } from '../operator-log.js';
import type { CompiledPolicy } from '../policy/compiled.js';

/** By agent-facing name: when the rows were read from their tables, in ISO 8601, or null where that is not known. */
export type Freshness = Readonly<Record<string, string | null>>;

export interface FreshnessParts {
  readonly policy: CompiledPolicy;
  /** When each view that Ringfence refreshes was refreshed. */
  readonly read: () => Promise<readonly RefreshedView[]>;
  readonly log: (entry: OperatorEntry) => void;
  /** Milliseconds since any beginning. */
  readonly now?: () => number;
}

/** Answers for the tables of one call; undefined where none of them is a materialised view. */
export type FreshnessOf = (tables: readonly string[]) => Promise<Freshness> | undefined;

/** How long an answer of the database's is passed on. */
const REMEMBERED_MS = 5_000;

export function createFreshness({
  policy,
  read,
  log,
  now = () => performance.now(),
}: FreshnessParts): FreshnessOf {
  const views = new Map([...policy.tables].filter(([, { kind }]) => kind === 'materialized_view'));
  const anyRefreshed = [...views.values()].some(({ refreshMinutes }) => refreshMinutes !== null);
  let known: { readonly askedAt: number; readonly rows: Promise<readonly RefreshedView[]> } | undefined;

  const ask = async (): Promise<readonly RefreshedView[]> => {
    if (!anyRefreshed) return [];
    if (known === undefined || now() - known.askedAt >= REMEMBERED_MS)
      known = { askedAt: now(), rows: read() };
    const asked = known;
    try {
      return await asked.rows;
    } catch (cause) {
      // What is not known is said to be unknown; whether the call can be answered is for the call to find out.
      if (known === asked) known = undefined;
      log({ kind: 'freshness_unknown', message: 'How old materialised views are could not be read.', cause });
      return [];
    }
  };

  return (tables) => {
    const named = tables.flatMap((name) => {
      const view = views.get(name);
      return view === undefined ? [] : [[name, view] as const];
    });
    if (named.length === 0) return undefined;
    return ask().then((rows) =>
      Object.fromEntries(
        named.map(([name, { schema, table, refreshMinutes }]) => {
          const row = rows.find((one) => one.schema === schema && one.view === table);
          return [name, refreshMinutes === null ? null : (row?.refreshedAt?.toISOString() ?? null)];
        }),
      ),
    );
  };
}
