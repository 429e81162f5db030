/** What a name in an expression refers to: a column, a whole row, everything. */
import type { ColumnRef } from 'libpg-query';
import { pointer, quoted } from '../../refusal.js';
import type { Judging } from './judging.js';
import type { Scope, Source } from './scope.js';

/** Columns that every table has and none declares. They tell where a row lies and which transaction wrote it. */
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

export function judgeColumnRef(judging: Judging, node: ColumnRef, scope: Scope): void {
  const fields = node.fields ?? [];
  const last = fields.at(-1);
  const everything = last !== undefined && 'A_Star' in last;
  if (everything) judging.alone('A_Star', last);
  const names = judging.names(everything ? fields.slice(0, -1) : fields, node);
  const [first, second] = names;
  if (first === undefined) touchAll(judging, scope.sources);
  else if (names.length > 2 || (everything && second !== undefined)) {
    const shorter = names.slice(everything ? -1 : -2).join('.');
    judging.refuse(
      'sql_refused',
      'sql.names',
      node,
      `A column may be named with its table or alias, and ${quoted(names.join('.'))} says more than that`,
      `Write ${everything ? `${shorter}.*` : shorter}, with the table's name or alias in this FROM.`,
    );
  } else if (everything) judgeRow(judging, node, scope, first);
  else if (second === undefined) judgeBare(judging, node, scope, first);
  else judgeQualified(judging, node, scope, first, second);
}

/** `alias.*` */
function judgeRow(judging: Judging, node: ColumnRef, scope: Scope, alias: string): void {
  const named = sourcesNamed(scope, alias);
  if (named.length === 0) refuseAlias(judging, node, scope, alias);
  touchAll(judging, named);
}

/** `name`: a column of the nearest FROM that has one; else a FROM item's whole row; else the database says that there is none. */
function judgeBare(judging: Judging, node: ColumnRef, scope: Scope, name: string): void {
  let isOutput = false;
  for (const { sources, outputs } of scope.outwards()) {
    let found = false;
    for (const source of sources) found = touchNamed(judging, source, name) || found;
    if (found) return;
    isOutput ||= outputs.has(name);
  }
  if (isOutput) return;
  const rows = sourcesNamed(scope, name);
  touchAll(judging, rows);
  if (rows.length > 0) return;
  if (SYSTEM_COLUMNS.has(name)) refuseSystemColumn(judging, node, name);
  const all = scope.outwards().flatMap(({ sources }) => sources);
  if (all.some(({ open }) => open)) return;
  for (const source of all) refuseScopeColumn(judging, node, source, name);
}

/**
 * `alias.name`. Everything of that alias counts, in this FROM and around it, whether or not PostgreSQL would look there: which of them it
 * takes depends on LATERAL and on where in FROM the expression stands, and a function's alias must have a column of that name in any
 * case, or the text would be a call.
 */
function judgeQualified(judging: Judging, node: ColumnRef, scope: Scope, alias: string, name: string): void {
  const named = sourcesNamed(scope, alias);
  if (named.length === 0) refuseAlias(judging, node, scope, alias);
  let found = false;
  for (const source of named) {
    const has = touchNamed(judging, source, name);
    if (!has && source.function) refuseColumn(judging, node, source, alias, name);
    found ||= has;
  }
  if (found) return;
  if (SYSTEM_COLUMNS.has(name)) refuseSystemColumn(judging, node, name);
  for (const source of named) refuseScopeColumn(judging, node, source, name);
  for (const source of named) refuseColumn(judging, node, source, alias, name);
}

/** All FROM items of that name, from the inside out. */
function sourcesNamed(scope: Scope, alias: string): Source[] {
  const found: Source[] = [];
  for (const { sources } of scope.outwards()) {
    for (const source of sources) if (source.alias === alias) found.push(source);
  }
  return found;
}

/** Whether a FROM item has columns of that name; notes them. */
function touchNamed(judging: Judging, { list }: Source, name: string): boolean {
  let found = false;
  for (const column of list) {
    if (column.name !== name) continue;
    judging.touch(column.origin);
    found = true;
  }
  return found;
}

function touchAll(judging: Judging, sources: readonly Source[]): void {
  for (const { list } of sources) for (const { origin } of list) judging.touch(origin);
}

function refuseAlias(judging: Judging, node: ColumnRef, scope: Scope, alias: string): never {
  const aliases = scope.outwards().flatMap(({ sources }) => sources.flatMap((source) => source.alias ?? []));
  judging.refuse(
    'unknown_table',
    `${judging.slice.rule}.tables`,
    node,
    `There is no table or alias ${quoted(alias)} in this FROM`,
    pointer(alias, [...new Set(aliases)], 'names in it'),
  );
}

function refuseColumn(
  judging: Judging,
  node: ColumnRef,
  { list, open, table }: Source,
  alias: string,
  name: string,
): never {
  const names = list.map((column) => column.name);
  judging.refuse(
    'unknown_column',
    table === undefined ? 'sql.names' : `${judging.slice.rule}.tables.${table.name}.columns`,
    node,
    `${quoted(alias)} has no column ${quoted(name)}`,
    open
      ? `Name the columns where it stands in FROM: as ${alias}(first, second).`
      : pointer(name, names, 'columns'),
  );
}

function refuseSystemColumn(judging: Judging, node: ColumnRef, name: string): never {
  judging.refuse(
    'sql_refused',
    'sql.system_columns',
    node,
    `The system column ${quoted(name)} is not to be read`,
    'Use the key of the table to tell its rows apart.',
  );
}

/** A column that ties rows to a boundary is not the agent's to name. */
function refuseScopeColumn(judging: Judging, node: ColumnRef, { table }: Source, name: string): void {
  if (table === undefined || !table.scopeColumns.includes(name)) return;
  judging.refuse(
    'tenant_named',
    'boundary.tenant',
    node,
    `${quoted(name)} is set by the session, and a statement cannot name it`,
    `Leave ${quoted(name)} out: every statement sees this session's own rows.`,
    [`${table.name}.${name}`],
  );
}
