/** The making of one statement: what is visible where, how much may still be spent, and the words for expressions and queries. */
import type { Random } from '../random.js';
import type { ColumnRef, Expr, Form, Literal, NamedColumn, Part, Type } from '../statement/ast.js';
import { sameType, TYPE } from '../statement/ast.js';
import { literalOf, type Material } from './material.js';

/** A FROM item as expressions see it. */
export interface Visible {
  readonly alias: string;
  readonly columns: readonly NamedColumn[];
  /** The slice's table, whose values its literals are taken from. */
  readonly table?: string;
}

/** The columns in reach of an expression. */
export interface Scope {
  readonly sources: readonly Visible[];
  /** Those of the queries around, for correlation. */
  readonly outer: readonly Visible[];
  /** How often the expression is computed, about. */
  readonly rows: number;
  /** In place of columns, where rows are grouped. */
  readonly only?: readonly Expr[];
}

/** Common table expressions that a query may name. */
export interface KnownCommon {
  readonly name: string;
  readonly columns: readonly NamedColumn[];
  readonly rows: number;
}

/** Joins that one FROM may have, those within its subqueries included. */
export const JOINS = 8;
/** References to tables in a statement, of the 64 that the guard lets through. */
const REFERENCES = 24;
/** Rows that a statement may look at, about: beyond, it would be slow and tell no more. */
export const WORK = 60_000;

export class Maker {
  readonly random: Random;
  readonly material: Material;
  commons: readonly KnownCommon[] = [];
  references = 0;
  #names = 0;

  constructor(random: Random, material: Material) {
    this.random = random;
    this.material = material;
  }

  /** A name of the statement's own. */
  name(prefix: string): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }

  get mayReferToMore(): boolean {
    return this.references < REFERENCES;
  }

  form(type: Type, feature: string, ...parts: readonly Part[]): Form {
    return { node: 'form', type, feature, parts };
  }

  literal(type: Type, column?: string, bare = false): Literal {
    const text = literalOf(this.material, this.random, type, column);
    return { node: 'literal', type, text, bare: bare && text !== null, kept: false };
  }

  constant(type: Type, text: string): Literal {
    return { node: 'literal', type, text, bare: false, kept: true };
  }

  /** A column of that type, or undefined; of the queries around now and then. */
  column(scope: Scope, type: Type): Expr | undefined {
    if (scope.only !== undefined) {
      const keys = scope.only.filter((expr) => sameType(expr.type, type));
      if (keys.length > 0 && this.random.chance(0.8)) return this.random.pick(keys);
      return this.#columnOf(scope.outer, type);
    }
    const fromOuter = scope.outer.length > 0 && this.random.chance(0.3);
    return (
      this.#columnOf(fromOuter ? scope.outer : scope.sources, type) ?? this.#columnOf(scope.sources, type)
    );
  }

  #columnOf(sources: readonly Visible[], type: Type): ColumnRef | undefined {
    const all = columnsOf(sources).filter((column) => sameType(column.type, type));
    return all.length === 0 ? undefined : this.random.pick(all);
  }

  /** `table.column` of a column that is the slice's. */
  origin(scope: Scope, expr: Expr): string | undefined {
    if (expr.node !== 'column') return undefined;
    const source = [...scope.sources, ...scope.outer].find(({ alias }) => alias === expr.alias);
    return source?.table === undefined ? undefined : `${source.table}.${expr.name}`;
  }

  /** Any type that the scope has a column of; mostly of a common kind otherwise. */
  type(scope: Scope): Type {
    const found = scope.only ?? columnsOf(scope.sources);
    const usable = found.map(({ type }) => type).filter(({ kind }) => kind !== 'json');
    if (usable.length > 0 && this.random.chance(0.7)) return this.random.pick(usable);
    return this.random.weighted<Type>([
      [5, TYPE.int],
      [5, TYPE.text],
      [4, TYPE.bool],
      [4, TYPE.numeric],
      [2, TYPE.date],
      [1, TYPE.timestamptz],
      [1, TYPE.timestamp],
      [2, TYPE.jsonb],
      [1, TYPE.texts],
      [1, TYPE.ints],
      [1, TYPE.float],
      [0.5, TYPE.uuid],
      [0.5, TYPE.bytea],
    ]);
  }
}

export function columnsOf(sources: readonly Visible[]): ColumnRef[] {
  return sources.flatMap(({ alias, columns }) =>
    columns.flatMap(({ name, type }) =>
      type === undefined ? [] : [{ node: 'column' as const, type, alias, name }],
    ),
  );
}
