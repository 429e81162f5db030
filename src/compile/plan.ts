/**
 * The difference between what a policy wants and what a database holds, as steps. Pure: what is there is told, not asked.
 */
import { createHash } from 'node:crypto';
import { RingfenceError } from '../errors.js';
import type { DesiredObject, ObjectAddress } from './desired-object.js';
import type { Note } from './notes.js';
import type { ReachFinding } from './reach.js';

/** One change: `+` is made, `~` is made right, `-` is taken out. */
export interface PlanStep {
  readonly sign: '+' | '~' | '-';
  readonly kind: ObjectAddress['kind'] | 'migration' | 'policy_record';
  readonly identity: string;
  /** What it is for or why it goes, in one sentence. */
  readonly words: string;
  /** In order. Empty where only Ringfence's own record changes. */
  readonly sql: readonly string[];
  /** The database roles whose rights it is about. */
  readonly affects: readonly string[];
}

/** What `ringfence apply` would do. Plain data, ready for JSON. */
export interface Plan {
  readonly policyHash: string;
  /** `sha256:` and 64 hex digits over the steps' signs, identities and SQL: what an approval of this plan approves. */
  readonly digest: string;
  /** In the order in which they run. */
  readonly steps: readonly PlanStep[];
  /** What a person should know before applying: who passes the boundary by, which indexes are lost, which keys tell of hidden rows. */
  readonly notes: readonly Note[];
  /** What the tool `sql` would reach beside the slices once this is done. An apply refuses what is not acknowledged of it. */
  readonly reach: readonly ReachFinding[];
}

/** What the last apply made, as it was stored. */
export interface RecordedObject {
  readonly address: ObjectAddress;
  readonly identity: string;
  /** See {@link definitionOf}. */
  readonly definition: string;
  /** See `database/apply/fingerprint.ts`; null where it was gone already. */
  readonly fingerprint: string | null;
  readonly drop: readonly string[];
  readonly position: number;
}

/** What the database holds at an address: a fingerprint of its definition and rights, or null for nothing. */
export type Present = (address: ObjectAddress) => string | null;

/** What a role that exists before Ringfence made it must look like to be used as it is. */
const SAFE_ROLE_FINGERPRINT =
  'nologin nosuperuser nobypassrls noinherit nocreatedb nocreaterole noreplication';

/** A digest of the statements that make an object. */
export function definitionOf(object: DesiredObject): string {
  return sha256(JSON.stringify(object.create));
}

/** One string per object. */
export function objectKey(object: { readonly address: ObjectAddress; readonly identity: string }): string {
  return `${object.address.kind} ${object.identity}`;
}

/**
 * The steps from what is there to what is wanted: makes and mends in order of dependence, then takes out in reverse.
 *
 * @throws RingfenceError `database_refused` where the product has a schema of the name that a slice would need
 * @param keptRoles roles that other databases of the cluster use, and which of them: a role belongs to the whole cluster
 */
export function diffObjects(
  desired: readonly DesiredObject[],
  recorded: readonly RecordedObject[],
  present: Present,
  keptRoles: ReadonlyMap<string, readonly string[]>,
): readonly PlanStep[] {
  const before = new Map(recorded.map((object) => [objectKey(object), object]));
  const wanted = new Set(desired.map(objectKey));
  const steps = desired.flatMap((object) =>
    stepTowards(object, before.get(objectKey(object)), present(object.address)),
  );
  const gone = recorded
    .filter((object) => !wanted.has(objectKey(object)))
    .sort((a, b) => b.position - a.position);
  return [...steps, ...gone.map((object) => stepAway(object, present(object.address), keptRoles))];
}

function stepTowards(
  object: DesiredObject,
  recorded: RecordedObject | undefined,
  there: string | null,
): readonly PlanStep[] {
  const step = (sign: PlanStep['sign'], words: string, sql: readonly string[]): readonly PlanStep[] => [
    { sign, kind: object.address.kind, identity: object.identity, words, sql, affects: object.for },
  ];
  const mend = object.repair ?? [...object.drop, ...object.create];
  if (recorded === undefined) {
    if (there === null) return step('+', object.why, object.create);
    if (object.address.kind === 'role' && there === SAFE_ROLE_FINGERPRINT) {
      return step('+', `${object.why}; another database of this cluster made it already`, []);
    }
    if (object.address.kind === 'schema' && !there.startsWith('ringfence_')) {
      throw new RingfenceError(
        'database_refused',
        `There is a schema ${object.identity} already, and it is not Ringfence's: it will not be touched.`,
        { suggestion: `Rename the role in the policy, or rename that schema.` },
      );
    }
    return step('~', `${object.why}; one that was not made here is in its place`, mend);
  }
  if (there === null)
    return step('~', `${object.why}; it was taken out by somebody and is made again`, object.create);
  if (recorded.definition !== definitionOf(object))
    return step('~', `${object.why}; the policy or its tables changed`, mend);
  if (recorded.fingerprint !== there)
    return step('~', `${object.why}; it was altered by somebody and is mended`, mend);
  return [];
}

function stepAway(
  object: RecordedObject,
  there: string | null,
  keptRoles: ReadonlyMap<string, readonly string[]>,
): PlanStep {
  const step = (words: string, sql: readonly string[]): PlanStep => ({
    sign: '-',
    kind: object.address.kind,
    identity: object.identity,
    words,
    sql,
    affects: 'role' in object.address ? [object.address.role] : [],
  });
  if (there === null) return step('it is gone already', []);
  if (object.address.kind === 'role' || object.address.kind === 'membership') {
    const others = keptRoles.get(object.address.role);
    if (others !== undefined) {
      const leave = object.address.kind === 'role' ? object.drop.slice(0, -1) : [];
      return step(`the role itself stays: ${others.join(', ')} of the same cluster use it`, leave);
    }
  }
  return step('the policy no longer asks for it', object.drop);
}

/** The digest that `apply` compares before it changes anything. */
export function planDigest(policyHash: string, steps: readonly PlanStep[]): string {
  return `sha256:${sha256(JSON.stringify([policyHash, steps.map(({ sign, kind, identity, sql }) => [sign, kind, identity, sql])]))}`;
}

/** SHA-256 in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
