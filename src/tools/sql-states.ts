/**
 * What PostgreSQL's error states mean to whoever wrote the SELECT, in words for a model. PostgreSQL's own words are never among them: they
 * hold values and names from rows that the agent may not see.
 *
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
import type { DenialCode, FailureCode } from '../errors.js';

export interface StateHint {
  /** The code where nothing has run yet and the text is at fault; null where it is no fault of the text's. */
  readonly denied: DenialCode | null;
  /** The code where the statement had begun to run, or where nobody is at fault. */
  readonly failed: FailureCode;
  readonly reason: string;
  readonly suggestion: string;
}

const invalid = (reason: string, suggestion: string): StateHint => ({
  denied: 'sql_invalid',
  failed: 'sql_failed',
  reason,
  suggestion,
});
const refused = (reason: string, suggestion: string): StateHint => ({
  ...invalid(reason, suggestion),
  denied: 'sql_refused',
});
const mistyped = (reason: string, suggestion: string): StateHint => ({
  denied: 'type_mismatch',
  failed: 'sql_failed',
  reason,
  suggestion,
});
const miscomputed = (reason: string, suggestion: string): StateHint => ({
  denied: null,
  failed: 'value_error',
  reason,
  suggestion,
});
const failed = (code: FailureCode, reason: string, suggestion: string): StateHint => ({
  denied: null,
  failed: code,
  reason,
  suggestion,
});

const TOO_COMPLEX = failed(
  'too_complex',
  'The statement needs more memory, disk or depth than one call may have.',
  'Do it in smaller steps: fewer joins, narrower conditions, aggregated before it is sorted or joined.',
);
const TIMEOUT = failed(
  'timeout',
  'The statement took longer than it may.',
  'Narrow it: a condition on an indexed column, a smaller range, fewer joins, a bound on the recursion.',
);
const IN_THE_WAY = failed('timeout', 'The statement was in the way of other work.', 'Try again.');

const STATES: Readonly<Record<string, StateHint>> = {
  // 42: syntax, names, types
  '42601': invalid(
    'The statement does not fit together.',
    'See that both sides of a set operation and all rows of VALUES have as many columns, and that a subquery used as a value has one.',
  ),
  '42703': {
    denied: 'unknown_column',
    failed: 'sql_failed',
    reason: 'There is no such column.',
    suggestion: 'Take names from describe_schema, and qualify them with the alias of their table.',
  },
  '42P01': {
    denied: 'unknown_table',
    failed: 'sql_failed',
    reason: 'A name before a dot is neither a table nor an alias in reach there.',
    suggestion:
      'Use the aliases of the same FROM; a table that has an alias goes by that alone, and a subquery in FROM sees its neighbours only with LATERAL.',
  },
  '42702': invalid(
    'A column could be of more than one table.',
    'Write it with the alias of its table: invoice.id instead of id.',
  ),
  '42883': mistyped(
    'No function or operator of that name takes values of these types.',
    "Cast what does not fit: column::text, column::numeric, '2026-01-31'::date. round with digits takes numeric.",
  ),
  '42725': mistyped(
    'More than one function or operator could be meant with values of these types.',
    'Say the type of each with a cast: value::text, value::integer.',
  ),
  '42804': mistyped(
    'Types do not fit together: in a CASE, a COALESCE, a list, a set operation, or where true or false is expected.',
    'Cast the parts to one type.',
  ),
  '42846': mistyped(
    'A value of that type cannot be cast so.',
    'Cast by way of text: (column::text)::integer.',
  ),
  '42P18': mistyped('The type of a value cannot be told.', "Cast it: 'a'::text, null::integer."),
  '42P21': invalid('Two different collations meet.', 'Leave COLLATE out, or use one on both sides.'),
  '42P22': invalid('It is unclear which collation holds.', 'Leave COLLATE out, or say COLLATE "C".'),
  '42803': invalid(
    'A column is neither in GROUP BY nor inside an aggregate, or an aggregate stands where there are no groups.',
    'Add the column to GROUP BY, or wrap it: max(column), array_agg(column). Conditions on aggregates go into HAVING.',
  ),
  '42P20': invalid(
    'A window function stands where it may not, or its window is not right.',
    'Compute it in a subquery or a CTE, and filter or group outside of that.',
  ),
  '42712': invalid('Two tables of one FROM have the same name.', 'Give each an alias of its own.'),
  '42P19': invalid(
    'The recursion is not in a form that PostgreSQL takes.',
    'WITH RECURSIVE name AS (start UNION ALL step): the step names it once, in its FROM, and neither in a subquery nor on the outer side of a join, without aggregates.',
  ),
  '42P10': invalid(
    'ORDER BY, GROUP BY or DISTINCT ON names what the select list does not have.',
    'With DISTINCT, order by what is selected; DISTINCT ON begins like ORDER BY; a number counts the selected columns.',
  ),
  '42701': invalid('A column is named twice.', 'Give each column a name of its own with AS.'),
  '42704': invalid(
    'There is no such type, collation or setting.',
    "Use PostgreSQL's own types: text, integer, numeric, date, timestamptz.",
  ),
  '42809': invalid(
    'A function is used as what it is not.',
    'OVER goes with window functions and aggregates, WITHIN GROUP with percentile_cont, percentile_disc and mode, FILTER with aggregates.',
  ),
  '42501': refused(
    'The database does not let this role do that.',
    "Use the tables of describe_schema and PostgreSQL's ordinary functions.",
  ),
  '0A000': invalid(
    'PostgreSQL does not do that.',
    'Leave DISTINCT out of window aggregates, functions that return rows out of CASE and COALESCE, and join FULL on equality alone.',
  ),
  '25006': refused(
    'The statement would write, and only reading is allowed.',
    'Ask with a plain SELECT; the tools create, update and delete write.',
  ),
  '21000': miscomputed(
    'A subquery used as a value gave more than one row.',
    'Use IN, an aggregate such as max(…), or LIMIT 1 with ORDER BY.',
  ),
  // 22: values
  '22012': miscomputed(
    'Something was divided by zero.',
    'Divide by nullif(divisor, 0): the result is null there.',
  ),
  '22P02': miscomputed(
    'A text is not a value of the type it is meant for.',
    'See describe_schema for the types and the values of enums; dates are written 2026-01-31. Guard a cast with CASE or a condition.',
  ),
  '22007': miscomputed(
    'A text is not a date or time.',
    "Write 2026-01-31 or 2026-01-31T18:00:00; read other forms with to_date(text, 'DD.MM.YYYY').",
  ),
  '22008': miscomputed('A date or time is out of range.', 'Check days, months and intervals.'),
  '22009': miscomputed('A time zone is out of range.', "Use a name such as 'Europe/Berlin'."),
  '22015': miscomputed('An interval is out of range.', 'Use smaller steps.'),
  '22003': miscomputed(
    'A number is out of range for its type.',
    'Cast to numeric before computing: column::numeric.',
  ),
  '22001': miscomputed('A text is too long for its type.', 'Cast to text, which has no length.'),
  '22023': miscomputed(
    'A function was given a value that it does not take.',
    "Check units ('day', 'week', 'month', 'quarter', 'year'), time zones, and steps that are not zero.",
  ),
  '2201B': miscomputed(
    'A regular expression is not valid.',
    'Correct it, or use LIKE or strpos for plain text.',
  ),
  '2201W': miscomputed('LIMIT is below zero.', 'Use zero or more.'),
  '2201X': miscomputed('OFFSET is below zero.', 'Use zero or more.'),
  '2201E': miscomputed('A logarithm of zero or less was asked for.', 'Filter such rows out, or use nullif.'),
  '2201F': miscomputed(
    'A power or root does not exist for the value.',
    'Filter such rows out, or use abs or nullif.',
  ),
  '2202E': miscomputed(
    'An array has other dimensions than expected.',
    'Check with array_length and cardinality.',
  ),
  '2202H': miscomputed('TABLESAMPLE takes a percentage between 0 and 100.', 'Use such a number.'),
  // What took too long, or too much
  '57014': TIMEOUT,
  '55P03': IN_THE_WAY,
  '40001': IN_THE_WAY,
  '40P01': IN_THE_WAY,
  RF413: failed(
    'too_large',
    'The first row alone is larger than an answer may be.',
    'Select fewer columns, or the beginning of long ones: left(column, 1000).',
  ),
  P0001: failed(
    'sql_failed',
    'A function of the product refused.',
    'Call it with other values, or leave it out.',
  ),
};

const CLASSES: Readonly<Record<string, StateHint>> = {
  '22': miscomputed('The database could not compute with these values.', 'Check casts, ranges and divisors.'),
  '42': invalid(
    'PostgreSQL does not take the statement.',
    'See describe_schema for names and types, and say it in a simpler form.',
  ),
  '53': TOO_COMPLEX,
  '54': { ...TOO_COMPLEX, denied: 'limit_exceeded' },
};

/** What a state means, or undefined where nobody but the operator can do anything about it. */
export function stateHint(sqlstate: string): StateHint | undefined {
  return STATES[sqlstate] ?? CLASSES[sqlstate.slice(0, 2)];
}
