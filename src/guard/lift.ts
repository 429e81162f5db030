/**
 * The agent's literals, made parameters: the form of a statement that its cost is estimated from. Planned with the values themselves, a
 * statement would be refused or not by how frequent a value is in all tenants' rows.
 *
 * Each literal becomes a parameter of its own, from $4 on. Types must come out as they would from the text:
 * - a number or a bit string has a type by itself, and gets it as a cast;
 * - a text in quotes has none until its place gives it one, and neither has a parameter. Where a place takes any type, PostgreSQL leaves
 *   such a literal be but rejects such a parameter; there it is cast to text;
 * - equal expressions in GROUP BY, DISTINCT or ORDER BY and in the select list, or in an aggregate's own, must stay equal, so they share
 *   their parameters.
 *
 * What stays as it is: NULL, true and false, which tell no more of a column than naming it does; positions in ORDER BY, GROUP BY and
 * DISTINCT ON; LIMIT and OFFSET; modifiers of types; and whatever is in a construct that is not known here.
 */
import type { A_Const, FuncCall, Node, ResTarget, SelectStmt } from 'libpg-query';
import { EqualExpressions } from './equal-expressions.js';
import { groupingKeys } from './grouping-keys.js';
import { type Place, placeIn, takesAny } from './literal-places.js';

/** Before the agent's own come the boundary's: tenant, workspace, user. */
const FIRST_PARAMETER = 4;

/** What a literal is in the opaque form: `$4`, or `($4::pg_catalog.int4)`. */
export interface Lifted {
  readonly opaque: string;
  /** Whether other literals were compared with it: a statement with another value here may come out otherwise. */
  readonly compared: boolean;
}

export interface Lift {
  readonly literals: ReadonlyMap<A_Const, Lifted>;
  readonly parameters: number;
}

/** Finds the literals of a judged SELECT, after `scope` has named its functions. Numbers become such as PostgreSQL 15 reads. */
export function lift(select: SelectStmt): Lift {
  const lifter = new Lifter();
  lifter.select(select);
  lifter.nameResults();
  return { literals: lifter.literals, parameters: lifter.parameters };
}

class Lifter {
  readonly literals = new Map<A_Const, Lifted>();
  parameters = 0;
  readonly #results: ResTarget[] = [];
  /** Expressions of the SELECT at hand that others must stay equal to. */
  #keys = new EqualExpressions();
  #compared = false;

  select(select: SelectStmt): void {
    const around = [this.#keys, this.#compared] as const;
    this.#keys = new EqualExpressions();
    for (const table of select.withClause?.ctes ?? [])
      if ('CommonTableExpr' in table) this.#visit(table.CommonTableExpr.ctequery, 'typed');
    if (select.larg !== undefined) this.select(select.larg);
    if (select.rarg !== undefined) this.select(select.rarg);
    for (const row of select.valuesLists ?? []) if ('List' in row) this.#each(row.List.items, 'typed');
    this.#each(select.fromClause, 'typed');
    this.#visit(select.whereClause, 'typed');
    this.#liftKeys(select);
    for (const target of select.targetList ?? []) {
      if (!('ResTarget' in target)) continue;
      this.#results.push(target.ResTarget);
      this.#visit(target.ResTarget.val, 'typed');
    }
    this.#visit(select.havingClause, 'typed');
    this.#each(select.windowClause, 'typed');
    for (const item of select.sortClause ?? []) if ('SortBy' in item) this.#unlessPosition(item.SortBy.node);
    [this.#keys, this.#compared] = around;
    this.#visit(select.limitCount, 'fixed');
    this.#visit(select.limitOffset, 'fixed');
  }

  /** Those that others are compared with come first. */
  #liftKeys(select: SelectStmt): void {
    const compared = this.#compared;
    const keys = groupingKeys(select);
    if (keys.length === 0) return;
    const { targetList, havingClause, sortClause, windowClause, groupClause, distinctClause } = select;
    plainNumbers([targetList, havingClause, sortClause, windowClause, groupClause, distinctClause]);
    this.#compared = true;
    const before = this.literals.size;
    for (const key of keys) {
      const known = this.literals.size;
      this.#visit(key, 'typed');
      if (this.literals.size > known) this.#keys.add(key);
    }
    this.#compared = compared || this.literals.size > before;
  }

  /** A literal that becomes a cast would lend its column the name of the type. All are named at the end, lest equal ones differ before. */
  nameResults(): void {
    for (const target of this.#results) {
      const { val, name } = target;
      if (name !== undefined || val === undefined || !('A_Const' in val)) continue;
      if (this.literals.get(val.A_Const)?.opaque.startsWith('(') === true) target.name = '?column?';
    }
  }

  #unlessPosition(node: Node | undefined): void {
    if (node !== undefined && !('A_Const' in node)) this.#visit(node, 'typed');
  }

  #each(nodes: readonly Node[] | undefined, place: Place, inRow: Place = 'untyped'): void {
    for (const node of nodes ?? []) this.#visit(node, place, inRow);
  }

  /** `inRow` is the place of what a row constructor holds: compared with another row, it gets its types from there. */
  #visit(node: Node | undefined, place: Place, inRow: Place = 'untyped'): void {
    if (node === undefined || this.#isKey(node)) return;
    if ('A_Const' in node) this.#literal(node.A_Const, place);
    else if ('SelectStmt' in node) this.select(node.SelectStmt);
    else if ('TypeCast' in node) this.#visit(node.TypeCast.arg, fixedOr(place, 'typed'), 'typed');
    else if ('RowExpr' in node) this.#each(node.RowExpr.args, fixedOr(place, inRow), inRow);
    else if ('List' in node) this.#each(node.List.items, place, inRow);
    else if ('FuncCall' in node) this.#call(node.FuncCall, place);
    else if ('A_Expr' in node) {
      const { lexpr, rexpr } = node.A_Expr;
      const rows = isRow(lexpr) && (isRow(rexpr) || (rexpr !== undefined && 'List' in rexpr));
      this.#each(sides(lexpr, rexpr), fixedOr(place, 'typed'), rows ? 'typed' : 'untyped');
    } else if ('SubLink' in node) {
      this.#visit(node.SubLink.testexpr, fixedOr(place, 'typed'), 'typed');
      this.#visit(node.SubLink.subselect, 'typed');
    } else if (!('ColumnRef' in node))
      for (const type in node) this.#parts(node[type as keyof Node], fixedOr(place, placeIn(type)));
  }

  #call(call: FuncCall, place: Place): void {
    const { args = [], agg_order: order, agg_distinct: distinct } = call;
    const around = [this.#keys, this.#compared] as const;
    // With DISTINCT, an aggregate is ordered by its arguments alone.
    const among = distinct === true && order !== undefined;
    if (among) {
      plainNumbers([args, order]);
      this.#compared = true;
    }
    this.#each(args, fixedOr(place, takesAny(call) ? 'untyped' : 'typed'));
    if (among) {
      this.#keys = new EqualExpressions();
      for (const argument of args) this.#keys.add(argument);
    }
    this.#each(order, fixedOr(place, 'typed'));
    [this.#keys, this.#compared] = around;
    this.#visit(call.agg_filter, fixedOr(place, 'typed'));
    if (call.over !== undefined) this.#parts(call.over, fixedOr(place, 'typed'));
  }

  #parts(parts: object, place: Place): void {
    for (const name in parts) {
      // Its modifiers are constants.
      if (name === 'typeName') continue;
      const part: unknown = parts[name as keyof typeof parts];
      if (Array.isArray(part)) this.#each(part, place);
      else if (isNode(part)) this.#visit(part, place);
      else if (typeof part === 'object' && part !== null) this.#parts(part, place);
    }
  }

  /** An expression that must stay equal to another has the same parameters. */
  #isKey(node: Node): boolean {
    return this.#keys.has(node, (name, one, other) => {
      const lifted = name === 'A_Const' ? this.literals.get(one) : undefined;
      if (lifted !== undefined) this.literals.set(other, lifted);
      else if (name === 'ResTarget') this.#results.push(other);
    });
  }

  #literal(literal: A_Const, place: Place): void {
    const { fval } = literal;
    if (fval?.fval !== undefined) fval.fval = plainNumber(fval.fval);
    if (place === 'fixed') return;
    const type = typeOf(literal);
    if (type === undefined) return;
    const parameter = `$${FIRST_PARAMETER + this.parameters}`;
    this.parameters += 1;
    const bare = type === 'text' && place === 'typed';
    this.literals.set(literal, {
      opaque: bare ? parameter : `(${parameter}::pg_catalog."${type}")`,
      compared: this.#compared,
    });
  }
}

function fixedOr(place: Place, other: Place): Place {
  return place === 'fixed' ? place : other;
}

function isRow(node: Node | undefined): boolean {
  return node !== undefined && 'RowExpr' in node;
}

function sides(...nodes: readonly (Node | undefined)[]): Node[] {
  return nodes.filter((node) => node !== undefined);
}

/** A node names its kind; what has no kind of its own in the tree is a part of the node around it. */
function isNode(part: unknown): part is Node {
  if (typeof part !== 'object' || part === null) return false;
  for (const kind in part) return kind < 'a';
  return false;
}

/** The type that PostgreSQL gives a constant; `text` for one that has none yet; undefined for what is not lifted. */
function typeOf({ ival, fval, sval, bsval }: A_Const): string | undefined {
  if (sval !== undefined) return 'text';
  if (ival !== undefined) return 'int4';
  if (bsval !== undefined) return 'bit';
  if (fval?.fval === undefined) return undefined;
  if (!/^-?\d+$/.test(fval.fval)) return 'numeric';
  const integer = BigInt(fval.fval);
  if (BigInt.asIntN(32, integer) === integer) return 'int4';
  return BigInt.asIntN(64, integer) === integer ? 'int8' : 'numeric';
}

/** Numbers that are equal must look equal before they are compared. */
function plainNumbers(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [name, part] of Object.entries(node)) {
    if (name === 'fval' && typeof part?.fval === 'string') part.fval = plainNumber(part.fval);
    else plainNumbers(part);
  }
}

/** `0xFF_FF` and `1_000` in digits alone, which is all that servers before 16 know. */
function plainNumber(number: string): string {
  const digits = number.replaceAll('_', '');
  const [, sign = '', radix] = /^(-?)(0[xob][0-9a-f]+)$/i.exec(digits) ?? [];
  return radix === undefined ? digits : `${sign}${BigInt(radix)}`;
}
