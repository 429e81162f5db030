/** Whether a database still holds what Ringfence put there, and what a policy would change now. */

import type pg from 'pg';
import { objectKey, type PlanStep } from '../../compile/plan.js';
import { RingfenceError } from '../../errors.js';
import type { Catalog } from '../../policy/catalog.js';
import type { CompiledPolicy } from '../../policy/compiled.js';
import { readFingerprints } from '../apply/fingerprint.js';
import { type Recorded, readRecorded } from '../apply/recorded.js';
import { readStrays } from '../apply/strays.js';
import type { Queryable } from '../migrate.js';
import { planWithin } from '../plan.js';

export interface DriftFacts {
  /** Whether a policy was applied here. */
  readonly installed: boolean;
  /** The hash of the policy in force; null where none is, or where it may not be seen. */
  readonly policyHash: string | null;
  /** What differs from what was applied, or, where a policy was given, from that. */
  readonly steps: readonly DriftStep[];
  /** Why nothing could be compared; null where it was. */
  readonly unseen: string | null;
}

export interface DriftStep {
  readonly kind: PlanStep['kind'];
  readonly identity: string;
  /** `gone`, `altered`, `extra`: against the record. `wanted`: the policy that was given asks for it. */
  readonly how: 'gone' | 'altered' | 'extra' | 'wanted';
  readonly words: string;
  /** What puts it right; empty where `ringfence apply` has to. */
  readonly sql: readonly string[];
}

const NOTHING: DriftFacts = { installed: false, policyHash: null, steps: [], unseen: null };

/**
 * Compares, inside the caller's transaction, which reads one snapshot and has `search_path = pg_catalog, pg_temp`.
 *
 * Without a policy, with the record of the last apply; a policy is planned, and each step of its plan is a difference. A policy for a
 * database without Ringfence is none: nothing has drifted where nothing was applied.
 */
export async function readDrift(
  client: pg.ClientBase,
  catalog: Catalog,
  policy: CompiledPolicy | null,
): Promise<DriftFacts> {
  const { rows } = await client.query(
    `select has_table_privilege(c.oid, 'select') as seen
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'ringfence' and c.relname = 'object' and has_schema_privilege(n.oid, 'usage')
     union all
     select false from pg_namespace n where n.nspname = 'ringfence' and not has_schema_privilege(n.oid, 'usage')`,
  );
  const [found] = rows as readonly { readonly seen: boolean }[];
  if (found === undefined) return NOTHING;
  if (!found.seen) {
    return {
      installed: true,
      policyHash: null,
      steps: [],
      unseen:
        'this login may not read what was applied (ringfence.object): connect as a superuser or as the role that applied the policy',
    };
  }
  const recorded = await readRecorded(client);
  const base = { installed: true, policyHash: recorded.policyHash, unseen: null };
  return policy === null
    ? { ...base, steps: await sinceApplied(client, recorded) }
    : { ...base, steps: await againstPolicy(client, catalog, policy) };
}

async function sinceApplied(client: Queryable, recorded: Recorded): Promise<readonly DriftStep[]> {
  const present = await readFingerprints(
    client,
    recorded.objects.map(({ address }) => address),
  );
  const changed = recorded.objects.flatMap((object): readonly DriftStep[] => {
    const there = present(object.address);
    if (there === object.fingerprint) return [];
    const how = there === null ? 'gone' : 'altered';
    return [
      {
        kind: object.address.kind,
        identity: object.identity,
        how,
        words: how === 'gone' ? 'it was taken out by somebody' : 'it was altered by somebody',
        sql: [],
      },
    ];
  });
  const strays = await readStrays(client, new Set(recorded.objects.map(objectKey)));
  return [
    ...changed,
    ...strays.map(
      (stray): DriftStep => ({
        kind: stray.address.kind,
        identity: stray.identity,
        how: 'extra',
        words: 'no apply made it',
        sql: stray.drop,
      }),
    ),
  ];
}

async function againstPolicy(
  client: pg.ClientBase,
  catalog: Catalog,
  policy: CompiledPolicy,
): Promise<readonly DriftStep[]> {
  try {
    const { plan } = await planWithin(client, policy, catalog);
    return plan.steps.map(({ kind, identity, words, sql }) => ({
      kind,
      identity,
      how: 'wanted',
      words,
      sql,
    }));
  } catch (error) {
    if (error instanceof RingfenceError) throw error;
    throw new RingfenceError('policy_invalid', 'The policy could not be compared with the database.', {
      cause: error,
      suggestion: 'Run "ringfence plan": it says what does not fit.',
    });
  }
}
