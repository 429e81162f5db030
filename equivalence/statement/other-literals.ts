/** The same statement with other values in it: to whoever remembers statements by their shape, one that it knows. */
import type { Expr, From, Literal, Part, Query } from './ast.js';

/** @param other what stands in a literal's place; the same literal, met again, gets the same. */
export function withOtherLiterals(query: Query, other: (literal: Literal) => Literal): Query {
  return new Rewriter(other).query(query);
}

class Rewriter {
  readonly #other: (literal: Literal) => Literal;
  /** What is one expression in two places has to stay one: a key and the result that is grouped by it. */
  readonly #known = new Map<Expr, Expr>();

  constructor(other: (literal: Literal) => Literal) {
    this.#other = other;
  }

  query(query: Query): Query {
    const commons = query.commons.map((common) => ({ ...common, query: this.query(common.query) }));
    switch (query.node) {
      case 'combined':
        return { ...query, commons, left: this.query(query.left), right: this.query(query.right) };
      case 'values':
        return { ...query, commons, rows: query.rows.map((row) => row.map((expr) => this.#expr(expr))) };
      case 'select': {
        const { items, from, where, group, having } = query;
        return {
          ...query,
          commons,
          items: items.map((item) => ({ ...item, expr: this.#expr(item.expr) })),
          from: from && this.#from(from),
          where: where && this.#expr(where),
          group: group && { ...group, keys: group.keys.map((key) => this.#expr(key)) },
          having: having && this.#expr(having),
        };
      }
    }
  }

  #from(from: From): From {
    switch (from.node) {
      case 'join': {
        const { left, right, on } = from;
        const isExpr = on !== null && on !== 'natural' && 'node' in on;
        return {
          ...from,
          left: this.#from(left),
          right: this.#from(right),
          on: isExpr ? this.#expr(on) : on,
        };
      }
      case 'derived':
        return { ...from, query: this.query(from.query) };
      case 'function':
        return { ...from, call: { ...from.call, parts: from.call.parts.map((part) => this.#part(part)) } };
      default:
        return from;
    }
  }

  #expr(expr: Expr): Expr {
    if (expr.node === 'column') return expr;
    const known = this.#known.get(expr);
    if (known !== undefined) return known;
    const made =
      expr.node === 'literal'
        ? this.#literal(expr)
        : { ...expr, parts: expr.parts.map((part) => this.#part(part)) };
    this.#known.set(expr, made);
    return made;
  }

  #literal(literal: Literal): Literal {
    return literal.kept ? literal : this.#other(literal);
  }

  #part(part: Part): Part {
    if (typeof part === 'string' || part.node === 'every') return part;
    if (part.node === 'select' || part.node === 'combined' || part.node === 'values') return this.query(part);
    return this.#expr(part);
  }
}
