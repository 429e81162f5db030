/**
 * What the last apply made, as `ringfence.object` and `ringfence.applied` keep it.
 */
import type { DesiredObject, ObjectAddress } from '../../compile/desired-object.js';
import { definitionOf, type Plan, type Present, type RecordedObject } from '../../compile/plan.js';
import type { CompiledPolicy } from '../../policy/compiled.js';
import type { Queryable } from '../migrate.js';

/** What is recorded; nothing where Ringfence is not installed. */
export interface Recorded {
  readonly objects: readonly RecordedObject[];
  /** The hash of the policy in force. */
  readonly policyHash: string | null;
}

interface ObjectRow {
  readonly address: ObjectAddress;
  readonly identity: string;
  readonly definition: string;
  readonly fingerprint: string | null;
  readonly drop_sql: readonly string[];
  readonly position: number;
}

/** Reads the record. */
export async function readRecorded(client: Queryable): Promise<Recorded> {
  const here = await client.query(
    `select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'ringfence' and c.relname = 'object'`,
  );
  if (here.rows.length === 0) return { objects: [], policyHash: null };
  const objects = await client.query(
    'select address, identity, definition, fingerprint, drop_sql, position from ringfence.object order by position',
  );
  const applied = await client.query('select policy_hash from ringfence.applied order by id desc limit 1');
  const [newest] = applied.rows as readonly { readonly policy_hash: string }[];
  return {
    objects: (objects.rows as readonly ObjectRow[]).map(({ drop_sql, ...row }) => ({
      ...row,
      drop: drop_sql,
    })),
    policyHash: newest?.policy_hash ?? null,
  };
}

/** Replaces the record with what is there now. The caller holds the transaction that made it so. */
export async function writeRecorded(
  client: Queryable,
  policy: CompiledPolicy,
  plan: Plan,
  desired: readonly DesiredObject[],
  present: Present,
): Promise<Date> {
  await client.query('delete from ringfence.object');
  await client.query(
    `insert into ringfence.object (kind, identity, address, definition, fingerprint, create_sql, drop_sql, position)
     select o.kind, o.identity, o.address, o.definition, o.fingerprint, o.create_sql, o.drop_sql, o.position
     from pg_catalog.jsonb_to_recordset($1::jsonb) as o (kind text, identity text, address jsonb, definition text, fingerprint text,
       create_sql text[], drop_sql text[], position int)`,
    [
      JSON.stringify(
        desired.map((object, position) => ({
          kind: object.address.kind,
          identity: object.identity,
          address: object.address,
          definition: definitionOf(object),
          fingerprint: present(object.address),
          create_sql: object.create,
          drop_sql: object.drop,
          position,
        })),
      ),
    ],
  );
  const applied = await client.query(
    'insert into ringfence.applied (policy_hash, policy_version, plan_digest) values ($1, $2, $3) returning applied_at',
    [policy.hash, policy.version, plan.digest],
  );
  const [row] = applied.rows as readonly { readonly applied_at: Date }[];
  return row?.applied_at ?? new Date();
}
