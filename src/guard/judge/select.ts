/** A SELECT: what its names mean, from the inside and from the outside. */
import type { CommonTableExpr, Node, SelectStmt, WithClause } from 'libpg-query';
import { judgeFrom } from './from.js';
import type { Judging, Rules, SelectResult } from './judging.js';
import { SUBQUERIES } from './limits.js';
import { targetColumns } from './results.js';
import { type Columns, NO_COLUMNS, renamed, Scope } from './scope.js';

export const selectRules: Rules = { SelectStmt: judgeSelect };

function judgeSelect(judging: Judging, select: SelectStmt, around: Scope): void {
  judgeSelectIn(judging, select, new Scope(around), () => undefined);
}

/** `onFirst` is told of the columns as soon as they are known: after the first branch of a set operation. */
function judgeSelectIn(
  judging: Judging,
  select: SelectStmt,
  scope: Scope,
  onFirst: (columns: Columns) => void,
): void {
  const { withClause, larg, rarg, distinctClause, targetList, fromClause } = select;
  // The branches of a set operation are side by side, though the tree has them one in the other.
  const level = larg === undefined ? 1 : 0;
  judging.subqueries += level;
  if (judging.subqueries > SUBQUERIES) {
    judging.refuseLimit(
      'subqueries',
      `The statement has subqueries more than ${SUBQUERIES} levels deep.`,
      'Write it with common table expressions.',
    );
  }
  if (withClause !== undefined) {
    judging.shape('WithClause', withClause);
    judgeWith(judging, withClause, scope);
  }
  let result: SelectResult;
  if (larg !== undefined || rarg !== undefined) {
    if (larg === undefined || rarg === undefined || BRANCH.some((field) => select[field] !== undefined)) {
      judging.refuseConstruct('SelectStmt', 'op', select);
    }
    judging.unwrapped('SelectStmt', larg, scope);
    const left = judging.results.get(larg) ?? { ...NO_COLUMNS, joins: 0 };
    onFirst(left);
    judging.unwrapped('SelectStmt', rarg, scope);
    result = { ...left, joins: left.joins + (judging.results.get(rarg)?.joins ?? 0) };
  } else {
    const from = judgeFrom(judging, fromClause ?? [], scope);
    judging.nodes(targetList, scope);
    // DISTINCT without ON is a list with a gap in it.
    judging.nodes(
      distinctClause?.filter((node) => Object.keys(node).length > 0),
      scope,
    );
    judging.nodes(select.valuesLists, scope);
    const columns =
      select.valuesLists === undefined
        ? targetColumns(judging, select, scope, from)
        : valuesColumns(select.valuesLists);
    result = { ...columns, joins: from.joins };
    onFirst(result);
  }
  scope.outputs = new Set(result.list.map(({ name }) => name));
  for (const part of [select.whereClause, select.havingClause, select.limitCount, select.limitOffset]) {
    if (part !== undefined) judging.node(part, scope);
  }
  for (const list of [select.groupClause, select.windowClause, select.sortClause]) judging.nodes(list, scope);
  judging.results.set(select, result);
  judging.subqueries -= level;
}

/** What a set operation's branches have, and it itself has not. */
const BRANCH = [
  'targetList',
  'fromClause',
  'valuesLists',
  'distinctClause',
  'whereClause',
  'groupClause',
] as const satisfies readonly (keyof SelectStmt)[];

/** `column1`, `column2`, … */
function valuesColumns([first]: readonly Node[]): Columns {
  const items = first !== undefined && 'List' in first ? (first.List.items ?? []) : [];
  return { list: items.map((_, index) => ({ name: `column${index + 1}` })), open: false };
}

/**
 * WITH: each common table sees those before it, and with RECURSIVE all of them, itself included. One that a later one shadows, or that
 * only comes later, means what the name means outside. This has to be PostgreSQL's rule to the letter: a name that is taken for a common
 * table here and for a table there would be sent unscoped.
 */
function judgeWith(judging: Judging, { ctes, recursive }: WithClause, scope: Scope): void {
  judging.countList(ctes ?? []);
  const tables = (ctes ?? []).map((cte) => {
    if (!('CommonTableExpr' in cte)) judging.refuseConstruct('WithClause', 'ctes', cte);
    judging.shape('CommonTableExpr', cte.CommonTableExpr);
    return new JudgedCommonTable(judging, cte.CommonTableExpr, scope);
  });
  if (recursive === true) for (const table of tables) scope.commonTables.set(table.name, table);
  for (const table of tables) {
    table.columns();
    scope.commonTables.set(table.name, table);
  }
}

class JudgedCommonTable {
  readonly name: string;
  readonly #judging: Judging;
  readonly #cte: CommonTableExpr;
  readonly #scope: Scope;
  #begun = false;
  #columns: Columns = { list: [], open: true };
  #references = 0;

  constructor(judging: Judging, cte: CommonTableExpr, scope: Scope) {
    if (cte.ctename === undefined) judging.refuseConstruct('CommonTableExpr', 'ctename', cte);
    this.name = cte.ctename;
    this.#judging = judging;
    this.#cte = cte;
    this.#scope = scope;
  }

  columns(): Columns {
    if (!this.#begun) this.#judge();
    return this.#columns;
  }

  replanned(): number {
    return this.#cte.ctematerialized === 'CTEMaterializeNever' ? this.#references : 0;
  }

  #judge(): void {
    this.#begun = true;
    // With its type, so that a refusal ends the function for the compiler too.
    const judging: Judging = this.#judging;
    const { ctequery, aliascolnames, search_clause: search, cycle_clause: cycle } = this.#cte;
    if (ctequery === undefined) judging.refuseConstruct('CommonTableExpr', 'ctequery', this.#cte);
    if (!('SelectStmt' in ctequery)) {
      const [kind = ''] = Object.keys(ctequery);
      judging.refuseConstruct(kind, undefined, this.#cte);
    }
    const names = judging.names(aliascolnames, this.#cte);
    const added = [search?.search_seq_column, cycle?.cycle_mark_column, cycle?.cycle_path_column];
    const before = judging.references;
    judging.shape('SelectStmt', ctequery.SelectStmt);
    judgeSelectIn(judging, ctequery.SelectStmt, new Scope(this.#scope), (columns) => {
      const { list, open } = renamed(columns, names);
      this.#columns = {
        list: [...list, ...added.flatMap((name) => (name === undefined ? [] : { name }))],
        open,
      };
    });
    this.#references = judging.references - before;
    if (search !== undefined) judging.unwrapped('CTESearchClause', search, this.#scope);
    if (cycle !== undefined) judging.unwrapped('CTECycleClause', cycle, this.#scope);
  }
}
