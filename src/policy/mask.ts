import type { CatalogColumn } from './catalog.js';
import type { MaskKind, SliceColumn } from './compiled.js';
import { kindOf } from './value.js';

const DATES_WITH_A_YEAR = new Set([1082, 1114, 1184]);

/** Why a mask cannot be put on a column, with what to use instead; undefined where it can. */
export function whyNotMask(
  mask: MaskKind,
  column: CatalogColumn,
): { readonly message: string; readonly suggestion: string } | undefined {
  switch (mask) {
    case 'hash':
    case 'null':
      return undefined;
    case 'year':
      return DATES_WITH_A_YEAR.has(column.typeOid)
        ? undefined
        : {
            message: `year masks a date or a timestamp, and ${column.name} is ${column.type}`,
            suggestion: 'use hash or null',
          };
    default:
      return kindOf(column) === 'text'
        ? undefined
        : {
            message: `${mask} masks text, and ${column.name} is ${column.type}`,
            suggestion: 'use hash or null',
          };
  }
}

/** A column as the slice shows it: masks that write text make it a text column, the others keep its type. */
export function shownAs(column: CatalogColumn, mask: MaskKind | null): SliceColumn {
  const { name, notNull, hasDefault, comment } = column;
  const shared = { name, notNull, hasDefault, comment, mask };
  if (mask === null || mask === 'null' || mask === 'year') {
    const { type, castType, typeOid, category, enumLabels } = column;
    return { ...shared, type, castType, typeOid, category, enumLabels };
  }
  return {
    ...shared,
    type: 'text',
    castType: 'pg_catalog.text',
    typeOid: 25,
    category: 'S',
    enumLabels: null,
  };
}
