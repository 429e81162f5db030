/** Values that a column may take, one after another, until the table's constraints are content. */
import { randomInt, randomUUID } from 'node:crypto';
import type { CatalogColumn } from '../../policy/catalog.js';
import { kindOf } from '../../policy/value.js';
import { longest, markedTexts } from './marks.js';

export interface CandidateOptions {
  readonly table: string;
  /** Which row of its table and side, from 1. */
  readonly number: number;
  readonly canary: string;
  /** The same column of a row that is there already, as text; undefined where there is none. */
  readonly example: string | null | undefined;
  /** Literals of the check constraints that name the column. */
  readonly literals: readonly string[];
}

/** Leaves the column to its default. */
export const DEFAULT = { kind: 'default' } as const;
export type Candidate = string | null | typeof DEFAULT;

/** In the order in which they are tried. Null comes last, where it may. */
export function candidatesFor(column: CatalogColumn, options: CandidateOptions): readonly Candidate[] {
  const { example, literals } = options;
  const own = generated(column, options);
  const isText = kindOf(column) === 'text' || isMarkable(column);
  const rest: Candidate[] = [
    ...(column.hasDefault ? [DEFAULT] : []),
    ...(example === undefined || example === null ? [] : [example]),
    ...literals.filter((literal) => literal.length <= longest(column)),
    ...(column.notNull ? [] : [null]),
    ...further(column),
  ];
  // What has a default and shows no canary is best left to it.
  const all = column.hasDefault && !isText ? [DEFAULT, ...own, ...rest] : [...own, ...rest];
  return [...new Set(all)];
}

const MARKABLE = new Set([114, 3802, 1009, 1015, 17]);

/** Types other than text that hold a canary: json, text arrays, bytea. */
function isMarkable({ typeOid }: CatalogColumn): boolean {
  return MARKABLE.has(typeOid);
}

function generated(column: CatalogColumn, { table, number, canary }: CandidateOptions): readonly string[] {
  switch (column.typeOid) {
    case 114:
    case 3802:
      return [JSON.stringify({ note: canary }), JSON.stringify([canary]), '{}'];
    case 1009:
    case 1015:
      return [`{${canary}}`, '{}'];
    case 17:
      return [`\\x${Buffer.from(canary).toString('hex')}`];
    case 869:
      return [`192.0.2.${number}`];
    case 650:
      return ['192.0.2.0/24'];
    case 829:
      return ['08:00:2b:01:02:03'];
    case 1186:
      return [`${number} days`];
    case 142:
      return [`<note>${canary}</note>`];
    case 3614:
      return [canary];
    case 600:
      return ['(1,1)'];
    case 1560:
    case 1562:
      return ['0'];
  }
  switch (kindOf(column)) {
    case 'text':
      return markedTexts(table, number, canary, longest(column));
    case 'integer':
      return [
        String(number),
        String(column.typeOid === 21 ? randomInt(20_000, 32_000) : randomInt(1_000_000_000, 2_000_000_000)),
      ];
    case 'number':
      return [String(number)];
    case 'boolean':
      return ['false', 'true'];
    case 'date':
      return [`2027-01-${String(10 + (number % 18)).padStart(2, '0')}`];
    case 'time':
      return ['12:00:00'];
    case 'enum':
      return column.enumLabels ?? [];
    case 'uuid':
      return [randomUUID()];
    default:
      if (column.category === 'A') return ['{}'];
      return column.category === 'R' ? ['empty'] : [];
  }
}

/** What common constraints ask for, when nothing else would do. */
function further(column: CatalogColumn): readonly string[] {
  switch (kindOf(column)) {
    case 'text': {
      const all = [
        'a',
        'A',
        '1',
        '0',
        'US',
        'en',
        'USD',
        'UTC',
        '10115',
        '+15550100',
        'a@example.com',
        'https://example.com/',
      ];
      return all.filter((text) => text.length <= longest(column));
    }
    case 'integer':
    case 'number':
      return ['0', '10', '100', '-1', '5', '1000'];
    case 'date':
      return ['2027-02-28', '2020-01-01', '2035-01-01'];
    default:
      return [];
  }
}
