/** Masks by hand, from the table in docs/policy.md: other expressions than those that the compiler writes. */

/** `S***`, and `***` for fewer than three characters. */
export const partial = (column: string): string =>
  `case when char_length(${column}) < 3 then '***' else overlay(${column}::text placing '***' from 2 for char_length(${column}) - 1) end`;

/** `j***@example.com`, `***@example.com` where fewer than three characters stand before the @, `***` without one. */
export const email = (column: string): string =>
  `case when ${column} !~ '@' then '***' else coalesce(substring(${column}::text from '^([^@])[^@]{2,}@'), '') || '***@' || substring(${column}::text from '@([^@]*)$') end`;

/** `****4477`, and `****` for fewer than eight characters. */
export const last4 = (column: string): string =>
  `'****' || case when char_length(${column}) > 7 then substr(${column}::text, char_length(${column}) - 3) else '' end || left(${column}::text, 0)`;

/** 1 January of the year. */
export const yearOfDate = (column: string): string => `make_date(extract(year from ${column})::int, 1, 1)`;

/** The first moment of the year. */
export const yearOfTimestamp = (column: string): string =>
  `make_timestamp(extract(year from ${column})::int, 1, 1, 0, 0, 0)`;

/** The first moment of the year in UTC. */
export const yearOfInstant = (column: string): string =>
  `make_timestamptz(extract(year from ${column} at time zone 'UTC')::int, 1, 1, 0, 0, 0, 'UTC')`;

/** A pseudonym: what `oracle.pseudonym` says. */
export const hash = (column: string): string =>
  `(select p.shown from oracle.pseudonym p where p.value = ${column}::text)`;

/** What a text becomes: what `oracle.shown_text` says. */
export const text = (column: string): string =>
  `(select s.shown from oracle.shown_text s where s.value = ${column}::text)`;
