/**
 * Keys that tell of hidden rows. A unique key is checked against the rows of all tenants, whatever row security hides: an insert that
 * is refused says that somebody has the value. That is worth something only where a value can be chosen and guessed.
 */
import type { ShapeColumn, ShapeIndex, ShapeTable } from '../../../../database/inspect/shape.js';
import { furtherPatterns, isCaught } from '../../../../policy/guess/secrets.js';
import { looksLikeKey, snake } from '../../../../policy/guess/words.js';
import type { Found, Rule, World } from '../../rule.js';
import { type TableTenancy, tenancyOf } from '../../tenancy.js';
import { keyWithTenant } from './mends.js';
import { column, label, named, tablesOf } from './tables.js';

/** Names of what a row calls itself: nobody chooses it, and nobody learns anything from its being taken. */
const ROW_NAME =
  /^((row|record|object|entity|event|message|public|external|global)_)?(id|uuid|guid|uid|pk|ulid|ksuid|nanoid|cuid)$/;
/** Made by a machine from something long: not to be guessed. */
const DIGEST = /(^|_)(hash|digest|checksum|sha\d*|md5|hmac|signature|fingerprint|nonce|etag)$/;

const tells: Rule = {
  id: 'unique_key.tells',
  title: 'unique keys that tell of hidden rows',
  why: 'Row security hides rows, not the keys they take up: an insert is refused with 23505, ON CONFLICT DO NOTHING counts no row, DO UPDATE fails with 42501. Whoever tries addresses, names or numbers one after the other learns which of them other tenants have; and two tenants cannot have the same.',
  severities: ['medium', 'low'],
  *find(world) {
    const referenced = referencedKeys(world.shape.tables);
    for (const { table, tenancy } of tablesOf(world, 'column', 'via')) {
      if (table.isPartition) continue;
      for (const index of table.indexes) {
        const free = spans(index, tenancy) ? guessable(world, table, index) : [];
        const leadsTo = referenced.has(keyId(table.schema, table.name, index.columns));
        if (free.length > 0) yield told(table, index, tenancy, free, leadsTo);
      }
    }
  },
};

/** Whether rows of several tenants share the key. */
function spans(index: ShapeIndex, tenancy: TableTenancy): boolean {
  if (!(index.unique || index.exclusion === true) || index.inherited) return false;
  const fixed = tenancy.kind === 'column' ? [tenancy.column] : tenancy.kind === 'via' ? tenancy.columns : [];
  const holds =
    index.columns.includes(null) && index.predicate === null ? (index.touches ?? []) : index.columns;
  return !fixed.every((name) => holds.includes(name));
}

/**
 * The columns of a key by which somebody could ask for a value; none where one column already makes every value unguessable, or belongs
 * to a tenant by itself.
 */
function guessable(world: World, table: ShapeTable, index: ShapeIndex): readonly ShapeColumn[] {
  const keys = index.columns.includes(null)
    ? (index.touches ?? []).filter((name) => index.keys.some((key) => key.includes(name)))
    : index.columns;
  const columns = keys.flatMap((name) => column(table, name ?? '') ?? []);
  return columns.some((one) => isBlind(world, table, index, one)) ? [] : columns;
}

function isBlind(world: World, table: ShapeTable, index: ShapeIndex, one: ShapeColumn): boolean {
  if (one.castType === 'pg_catalog.uuid' || one.identity !== null || one.defaultSequence !== null)
    return true;
  if (
    /^(\w+\.)?(gen_random_uuid|uuid_generate_v\w+|uuidv\d|gen_random_bytes|encode\()/.test(
      one.expression ?? '',
    )
  )
    return true;
  if (isCaught(one.name, furtherPatterns([table])) || DIGEST.test(snake(one.name))) return true;
  if (index.primary && ROW_NAME.test(snake(one.name))) return true;
  // A row of a tenant's own stands in for the tenant, as far as its key stays inside: that is another rule's.
  return table.foreignKeys.some((key) => {
    // A part of a key that counts per tenant says nothing by itself.
    if (!key.columns.includes(one.name) || !key.columns.every((name) => index.columns.includes(name)))
      return false;
    const parent = tenancyOf(world.tenancy, { schema: key.refSchema, name: key.refTable });
    return parent.kind === 'column' || parent.kind === 'via' || parent.kind === 'root';
  });
}

function told(
  table: ShapeTable,
  index: ShapeIndex,
  tenancy: TableTenancy,
  free: readonly ShapeColumn[],
  referenced: boolean,
): Found {
  const exclusion = index.exclusion === true;
  const what = exclusion
    ? 'exclusion constraint'
    : index.primary
      ? 'primary key'
      : index.constraint === null
        ? 'unique index'
        : 'unique key';
  const values = named(free.map(({ name }) => name));
  // Another system's identifiers: seldom guessed, and still one namespace for all.
  const foreign = free.every(({ name, category }) => category === 'S' && looksLikeKey(name));
  const mend =
    tenancy.kind === 'column' && !exclusion && !referenced
      ? keyWithTenant(table, index, tenancy.column)
      : null;
  return {
    severity: foreign ? 'low' : 'medium',
    object:
      index.constraint === null
        ? `index ${label({ schema: table.schema, name: index.name })}`
        : `constraint ${named([index.constraint])} on ${label(table)}`,
    what: `The ${what} ${index.name} of ${label(table)} spans all tenants: a refused write tells that a hidden row has the same ${values}.`,
    ...(mend === null ? { mend: [], advice: advice(tenancy, exclusion, referenced) } : { mend }),
  };
}

function advice(tenancy: TableTenancy, exclusion: boolean, referenced: boolean): string {
  if (tenancy.kind === 'via')
    return `Give the table a tenant column of its own and lead the key with it, or lead it with ${named(tenancy.columns)} if a value need only be unique there.`;
  const tenant = tenancy.kind === 'column' ? named([tenancy.column]) : 'the tenant';
  if (exclusion)
    return `Add "${tenant} with =" to the constraint: with gist that takes the extension btree_gist.`;
  return referenced
    ? `Foreign keys lead to it: let them carry ${tenant}, then lead the key with it.`
    : `Write the key down again with ${tenant} before its other columns.`;
}

/** The keys that foreign keys lead to: such a key cannot be dropped alone. */
function referencedKeys(tables: readonly ShapeTable[]): ReadonlySet<string> {
  return new Set(
    tables.flatMap((table) =>
      table.foreignKeys.map((key) => keyId(key.refSchema, key.refTable, key.refColumns)),
    ),
  );
}

function keyId(schema: string, table: string, columns: readonly (string | null)[]): string {
  return JSON.stringify([schema, table, ...columns.toSorted()]);
}

export const UNIQUE_KEY_RULES: readonly Rule[] = [tells];
