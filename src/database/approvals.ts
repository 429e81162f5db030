/**
 * Approvals in the database: the gateway's side of `sql/0009_approvals.sql`. Each function is told by a claim whose word it is.
 */
import type { Boundary } from '../boundary/boundary.js';
import type { StatementVerdict } from './database-error.js';
import type { EventToRecord } from './gateway.js';

/** An approval that a call uses up: in the call's own transaction, or not at all. */
export interface ApprovalUse {
  readonly id: string;
  /** Of the call that was approved: see `callDigest`. */
  readonly digest: string;
}

/** A call as it is asked for. */
export interface ApprovalRequest extends ApprovalUse {
  readonly rule: string;
  readonly ruleDigest: string;
  readonly tool: string;
  /** Canonical JSON. */
  readonly input: string;
  /** Roles that may decide, and those of them that reach every workspace. */
  readonly approvers: readonly string[];
  readonly tenantWide: readonly string[];
  readonly cosigners: number;
  readonly minutes: number;
  /** The event of its end by the clock. */
  readonly expired: Event;
}

/**
 * What stands about a call. `requested` where it has been asked for just now, and its event is durable; `full` where its user has more open
 * requests than anybody could look at, and it has not been asked for.
 */
export interface ApprovalStanding {
  readonly state: 'requested' | 'full' | 'pending' | 'approved' | 'denied' | 'revoked' | 'expired';
  readonly id: string;
  /** Milliseconds since 1970, on the database's clock. */
  readonly expiresAt: number;
  /** The decider's, where somebody denied or revoked it. */
  readonly reason: string | null;
}

/** The database would not have it, or was lost. */
export interface ApprovalVerdict {
  readonly kind: 'verdict';
  readonly verdict: StatementVerdict;
  readonly cause: Error;
}

export type Verdict = 'approve' | 'deny' | 'revoke';

export interface DecisionOutcome {
  /** Only `done` has changed something; `changed` says that the policy's rule is another by now. */
  readonly outcome:
    | 'done'
    | 'unknown'
    | 'not_a_person'
    | 'own_request'
    | 'role'
    | 'changed'
    | 'twice'
    | 'settled';
  /** Where it is `done` or `settled`: what stands now. */
  readonly state?: string;
}

/** A request as the database keeps it. Times as PostgreSQL writes them in JSON. */
export interface ApprovalRow {
  readonly id: string;
  readonly state: string;
  readonly rule: string;
  readonly rule_digest: string;
  readonly digest: string;
  readonly tool: string;
  readonly input: string | null;
  readonly workspace: string;
  readonly user_id: string;
  readonly role: string;
  readonly actor_kind: string;
  readonly actor: string;
  readonly approvers: readonly string[];
  readonly cosigners: number;
  readonly requested_at: string;
  readonly expires_at: string;
  readonly settled_at: string | null;
  readonly decidable: boolean;
  readonly decisions: readonly {
    readonly verdict: Verdict;
    readonly user: string;
    readonly role: string;
    readonly reason: string | null;
    readonly at: string;
  }[];
}

type Event = Omit<EventToRecord, 'boundary' | 'rowCount'>;

export interface ApprovalStore {
  /** What stands about a call; asks for it where nothing does. `event` is that of a new request. */
  ask(
    boundary: Boundary,
    request: ApprovalRequest,
    event: Event,
  ): Promise<ApprovalStanding | ApprovalVerdict>;
  /**
   * A person's word. `event` is written where it counts.
   * @throws {RingfenceError} `database_lost`, `database_timeout`, `database_read_only`, `database_unreachable`.
   */
  decide(
    boundary: Boundary,
    id: string,
    word: { readonly verdict: Verdict; readonly reason: string | null; readonly ruleDigest: string | null },
    event: Event,
  ): Promise<DecisionOutcome>;
  /** The requests that the boundary may see, the newest first. */
  list(
    boundary: Boundary,
    filter: { readonly id?: string; readonly state?: string; readonly limit: number },
  ): Promise<readonly ApprovalRow[]>;
  /** Uses approvals and records the call in one commit, before it is made: for what acts outside of the database. Null once that is done. */
  consume(event: EventToRecord, uses: readonly ApprovalUse[]): Promise<ApprovalVerdict | null>;
  /** Writes down which deadlines have passed; how many. */
  expire(atMost: number): Promise<number>;
}
