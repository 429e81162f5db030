/**
 * Whose rows are whose where no policy says so: what `init` guesses from keys and names, told first by what the database's own row
 * security compares, and then corrected where `check` has to be stricter than `init`. What `init` leaves out of a policy, because it
 * would not be safe to serve, is often just what is wrong: a tenant column of another type, a key that nobody declared.
 */
import type { ShapeFacts, ShapeTable } from '../../../database/inspect/shape.js';
import { RingfenceError } from '../../../errors.js';
import { conceptOf, conceptWeight, PEOPLE, sameConcept } from '../../../policy/guess/concepts.js';
import { canHoldTenant, type Tenancy as Guessed } from '../../../policy/guess/guess.js';
import { type PlacedTables, placeTables } from '../../../policy/guess/place.js';
import { keyStem, looksLikeKey, squash } from '../../../policy/guess/words.js';
import type { TableTenancy, Tenancy } from '../tenancy.js';
import { withChildren } from './children.js';
import { mostCommon } from './from-policy.js';
import type { Hint } from './row-security-hints.js';

const idOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  `${schema}.${name}`;

/** @throws RingfenceError `config_invalid` where `named` is a column that no table has. */
export function guessTenancy(shape: ShapeFacts, hints: readonly Hint[], named?: string): Tenancy {
  const hinted = named === undefined ? hintedColumn(hints) : null;
  const guess = guessFor(shape, named ?? hinted ?? undefined, named !== undefined);
  const nothing = everythingUnknown(shape);
  if (guess === null || (!guess.tenants?.tenant.stands && hinted === null)) return nothing;
  const column = guess.tenants?.tenant.column ?? '';
  const tables = new Map(nothing.tables);
  for (const { table, why } of guess.withheld)
    if (tables.has(idOf(table))) tables.set(idOf(table), unknown(why));
  const root = guess.tenants?.tenant.root ?? null;
  for (const { table, tenancy, why, confidence } of guess.placed) {
    const sure = confidence !== 'low';
    const isRoot = root?.table === table && tenancy.kind === 'column' && tenancy.column === root.column;
    tables.set(
      idOf(table),
      isRoot ? { kind: 'root', key: root.column, why, sure } : placed(tenancy, why, sure),
    );
  }
  for (const { table, why, suggestion } of guess.withheld)
    if (suggestion?.kind === 'via') tables.set(idOf(table), placed(suggestion, why, false));
  for (const table of shape.tables) correct(tables, table, column, root?.table ?? null);
  for (const hint of hints) followHint(tables, hint, column);
  const confidence =
    named !== undefined
      ? 'certain'
      : hinted !== null || guess.tenants?.tenant.confidence !== 'low'
        ? 'likely'
        : 'unsure';
  return {
    source: 'guess',
    confidence,
    why:
      hinted === null
        ? (guess.tenants?.tenant.why ?? '')
        : `row security compares ${column} with the session; ${guess.tenants?.tenant.why.replace(/^named on the command line; /, '')}`,
    column,
    root: root === null ? null : { schema: root.table.schema, name: root.table.name },
    tables: withChildren(shape.tables, tables),
  };
}

/** The column that row security compares with the session in most tables; columns that name a person only where nothing else is. */
function hintedColumn(hints: readonly Hint[]): string | null {
  const told = hints.flatMap(boundBy);
  const best = (names: readonly string[]): string | null => {
    const stem = mostCommon(names.map((name) => conceptOf(name)));
    return stem === null ? null : mostCommon(names.filter((name) => conceptOf(name) === stem));
  };
  const telling = told.filter((name) => conceptWeight(name) > 0);
  return best(telling) ?? best(told.filter((name) => !PEOPLE.has(conceptOf(name)))) ?? best(told);
}

/** The columns of a table that its row security says hold the tenant: compared with the session, or looked up among what it may see. */
function boundBy({ table, session, looked }: Hint): readonly string[] {
  const can = (name: string): boolean =>
    table.columns.some((column) => column.name === name && canHoldTenant(column));
  const own = session.filter(can);
  if (own.length > 0) return own;
  return looked
    .filter(({ column, parentColumn }) => can(column) && sameConcept(keyStem(column), keyStem(parentColumn)))
    .map(({ column }) => column);
}

/** Null where nothing could be guessed. A name that a person gave must exist; one that was found does. */
function guessFor(shape: ShapeFacts, tenant: string | undefined, strict: boolean): PlacedTables | null {
  try {
    return placeTables(shape.catalog, tenant === undefined ? {} : { tenant });
  } catch (error) {
    if (strict || !(error instanceof RingfenceError)) throw error;
    return null;
  }
}

function everythingUnknown(shape: ShapeFacts): Tenancy {
  const why = 'no column stands out that says whose its rows are';
  return {
    source: 'guess',
    confidence: 'unsure',
    why: 'No column stands out as the tenant of this database',
    column: null,
    root: null,
    tables: new Map(
      shape.tables.filter(({ kind }) => kind !== 'view').map((table) => [idOf(table), unknown(why)]),
    ),
  };
}

function unknown(why: string): TableTenancy {
  return { kind: 'unknown', why, sure: false };
}

function placed(tenancy: Guessed, why: string, sure: boolean): TableTenancy {
  switch (tenancy.kind) {
    case 'column':
      return { kind: 'column', column: tenancy.column, why, sure };
    case 'via': {
      const { schema, name } = tenancy.parent;
      const { columns, parentColumns } = tenancy;
      return { kind: 'via', columns, parent: { schema, name }, parentColumns, why, sure };
    }
    default:
      return { kind: 'shared', why, sure };
  }
}

/**
 * A table that no key places, or that is placed through a parent, and that has a column called as the tenant column is: of another
 * type, a materialised view's, a foreign table's.
 */
function correct(
  tables: Map<string, TableTenancy>,
  table: ShapeTable,
  tenant: string,
  root: { readonly schema: string; readonly name: string } | null,
): void {
  const now = tables.get(idOf(table));
  if (now === undefined || now.kind === 'column' || now.kind === 'root') return;
  const leadsElsewhere = (name: string): boolean =>
    table.foreignKeys.some(
      (key) =>
        key.columns.length === 1 &&
        key.columns[0] === name &&
        (key.refSchema !== root?.schema || key.refTable !== root.name),
    );
  const called = (same: (name: string) => boolean): string | undefined =>
    table.columns.find(
      (column) =>
        same(column.name) &&
        canHoldTenant(column) &&
        !leadsElsewhere(column.name) &&
        !(table.primaryKey.length === 1 && table.primaryKey[0] === column.name),
    )?.name;
  const column =
    called((name) => squash(name) === squash(tenant)) ??
    called(
      (name) =>
        conceptWeight(name) > 0 &&
        keyStem(name) !== squash(name) &&
        sameConcept(keyStem(name), keyStem(tenant)),
    );
  if (column !== undefined)
    tables.set(idOf(table), {
      kind: 'column',
      column,
      why: 'it is called like the tenant column',
      sure: now.kind === 'unknown',
    });
}

/** What a table's own row security says goes before what its keys and names suggest. */
function followHint(tables: Map<string, TableTenancy>, hint: Hint, tenant: string): void {
  const { table } = hint;
  const now = tables.get(idOf(table));
  if (now === undefined || now.kind === 'root') return;
  const bound = boundBy(hint);
  const column =
    bound.find((name) => sameConcept(conceptOf(name), conceptOf(tenant))) ??
    (now.kind === 'column'
      ? undefined
      : bound.find((name) => bound.length === 1 && looksLikeKey(name) && !PEOPLE.has(conceptOf(name))));
  if (column !== undefined) {
    if (now.kind === 'column' && now.column === column) return;
    tables.set(idOf(table), {
      kind: 'column',
      column,
      why: 'its row security compares it with the session',
      sure: true,
    });
    return;
  }
  if (now.kind !== 'unknown' && now.kind !== 'shared') return;
  const link = hint.looked.find(({ parent }) =>
    ['column', 'via', 'root'].includes(tables.get(idOf(parent))?.kind ?? ''),
  );
  if (link === undefined) return;
  const { parent, parentColumn } = link;
  const why = `its row security looks for ${link.column} in ${parent.name}`;
  tables.set(idOf(table), {
    kind: 'via',
    columns: [link.column],
    parent,
    parentColumns: [parentColumn],
    why,
    sure: true,
  });
}
