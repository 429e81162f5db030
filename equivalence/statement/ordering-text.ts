/** ORDER BY and LIMIT. */
import { isOrdered, type NamedColumn, type Ordering, type Query } from './ast.js';

/** The keys, then everything else that the query gives: rows that tie in all of it are the same row. */
export function orderingText(
  query: Query,
  results: readonly NamedColumn[],
  nameOf: (at: number) => string,
): string {
  const { ordering } = query;
  const on = query.node === 'select' && typeof query.distinct === 'number' ? query.distinct : 0;
  if (ordering === null && on === 0) return '';
  const asked = (ordering?.keys ?? []).filter(({ at }) => isOrdered(results[at]?.type));
  // DISTINCT ON wants its own keys first.
  const first = Array.from(
    { length: on },
    (_, at) => asked.find((key) => key.at === at) ?? { at, descending: false, nulls: null },
  );
  const keys = [...first, ...asked.filter(({ at }) => at >= on)];
  const ties = ordering?.ties === true && mayTie(query);
  const rest = ties ? [] : results.flatMap((_, at) => (keys.some((key) => key.at === at) ? [] : [at]));
  const written = [
    ...keys.map(
      ({ at, descending, nulls }) =>
        `${nameOf(at)}${descending ? ' desc' : ''}${nulls === null ? '' : ` nulls ${nulls}`}`,
    ),
    ...rest.map(nameOf),
  ];
  return (
    (written.length === 0 ? '' : ` order by ${written.join(', ')}`) +
    (ordering === null ? '' : limitText({ ...ordering, ties }))
  );
}

/**
 * Whether WITH TIES gives one answer. DISTINCT ON keeps the first of those that tie, which may be any; and where all rows are one group,
 * PostgreSQL (15.18 and 18.4) fails with 21000 on `select min(x) from t order by 1 fetch first 2 rows with ties` if an index serves it.
 */
function mayTie(query: Query): boolean {
  if (query.node !== 'select') return true;
  return typeof query.distinct !== 'number' && query.group?.keys.length !== 0;
}

function limitText({ limit, offset, ties }: Ordering): string {
  const from = offset === null ? '' : ` offset ${offset}`;
  if (limit === null) return from;
  return ties ? `${from} fetch first ${limit} rows with ties` : ` limit ${limit}${from}`;
}
