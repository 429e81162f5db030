/**
 * What an error of PostgreSQL's means to the agent that wrote the statement: a reason and a way on, from names of its own slice and its
 * own statement alone.
 */
import type { AgentSqlError } from '../database/agent-sql.js';
import { type Denial, type DenialCode, deny } from '../errors.js';
import { nodeAt, type WrittenNode } from '../guard/node-at.js';
import type { GuardSlice, GuardTable } from '../guard/slice.js';
import { nearest } from '../policy/nearest.js';
import { quoted } from '../refusal.js';
import { stateHint } from './sql-states.js';
import type { Failure } from './tool.js';

const INTERNAL: Failure = {
  code: 'internal',
  reason: 'The call failed inside the database.',
  suggestion: 'The operator finds the cause in the log under the event id.',
};

/** What an error is judged by: what the statement may name, what it names, and what stands where PostgreSQL points. */
export interface Written {
  readonly slice: GuardSlice;
  /** Agent-facing names of the tables that the statement reads. */
  readonly tables: readonly string[];
  /** The text that was sent, in which PostgreSQL names places. */
  readonly sent: string;
}

/** An error before anything of the statement has run. */
export function explainRefusal(error: AgentSqlError, written: Written): Denial | Failure {
  const hint = stateHint(error.sqlstate);
  if (hint === undefined || hint.denied === null) return explainFailure(error);
  const { slice } = written;
  const node = error.position === null ? null : nodeAt(written.sent, error.position);
  const column = node?.kind === 'column' ? node.parts : undefined;
  const tables = written.tables.flatMap((table) => slice.tables.get(table) ?? []);
  switch (error.sqlstate) {
    case UNDEFINED_COLUMN:
      if (column !== undefined) return unknownColumn(column, tables, slice);
      break;
    case AMBIGUOUS_COLUMN:
      if (column !== undefined) return ambiguousColumn(column, tables);
      break;
    case UNDEFINED_TABLE:
      if (column !== undefined) return unknownAlias(column, hint.suggestion, slice);
      break;
  }
  const told = node === null ? hint.reason : `At ${placed(node)}: ${lowerFirst(hint.reason)}`;
  return deny(hint.denied, SQL_RULE, told, hint.suggestion);
}

/** Where a refusal points that has nothing to do with what the role may see: the guard's own point there as well. */
const SQL_RULE = 'sql.statement';

const UNDEFINED_COLUMN = '42703';
const AMBIGUOUS_COLUMN = '42702';
const UNDEFINED_TABLE = '42P01';

/** An error of a statement that had begun to run: its event tells of a failure by then. */
export function explainFailure({ sqlstate }: AgentSqlError): Failure {
  const hint = stateHint(sqlstate);
  if (hint === undefined) return INTERNAL;
  // The statement's own names and types have been found good: these are of a function that it calls, or hang on a value.
  const isInside = hint.denied !== null && FOUND_BEFORE.has(hint.denied);
  const { reason, suggestion } = isInside ? STOPPED : hint;
  return { code: hint.failed, reason, suggestion };
}

const FOUND_BEFORE: ReadonlySet<DenialCode> = new Set([
  'unknown_column',
  'unknown_table',
  'type_mismatch',
  'sql_invalid',
]);

const STOPPED = {
  reason: 'PostgreSQL stopped the statement: a value in it, or a function that it calls, does not fit.',
  suggestion:
    'Cast its values to the types that they are compared with, and leave functions of the product out.',
};

function unknownColumn(name: readonly string[], tables: readonly GuardTable[], slice: GuardSlice): Denial {
  const column = name.at(-1) ?? '';
  const [only] = tables;
  const rule =
    only !== undefined && tables.length === 1
      ? `${slice.rule}.tables.${only.name}.columns`
      : `${slice.rule}.tables`;
  const suggestion = [closeTo(column, tables), elsewhere(column, tables, slice), listed(tables)]
    .filter((part) => part !== undefined)
    .join(' ');
  return deny(
    'unknown_column',
    rule,
    `There is no column ${printed(name)} in reach there.`,
    suggestion === '' ? 'Take names from describe_schema.' : suggestion,
  );
}

/** Columns of the statement's own tables that are written almost so. */
function closeTo(column: string, tables: readonly GuardTable[]): string | undefined {
  const close = tables.flatMap(({ name, columns }) => {
    const found = nearest(column, columns);
    return found === undefined ? [] : [`${name}.${found}`];
  });
  return close.length === 0 ? undefined : `Did you mean ${close.slice(0, TABLES_LISTED).join(' or ')}?`;
}

/** Tables that the statement does not read and that have the column. */
function elsewhere(column: string, tables: readonly GuardTable[], slice: GuardSlice): string | undefined {
  const others = [...slice.tables.values()]
    .filter((table) => table.columns.includes(column) && !tables.includes(table))
    .map(({ name }) => name)
    .slice(0, TABLES_LISTED);
  if (others.length === 0) return undefined;
  return others.length === 1
    ? `The table ${others.join()} has it: join that.`
    : `The tables ${others.join(', ')} have it: join one of them.`;
}

const TABLES_LISTED = 6;
const COLUMNS_LISTED = 30;

/** What there is to choose from. */
function listed(tables: readonly GuardTable[]): string | undefined {
  if (tables.length === 0) return undefined;
  const lists = tables.slice(0, TABLES_LISTED).map(({ name, columns }) => {
    const more = columns.length - COLUMNS_LISTED;
    return `${name} (${columns.slice(0, COLUMNS_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
  });
  return `There are ${lists.join(', ')}.`;
}

function ambiguousColumn(name: readonly string[], tables: readonly GuardTable[]): Denial {
  const column = name.at(-1) ?? '';
  const having = tables.filter(({ columns }) => columns.includes(column)).map((table) => table.name);
  return deny(
    'sql_invalid',
    SQL_RULE,
    `${printed(name)} could be a column of more than one table.`,
    having.length === 0
      ? 'Write the alias of its table before it.'
      : `Write the alias of its table before it; ${having.slice(0, TABLES_LISTED).join(' and ')} have it.`,
  );
}

function unknownAlias(name: readonly string[], suggestion: string, slice: GuardSlice): Denial {
  const table = name.length > 1 ? name.slice(0, -1) : name;
  return deny(
    'unknown_table',
    `${slice.rule}.tables`,
    `${printed(table)} is neither a table nor an alias in reach there.`,
    suggestion,
  );
}

function placed(node: WrittenNode): string {
  if (node.kind === 'column') return `the column ${printed(node.parts)}`;
  return `the ${node.kind} ${quoted(node.name)}`;
}

function printed(name: readonly string[]): string {
  return quoted(name.join('.'));
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
