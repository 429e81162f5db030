/** `ringfence check`: reads the catalogs of a database once, asks every rule, and says what was found and what was not looked at. */
import type { Administrator } from '../../database/administrator.js';
import { readAccess } from '../../database/inspect/access.js';
import { readDrift } from '../../database/inspect/drift.js';
import { NO_ROWS } from '../../database/inspect/rows.js';
import { readShape } from '../../database/inspect/shape.js';
import { printVersion } from '../../database/server-holes.js';
import { compilePolicy } from '../../policy/compile.js';
import type { PolicyFile } from '../../policy/file.js';
import { type AllowEntry, type AllowedFinding, judge } from './allow.js';
import { type Finding, type NotChecked, SEVERITIES } from './finding.js';
import { readRows } from './rows.js';
import type { World } from './rule.js';
import { updateNotes } from './rules/server.js';
import { RULES } from './rules.js';
import { readTenancy, type Tenancy } from './tenancy.js';

export interface CheckOptions {
  /** Says whose rows are whose, and what the database should hold. Without one it is guessed. */
  readonly policy?: PolicyFile;
  /** The tenant column as a person names it: `orders.org_id`, `org_id`. In place of the guess. */
  readonly tenant?: string;
  readonly allow?: { readonly entries: readonly AllowEntry[]; readonly filename: string };
  /** Whether to look at rows as well, within bounds: for tenants that are null, and keys that cross. Default true. */
  readonly rows?: boolean;
  /** The day that entries of the allow-list are compared with. Default: today. */
  readonly today?: string;
  /** Told before each part of the work. */
  readonly onStep?: (step: string) => void;
}

export interface CheckReport {
  readonly database: string;
  /** `18.4`. */
  readonly server: string;
  /** The login that looked. */
  readonly login: string;
  readonly tenancy: Pick<Tenancy, 'source' | 'confidence' | 'why' | 'column'> & {
    /** How many tables there are of each kind. */
    readonly tables: Readonly<Record<string, number>>;
  };
  /** The hash of the policy in force; null where none is, or where it may not be seen. */
  readonly policyHash: string | null;
  /** From the worst. */
  readonly findings: readonly Finding[];
  readonly allowed: readonly AllowedFinding[];
  readonly notChecked: readonly NotChecked[];
  /** Of the server: what a newer release of it mends. Of the allow-list: what has run out, what is not needed any more. */
  readonly notes: readonly string[];
  /** How many rules were asked. */
  readonly rules: number;
  readonly ms: number;
}

/** How long one statement may take: the catalogs of thousands of tables are read in less. */
const STATEMENT_TIMEOUT = '60s';
/** How long it waits for a table that somebody holds: telling what an index or a view says needs a look at its table. */
const LOCK_TIMEOUT = '5s';

/**
 * Checks a database. It reads in one snapshot, in a transaction that cannot write, and is rolled back.
 *
 * @throws RingfenceError `database_unsupported` on a server older than PostgreSQL 15; `database_refused` where the login may not read the
 * catalogs; `policy_invalid` where the policy names what the database does not have; `config_invalid` where `tenant` does. What PostgreSQL
 * itself refuses is thrown as it is, for {@link Administrator.explain}: a table that somebody holds, with SQLSTATE 55P03 after 5 seconds.
 */
export async function check(administrator: Administrator, options: CheckOptions = {}): Promise<CheckReport> {
  const startedAt = performance.now();
  const world = await readWorld(administrator, options);
  options.onStep?.('Asking the rules');
  const found: Finding[] = [];
  const notChecked: NotChecked[] = [];
  for (const rule of RULES) {
    for (const finding of rule.find(world)) found.push({ rule: rule.id, why: rule.why, ...finding });
    for (const unseen of rule.unseen?.(world) ?? []) notChecked.push({ rule: rule.id, ...unseen });
  }
  const { allow } = options;
  const judged = judge(
    worstFirst(found),
    allow?.entries ?? [],
    options.today ?? new Date().toISOString().slice(0, 10),
    allow?.filename ?? '',
  );
  const { access, tenancy, drift } = world;
  return {
    database: access.database.name,
    server: printVersion(access.server.version),
    login: access.server.currentUser,
    tenancy: {
      source: tenancy.source,
      confidence: tenancy.confidence,
      why: tenancy.why,
      column: tenancy.column,
      tables: countKinds(tenancy),
    },
    policyHash: drift.policyHash,
    findings: judged.findings,
    allowed: judged.allowed,
    notChecked,
    notes: [...updateNotes(access.server.version), ...judged.notes],
    rules: RULES.length,
    ms: Math.round(performance.now() - startedAt),
  };
}

/** Everything that rules look at, from one snapshot. */
export async function readWorld(administrator: Administrator, options: CheckOptions = {}): Promise<World> {
  const { client } = administrator;
  const step = (text: string): void => options.onStep?.(text);
  await client.query('begin transaction isolation level repeatable read read only');
  try {
    await client.query(
      `select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('statement_timeout', $1, true),
         pg_catalog.set_config('lock_timeout', $2, true), pg_catalog.set_config('jit', 'off', true)`,
      [STATEMENT_TIMEOUT, LOCK_TIMEOUT],
    );
    step('Reading the schema');
    const shape = await readShape(client);
    const policy = options.policy === undefined ? null : compilePolicy(options.policy, shape.catalog);
    step('Reading roles, policies and code');
    const access = await readAccess(client);
    const tenancy = await readTenancy(shape, {
      ...(policy === null ? {} : { policy }),
      ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    });
    step('Comparing with what was applied');
    const drift = await readDrift(client, shape.catalog, policy);
    if (options.rows !== false) step('Looking at rows');
    const rows = options.rows === false ? NO_ROWS : await readRows(client, shape, tenancy);
    return { access, shape, tenancy, rows, drift, policy };
  } finally {
    // A connection that was lost has rolled back already.
    await client.query('rollback').catch(() => undefined);
  }
}

/** The worst first; of one severity, rule by rule in the order of the rules, and by object. */
function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  const order = new Map(RULES.map(({ id }, at) => [id, at]));
  const place = ({ severity, rule }: Finding): number =>
    SEVERITIES.indexOf(severity) * RULES.length + (order.get(rule) ?? 0);
  return [...findings].sort((a, b) => place(a) - place(b) || (a.object < b.object ? -1 : 1));
}

function countKinds(tenancy: Tenancy): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind } of tenancy.tables.values()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
