/** What a FROM clause may read, and the names that it gives it. */
import type {
  Alias,
  JoinExpr,
  JsonTable,
  JsonTableColumn,
  Node,
  RangeFunction,
  RangeSubselect,
  RangeVar,
} from 'libpg-query';
import { pointer, quoted } from '../../refusal.js';
import { resultColumns } from '../functions/result-columns.js';
import type { GuardTable } from '../slice.js';
import type { Judging, SelectResult } from './judging.js';
import { beside, type Columns, NO_COLUMNS, renamed, type Scope, tableColumns } from './scope.js';
import type { NodeName } from './shapes.js';

/** Judges FROM items from left to right, and adds what they are called to the scope. */
export function judgeFrom(judging: Judging, items: readonly Node[], scope: Scope): SelectResult {
  judging.countList(items);
  const found = items.map((item) => judgeItem(judging, item, scope));
  const joins = found.reduce((sum, item) => sum + item.joins, Math.max(0, found.length - 1));
  if (joins > judging.slice.limits.joinDepth) refuseJoins(judging, joins, items);
  return { ...beside(found), joins };
}

function refuseJoins(judging: Judging, joins: number, near: object): never {
  const { joinDepth } = judging.slice.limits;
  judging.refuse(
    'join_too_deep',
    `${judging.slice.rule}.limits.join_depth`,
    near,
    `One FROM may have ${joinDepth} joins, subqueries in it included, and this one has ${joins}`,
    'Ask in parts, or narrow each part in a common table expression of its own.',
  );
}

function judgeItem(judging: Judging, item: Node, scope: Scope): SelectResult {
  const [kind] = Object.keys(item) as NodeName[];
  if (kind === undefined) judging.refuseConstruct('Node', undefined, item);
  judging.alone(kind, item);
  if ('RangeVar' in item) return judgeRangeVar(judging, item.RangeVar, scope);
  if ('JoinExpr' in item) return judgeJoin(judging, item.JoinExpr, scope);
  if ('RangeSubselect' in item) return judgeSubselect(judging, item.RangeSubselect, scope);
  if ('RangeFunction' in item) return judgeFunction(judging, item.RangeFunction, scope);
  if ('JsonTable' in item) return judgeJsonTable(judging, item.JsonTable, scope);
  judging.refuseConstruct(kind, undefined, item);
}

function judgeRangeVar(judging: Judging, node: RangeVar, scope: Scope): SelectResult {
  const { relname: name = '', alias } = node;
  const common = node.schemaname === undefined ? scope.commonTable(name) : undefined;
  if (common !== undefined && node.catalogname === undefined) {
    judging.countReferences(1 + common.replanned());
    return add(judging, scope, name, alias, common.columns());
  }
  const table = judgeTable(judging, node, name);
  if (node.inh !== true) {
    judging.refuse(
      'sql_refused',
      'sql.statement',
      node,
      'ONLY before a table is not allowed',
      'Leave ONLY out.',
    );
  }
  judging.countReferences(1);
  judging.tables.set(node, table);
  judging.touchedTables.add(table.name);
  return add(judging, scope, name, alias, tableColumns(table), { table });
}

/** A table of the slice. One outside it and one that is not there are refused alike, wherever they would be. */
function judgeTable(judging: Judging, node: RangeVar, name: string): GuardTable {
  const { catalogname, schemaname } = node;
  const { tables, rule } = judging.slice;
  if (catalogname === undefined) {
    if (schemaname === undefined) {
      const table = tables.get(name);
      if (table !== undefined) return table;
    } else {
      for (const table of tables.values()) {
        if (table.schema === schemaname && table.table === name) return table;
      }
    }
  }
  const named = [catalogname, schemaname, name].filter((part) => part !== undefined).join('.');
  judging.refuse(
    'unknown_table',
    `${rule}.tables`,
    node,
    `There is no table ${quoted(named)}`,
    pointer(name, [...tables.keys()].map(written), 'tables'),
    [named],
  );
}

/** A name as SQL has to write it. */
const written = (name: string): string =>
  /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;

function judgeSubselect(judging: Judging, node: RangeSubselect, scope: Scope): SelectResult {
  const { subquery, alias } = node;
  if (subquery === undefined || !('SelectStmt' in subquery)) {
    judging.refuseConstruct('RangeSubselect', 'subquery', node);
  }
  judging.node(subquery, scope);
  const result = judging.results.get(subquery.SelectStmt) ?? { ...NO_COLUMNS, joins: 0 };
  return { ...add(judging, scope, undefined, alias, result), joins: result.joins };
}

/** A function in FROM, or several side by side. Other expressions that PostgreSQL takes there are of no use. */
function judgeFunction(judging: Judging, node: RangeFunction, scope: Scope): SelectResult {
  const { alias, coldeflist } = node;
  const defined = judgeDefinitions(judging, coldeflist, scope, node);
  let calledLike: string | undefined;
  const functions = node.functions ?? [];
  const several = functions.length > 1 || functions.some((item) => spread(item) > 1);
  const columns = functions.map((item): Columns => {
    const [call, definitions, more] = judgeList(judging, item) ?? [];
    if (more !== undefined) judging.refuseConstruct('RangeFunction', 'functions', node);
    if (call === undefined || !('FuncCall' in call)) {
      judging.refuse(
        'sql_refused',
        'sql.functions',
        call ?? node,
        'Only a function call may stand here in FROM',
        'Use unnest, generate_series, jsonb_array_elements or the like, or a subquery.',
      );
    }
    judging.node(call, scope);
    const own = judgeList(judging, definitions);
    const named = judgeDefinitions(judging, own, scope, node) ?? defined;
    if (named !== undefined) return named;
    const { schema, name } = judging.functions.get(call.FuncCall) ?? { schema: '', name: '' };
    calledLike ??= name;
    if (schema !== 'pg_catalog') return { list: [], open: true };
    const single = several ? name : (alias?.aliasname ?? name);
    const names = resultColumns(name) ?? Array.from({ length: spread(item) }, () => single);
    return { list: names.map(toColumn), open: false };
  });
  const ordinality = node.ordinality === true ? [{ list: [toColumn('ordinality')], open: false }] : [];
  return add(judging, scope, calledLike, alias, beside([...columns, ...ordinality]), { function: true });
}

/** How many functions one stands for: `unnest(a, b)` is `unnest(a), unnest(b)`. */
function spread(item: Node): number {
  const [call] = 'List' in item ? (item.List.items ?? []) : [];
  if (call === undefined || !('FuncCall' in call)) return 1;
  const { funcname, args = [] } = call.FuncCall;
  const name = funcname?.at(-1);
  const isUnnest = name !== undefined && 'String' in name && name.String.sval === 'unnest';
  return isUnnest ? Math.max(1, args.length) : 1;
}

/** A list, where there is one and no gap. */
function judgeList(judging: Judging, wrapped: Node | undefined): readonly Node[] | undefined {
  if (wrapped === undefined || Object.keys(wrapped).length === 0) return undefined;
  judging.alone('List', wrapped);
  return 'List' in wrapped ? wrapped.List.items : undefined;
}

/** `as (a int, b text)` */
function judgeDefinitions(
  judging: Judging,
  definitions: readonly Node[] | undefined,
  scope: Scope,
  near: object,
): Columns | undefined {
  if (definitions === undefined || definitions.length === 0) return undefined;
  judging.nodes(definitions, scope);
  const list = definitions.map((definition) => {
    const name = 'ColumnDef' in definition ? definition.ColumnDef.colname : undefined;
    if (name === undefined) judging.refuseConstruct('ColumnDef', 'colname', near);
    return { name };
  });
  return { list, open: false };
}

const toColumn = (name: string): { readonly name: string } => ({ name });

function judgeJoin(judging: Judging, node: JoinExpr, scope: Scope): SelectResult {
  const { larg, rarg, usingClause, quals, alias, join_using_alias: usingAlias } = node;
  if (larg === undefined || rarg === undefined) judging.refuseConstruct('JoinExpr', 'larg', node);
  const left = judgeItem(judging, larg, scope);
  const right = judgeItem(judging, rarg, scope);
  const onBothSides = (name: string): boolean =>
    [left, right].every(({ list }) => list.some((column) => column.name === name));
  const merged =
    node.isNatural === true
      ? left.list.map(({ name }) => name).filter(onBothSides)
      : judging.names(usingClause, node);
  for (const { name, origin } of [...left.list, ...right.list])
    if (merged.includes(name)) judging.touch(origin);
  const first = merged.map((name) => left.list.find((column) => column.name === name) ?? toColumn(name));
  const rest = [...left.list, ...right.list].filter(({ name }) => !merged.includes(name));
  const columns = { list: [...first, ...rest], open: left.open || right.open };
  if (usingAlias !== undefined) {
    add(judging, scope, undefined, usingAlias, { list: first, open: false });
  }
  if (quals !== undefined) judging.node(quals, scope);
  const joins = left.joins + right.joins + 1;
  if (alias === undefined) return { ...columns, joins };
  return { ...add(judging, scope, undefined, alias, columns), joins };
}

function judgeJsonTable(judging: Judging, node: JsonTable, scope: Scope): SelectResult {
  judging.parts('JsonTable', node, scope);
  const list = jsonColumns(node.columns).map(toColumn);
  return add(judging, scope, undefined, node.alias, { list, open: false });
}

function jsonColumns(columns: readonly Node[] | undefined): string[] {
  return (columns ?? []).flatMap((node) => {
    const column: JsonTableColumn = 'JsonTableColumn' in node ? node.JsonTableColumn : {};
    return [...(column.name === undefined ? [] : [column.name]), ...jsonColumns(column.columns)];
  });
}

/** Adds a FROM item to the scope, under its alias or else `name`, and gives what `*` makes of it. */
function add(
  judging: Judging,
  scope: Scope,
  name: string | undefined,
  alias: Alias | undefined,
  columns: Columns,
  { table, function: isFunction = false }: { readonly table?: GuardTable; readonly function?: boolean } = {},
): SelectResult {
  if (alias !== undefined) judging.shape('Alias', alias);
  const { list, open } = renamed(columns, judging.names(alias?.colnames, alias ?? {}));
  scope.sources.push({
    alias: alias?.aliasname ?? name,
    list,
    open,
    ...(table === undefined ? {} : { table }),
    function: isFunction,
  });
  return { list, open, joins: 0 };
}
