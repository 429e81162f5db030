/**
 * Columns whose values `describe_schema` may show a few of, before anybody asked for a row.
 */
import type { CatalogColumn } from './catalog.js';
import type { MaskKind } from './compiled.js';
import type { PolicyPath } from './complaint.js';
import { type Denials, qualified } from './denial.js';
import type { Findings } from './findings.js';
import { looksPersonal } from './personal-data.js';
import { findColumn, type ListedTable } from './references.js';
import { kindOf } from './value.js';

/** What is known of a table's slice when its samples are compiled. */
export interface SampledSlice {
  readonly listed: ListedTable;
  /** The columns that the role reads. */
  readonly visible: readonly CatalogColumn[];
  readonly masks: ReadonlyMap<string, MaskKind>;
  readonly scopeColumns: ReadonlyMap<string, string>;
  /** Whether its rows belong to nobody. */
  readonly shared: boolean;
}

/** The columns to sample, in table order; complains about each that cannot be, and tells of those that should perhaps not be. */
export function samplesOf(
  { denials, findings }: { readonly denials: Denials; readonly findings: Findings },
  names: readonly string[],
  path: PolicyPath,
  slice: SampledSlice,
): readonly string[] {
  const { listed, visible } = slice;
  const wanted = new Set<CatalogColumn>();
  for (const [index, name] of names.entries()) {
    const here = [...path, index];
    const column = findColumn(listed.source, name, here, findings);
    if (column === undefined) continue;
    const problem = whyNotSampled(column, slice, denials);
    if (problem !== undefined) {
      findings.complain(here, problem.message, problem);
      continue;
    }
    const kind = kindOf(column);
    if (kind === 'enum' || kind === 'boolean') {
      findings.note(here, `${column.name} is ${kind}: what it can be is shown without samples`);
      continue;
    }
    if (!slice.shared && looksPersonal(column))
      findings.note(
        here,
        `${column.name} of ${listed.name} may be personal data, and describe_schema puts values of it before the model unasked`,
      );
    wanted.add(column);
  }
  return visible.filter((column) => wanted.has(column)).map(({ name }) => name);
}

function whyNotSampled(
  column: CatalogColumn,
  { listed, visible, masks, scopeColumns }: SampledSlice,
  denials: Denials,
): { readonly message: string; readonly suggestion?: string } | undefined {
  const { name } = column;
  const axis = scopeColumns.get(name);
  if (axis !== undefined)
    return { message: `${name} holds the ${axis}: it is never shown`, suggestion: 'take it out' };
  const pattern = denials.ofColumn(listed, column);
  if (pattern !== undefined)
    return {
      message: `${name} is denied by the pattern ${pattern}`,
      suggestion: `leave it out, or, where the pattern is wrong about it, deny: { except: [${qualified(listed, name)}] }`,
    };
  if (!visible.includes(column))
    return {
      message: `${name} is not among the columns the role reads`,
      suggestion: 'add it to columns, or take it out',
    };
  const mask = masks.get(name);
  if (mask !== undefined)
    return {
      message: `${name} is masked (${mask}), and samples of it would show masks, not how values are written`,
      suggestion: 'take it out, or take the mask away',
    };
  if (kindOf(column) === 'opaque')
    return {
      message: `${name} is ${column.type}, whose values no condition compares, so samples of it would serve nothing`,
      suggestion: 'take it out',
    };
  return undefined;
}
