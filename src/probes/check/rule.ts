/** A rule of `check`: looks at the facts, and finds. Pure: whatever it needs of a database stands in the facts. */
import type { AccessFacts } from '../../database/inspect/access.js';
import type { DriftFacts } from '../../database/inspect/drift.js';
import type { RowFacts } from '../../database/inspect/rows.js';
import type { ShapeFacts } from '../../database/inspect/shape.js';
import type { CompiledPolicy } from '../../policy/compiled.js';
import type { Finding, NotChecked, Severity } from './finding.js';
import type { Tenancy } from './tenancy.js';

/** Everything that is known of a database. */
export interface World {
  /** Who may do what: roles, ownership, row security, views, functions, replication. */
  readonly access: AccessFacts;
  /** What tables are like: columns, keys, indexes, sequences. */
  readonly shape: ShapeFacts;
  /** Whose rows are whose: from the policy, or guessed. */
  readonly tenancy: Tenancy;
  /** What a bounded look at the rows themselves told. */
  readonly rows: RowFacts;
  /** Whether the database still holds what Ringfence put there. */
  readonly drift: DriftFacts;
  /** The policy that was given; null where none was. */
  readonly policy: CompiledPolicy | null;
}

/** A finding without what the rule says for all of its findings. */
export type Found = Omit<Finding, 'rule' | 'why'>;

export interface Rule {
  readonly id: string;
  /** In a few words, for the list of rules in the documentation: "tables without row security". */
  readonly title: string;
  readonly why: string;
  /** Every severity that it may give, from the worst. */
  readonly severities: readonly Severity[];
  find(world: World): Iterable<Found>;
  /** What this rule could not look at, if anything. */
  unseen?(world: World): Iterable<Omit<NotChecked, 'rule'>>;
}
