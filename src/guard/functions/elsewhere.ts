/**
 * What models write that PostgreSQL does not have, because another database does, and what to write instead. For suggestions alone:
 * nothing is let through by these.
 */
const FUNCTIONS: Readonly<Record<string, string>> = {
  charindex: 'position(part in whole)',
  curdate: 'current_date',
  date_diff: 'a - b, or extract(epoch from a - b)',
  date_format: 'to_char',
  dateadd: "a + interval '1 day'",
  datediff: 'a - b, or extract(epoch from a - b)',
  day: 'extract(day from …)',
  from_unixtime: 'to_timestamp',
  getdate: 'now()',
  group_concat: 'string_agg',
  hour: 'extract(hour from …)',
  ifnull: 'coalesce',
  iif: 'case when … then … else … end',
  if: 'case when … then … else … end',
  instr: 'strpos',
  isnull: 'coalesce, or x is null',
  julianday: 'a date minus a date gives days',
  len: 'length',
  listagg: 'string_agg',
  median: 'percentile_cont(0.5) within group (order by …)',
  minute: 'extract(minute from …)',
  month: 'extract(month from …)',
  nvl: 'coalesce',
  printf: 'format',
  quarter: 'extract(quarter from …)',
  rand: 'random()',
  stdev: 'stddev',
  strftime: 'to_char',
  sysdate: 'now()',
  to_days: 'a date minus a date gives days',
  total: 'coalesce(sum(…), 0)',
  ucase: 'upper',
  unix_timestamp: 'extract(epoch from …)',
  lcase: 'lower',
  week: 'extract(week from …)',
  year: 'extract(year from …)',
};

const TYPES: Readonly<Record<string, string>> = {
  blob: 'bytea',
  datetime: 'timestamp',
  double: 'double precision',
  long: 'bigint',
  number: 'numeric',
  nvarchar: 'text',
  signed: 'bigint',
  string: 'text',
  tinyint: 'smallint',
  unsigned: 'bigint',
};

const instead = (words: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(words, name) ? words[name] : undefined;

/** What to write in place of another database's function. */
export function functionInstead(name: string): string | undefined {
  return instead(FUNCTIONS, name);
}

/** What to write in place of another database's type. */
export function typeInstead(name: string): string | undefined {
  return instead(TYPES, name);
}
