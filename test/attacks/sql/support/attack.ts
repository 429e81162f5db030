/**
 * What an attack on agent-written SQL is, as data: one statement that a model might send, what it is after, and what it comes to where
 * nothing but PostgreSQL stands in its way.
 *
 * A text names tables as `{ticket}`, the setting that carries the tenant as `{seal}`, a role that sees more as `{role}`, since each
 * set-up calls them something else.
 */

/** What an attacker wants of a statement. */
export type Aim =
  /** Rows of another tenant, another user or another role. */
  | 'rows'
  /** Columns of its own rows that are masked or denied. */
  | 'columns'
  /** To be somebody else: another role, another tenant's seal. */
  | 'identity'
  /** State of the connection that the next call finds. */
  | 'session'
  /** To change data or objects, or what other sessions see. */
  | 'writes'
  /** To know of what is there beside rows: names, sizes, statistics, other sessions. */
  | 'metadata'
  /** Time, memory or disk of the server, or other sessions' lives. */
  | 'resources'
  /** Files, processes and network of the host. */
  | 'host'
  /** A statement that is read as something else than it is. */
  | 'parsing';

/** What the statement does on the raw path: a product's own login, and a model's text handed to it as it is. */
export interface RawEffect {
  /**
   * Whose login. `app` (the default) owns the tables under forced row security that asks the setting `app.tenant`; `reader` reads all
   * tenants' rows, and only the text says whose; `superuser` is what many a compose file hands out.
   */
  readonly as?: 'app' | 'reader' | 'superuser';
  /** Something in what came back: rows as text, messages, details, notices. No governed answer may hold it. */
  readonly says?: RegExp;
  /** The SQLSTATE that it ends in, where that is the effect: 57014 for what only a time limit ends. */
  readonly state?: string;
  /** What the next statement on the same connection says. */
  readonly next?: readonly [sql: string, says: RegExp];
  /** What another session says while the first is still open. */
  readonly elsewhere?: readonly [sql: string, says: RegExp];
  /** What a session listening on channel `attack` hears. */
  readonly heard?: RegExp;
  /**
   * `transaction` (the default) is taken back at the end. `session` is not: for what outlives a transaction. `apart` has a database of
   * its own: for what nothing takes back.
   */
  readonly where?: 'transaction' | 'session' | 'apart';
  /** The oldest major version that has it. Default: every one. */
  readonly since?: number;
}

/** PostgreSQL itself refuses it, whoever asks as a product's login does. */
export interface RawRefusal {
  readonly refused: string;
}

/** There is nothing to show on the raw path: what the statement is after exists only where Ringfence is. */
export interface RawMoot {
  readonly moot: string;
}

export type Raw = RawEffect | RawRefusal | RawMoot;

/** What the engine does not stop by itself, so that only the guard holds it. */
export interface OnlyTheGuard {
  /**
   * `metadata`: PostgreSQL shows it to everybody. `product`: the product gave it to PUBLIC. `statement`: it works while the statement runs
   * and is gone with it. `trace`: it leaves something behind that no rollback takes back, and that is nobody's data.
   */
  readonly what: 'metadata' | 'product' | 'statement' | 'trace';
  /** What comes back through the executor: asserted, so that the threat model says what is. */
  readonly shows: RegExp;
  /** What the next statement on the same connection says. */
  readonly next?: readonly [sql: string, says: RegExp];
  /** The oldest major version that has it. Default: every one. */
  readonly since?: number;
}

export interface Attack {
  /** Unique among all ideas. */
  readonly name: string;
  readonly text: string;
  readonly aim: Aim;
  readonly raw: Raw;
  /**
   * `refused`, the default. `scoped`: it is a SELECT like any other, and what it aims at is taken out of its reach as it is rewritten: the
   * boundary's conditions in each table, masks below, no row of anybody else's.
   */
  readonly guard?: 'refused' | 'scoped';
  /** Missing: the engine alone keeps it from what it is after. */
  readonly onlyTheGuard?: OnlyTheGuard;
}

/** Attacks that rest on the same thought. */
export interface Idea {
  readonly name: string;
  /** What the thought is, in a few words. */
  readonly about: string;
  readonly attacks: readonly Attack[];
}

export type Dialect = 'raw' | 'engine' | 'guard';

const TABLES = ['plan', 'customer', 'ticket', 'ticket_note', 'memo', 'invoice', 'usage_log'] as const;
const TOKEN = new RegExp(`\\{(${[...TABLES, 'seal', 'forged', 'role'].join('|')})\\}`, 'g');

/** The content of a seal for Northstar Design, and a code that somebody made up. */
const FORGED_SEAL = [
  'northstar-design',
  '',
  'u1',
  'support',
  'run',
  'agent',
  'test',
  '',
  `t_${'0'.repeat(32)}`,
  `s_${'0'.repeat(32)}`,
  '0'.repeat(64),
].join('\u001f');

/** The statement as it is sent to one of the set-ups. */
export function textFor(attack: Attack, dialect: Dialect): string {
  return attack.text.replaceAll(TOKEN, (_, token: string) => {
    if (token === 'seal') return dialect === 'raw' ? 'app.tenant' : 'ringfence.seal';
    if (token === 'role') return dialect === 'raw' ? 'raw_report' : 'ringfence_slice_finance';
    if (token === 'forged') return dialect === 'raw' ? 'northstar-design' : FORGED_SEAL;
    if (dialect !== 'engine') return token;
    return token === 'invoice' ? 'slice_finance.invoice' : `slice_support.${token}`;
  });
}

export function hasEffect(raw: Raw): raw is RawEffect {
  return !('refused' in raw) && !('moot' in raw);
}

/** Whether an answer holds what the raw path gives away: for what is told, and not for what is done. */
export function betrays({ raw, aim }: Pick<Attack, 'raw' | 'aim'>, said: string): boolean {
  if (!TOLD.has(aim) || !hasEffect(raw)) return false;
  return raw.says?.test(said) ?? false;
}

const TOLD: ReadonlySet<Aim> = new Set(['rows', 'columns', 'identity', 'metadata', 'host']);
