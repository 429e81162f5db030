/**
 * One table as one role reads it: its columns, its masks and the indexes that serve it. Rows are in `row-rules.ts`, writing in `writes.ts`.
 */
import type { CatalogColumn, CatalogIndex } from './catalog.js';
import type { MaskKind, Scope, ScopeAxis, SliceColumn } from './compiled.js';
import type { PolicyPath } from './complaint.js';
import type { Policy, SlicePolicy } from './defaults.js';
import { type Denials, qualified } from './denial.js';
import { CONNECTIVES } from './filter.js';
import type { Findings } from './findings.js';
import { shownAs, whyNotMask } from './mask.js';
import { looksPersonal } from './personal-data.js';
import { findColumn, type ListedTable } from './references.js';
import { samplesOf } from './samples.js';
import { scopeWithin } from './scope.js';

/** What every slice of one policy is made with. */
export interface SliceContext {
  readonly policy: Policy;
  readonly denials: Denials;
  readonly findings: Findings;
}

/** One table of one role while it is being compiled. */
export interface ReadSlice {
  readonly listed: ListedTable;
  readonly entry: SlicePolicy;
  /** Where it is written: `roles`, the role, `tables`, the key. */
  readonly path: PolicyPath;
  readonly scope: Scope;
  /** Columns that hold the role to its boundary: never shown, never written by the agent. */
  readonly scopeColumns: ReadonlyMap<string, ScopeAxis>;
  readonly columns: readonly SliceColumn[];
  /** Columns of which `describe_schema` may show values. */
  readonly samples: readonly string[];
  readonly primaryKey: readonly string[];
  readonly indexes: readonly (readonly string[])[];
}

/** Compiles what a role reads of a table; complains about every column, mask and rule that cannot be. */
export function readSlice(
  context: SliceContext,
  listed: ListedTable,
  entry: SlicePolicy,
  path: PolicyPath,
  declared: { readonly scope: Scope; readonly reach: ScopeAxis },
): ReadSlice {
  const scope = scopeWithin(declared.scope, declared.reach);
  const scopeColumns = new Map(
    scope.kind === 'scoped' ? scope.columns.map(({ column, axis }) => [column, axis] as const) : [],
  );
  const visible = visibleColumns(context, listed, entry, path, scopeColumns);
  const masks = masksOf(context, listed, entry, [...path, 'mask'], visible, scopeColumns);
  const columns = visible.map((column) => shownAs(column, masks.get(column.name) ?? null));
  noteUnmasked(context, listed, scope, path, visible, masks);
  const plain = new Set(columns.filter(({ mask }) => mask === null).map(({ name }) => name));
  return {
    listed,
    entry,
    path,
    scope,
    scopeColumns,
    columns,
    samples: samplesOf(context, entry.samples, [...path, 'samples'], {
      listed,
      visible,
      masks,
      scopeColumns,
      shared: scope.kind === 'shared',
    }),
    primaryKey: keyWithin(listed.source.primaryKey, plain, scopeColumns),
    indexes: usableIndexes(listed.source.indexes, listed.source.columns, plain, scopeColumns),
  };
}

function visibleColumns(
  context: SliceContext,
  listed: ListedTable,
  entry: SlicePolicy,
  path: PolicyPath,
  scopeColumns: ReadonlyMap<string, ScopeAxis>,
): readonly CatalogColumn[] {
  const { denials, findings } = context;
  const inside = [...path, 'columns'];
  const columns =
    entry.columns === 'all'
      ? allButDenied(context, listed, path, scopeColumns)
      : entry.columns.flatMap((name, index) => {
          const column = findColumn(listed.source, name, [...inside, index], findings);
          if (column === undefined) return [];
          const axis = scopeColumns.get(column.name);
          const pattern = denials.ofColumn(listed, column);
          if (axis !== undefined)
            findings.note(
              [...inside, index],
              `${column.name} holds the ${axis}: the boundary sets it and it is never shown`,
            );
          else if (pattern !== undefined)
            findings.complain([...inside, index], `${column.name} is denied by the pattern ${pattern}`, {
              suggestion: `leave it out, or, where the pattern is wrong about it, deny: { except: [${qualified(listed, column.name)}] }`,
            });
          return axis === undefined && pattern === undefined ? [column] : [];
        });
  if (columns.length === 0 && (entry.columns === 'all' || entry.columns.length === 0))
    findings.complain(inside, 'leaves the role no column to read', {
      suggestion: 'take the table out of the role',
    });
  for (const { name } of columns)
    if (CONNECTIVES.some((word) => word === name))
      findings.note(inside, `${name} is a word of the filter language, so nobody can filter by this column`);
  const wanted = new Set(columns);
  return listed.source.columns.filter((column) => wanted.has(column));
}

function allButDenied(
  { denials, findings }: SliceContext,
  listed: ListedTable,
  path: PolicyPath,
  scopeColumns: ReadonlyMap<string, ScopeAxis>,
): readonly CatalogColumn[] {
  const hits: string[] = [];
  const columns = listed.source.columns.filter((column) => {
    if (scopeColumns.has(column.name)) return false;
    const pattern = denials.ofColumn(listed, column);
    if (pattern !== undefined) hits.push(`${column.name} (${pattern})`);
    return pattern === undefined;
  });
  if (hits.length > 0) findings.note(path, `left out because deny.columns catches them: ${hits.join(', ')}`);
  return columns;
}

function masksOf(
  { findings }: SliceContext,
  listed: ListedTable,
  entry: SlicePolicy,
  path: PolicyPath,
  visible: readonly CatalogColumn[],
  scopeColumns: ReadonlyMap<string, ScopeAxis>,
): ReadonlyMap<string, MaskKind> {
  const masks = new Map<string, MaskKind>();
  for (const [name, mask] of Object.entries(entry.mask)) {
    const here = [...path, name];
    const column = findColumn(listed.source, name, here, findings);
    if (column === undefined) continue;
    const problem = whyNotMask(mask, column);
    if (scopeColumns.has(column.name))
      findings.complain(here, `${column.name} is never shown, so there is nothing to mask`);
    else if (!visible.includes(column))
      findings.complain(here, `${column.name} is not among the columns the role reads`, {
        suggestion: 'add it to columns, or take the mask away',
      });
    else if (problem !== undefined) findings.complain(here, problem.message, problem);
    else if (masks.has(column.name)) findings.complain(here, `${column.name} is masked twice`);
    else {
      masks.set(column.name, mask);
      if (listed.source.primaryKey.includes(column.name))
        findings.note(here, `${column.name} is part of the primary key: masked, it no longer finds a row`);
    }
  }
  return masks;
}

function noteUnmasked(
  { policy, findings }: SliceContext,
  listed: ListedTable,
  scope: Scope,
  path: PolicyPath,
  visible: readonly CatalogColumn[],
  masks: ReadonlyMap<string, MaskKind>,
): void {
  if (policy.preset !== 'production' || scope.kind === 'shared') return;
  const personal = visible.filter((column) => looksPersonal(column) && !masks.has(column.name));
  if (personal.length > 0)
    findings.note(
      path,
      `${personal.map(({ name }) => name).join(', ')} of ${listed.name} may be personal data, and the role reads it unmasked`,
    );
}

/**
 * The part of a key that the agent names: columns the boundary fixes need no naming.
 * Empty where a part of it is neither fixed nor shown in plain.
 */
function keyWithin(
  key: readonly string[],
  plain: ReadonlySet<string>,
  scopeColumns: ReadonlyMap<string, ScopeAxis>,
): readonly string[] {
  const named = key.filter((name) => !scopeColumns.has(name));
  return named.every((name) => plain.has(name)) ? named : [];
}

/**
 * What of each index can serve a condition: its leading columns, as far as they are leakproof and in the slice or the scope.
 */
function usableIndexes(
  indexes: readonly CatalogIndex[],
  columns: readonly CatalogColumn[],
  plain: ReadonlySet<string>,
  scopeColumns: ReadonlyMap<string, ScopeAxis>,
): readonly (readonly string[])[] {
  const leakproof = new Set(columns.filter((column) => column.leakproof).map((column) => column.name));
  const usable = new Map<string, readonly string[]>();
  for (const index of indexes) {
    if (index.partial || index.columns.includes(null)) continue;
    if (index.method !== 'btree' && !(index.method === 'hash' && index.columns.length === 1)) continue;
    const names = index.columns.filter((name) => name !== null);
    // An index that is not leakproof although all its columns are has an operator class of its own to blame.
    if (!index.leakproof && names.every((name) => leakproof.has(name))) continue;
    const end = names.findIndex(
      (name) => !(plain.has(name) || scopeColumns.has(name)) || !(index.leakproof || leakproof.has(name)),
    );
    const leading = end === -1 ? names : names.slice(0, end);
    if (leading.length > 0) usable.set(JSON.stringify(leading), leading);
  }
  return [...usable.values()];
}
