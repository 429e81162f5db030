/** Arithmetic with + - * / and parentheses, as the benchmark's calculator does it: two places, no names. */
import { ShopError } from './shop.js';

/** The value of an expression, rounded to two places, as Python prints a float. */
export function calculate(expression: string): string {
  if (!/^[0-9+\-*/(). ]*$/.test(expression)) throw new ShopError('invalid characters in expression');
  const value = Number(new Parser(expression).all().toFixed(2));
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(/\d+(?:\.\d*)?|\.\d+|\*\*|\/\/|[+\-*/()]/g) ?? [];
  }

  all(): number {
    const value = this.#sum();
    if (this.#at < this.#tokens.length) throw new ShopError('invalid syntax');
    return value;
  }

  #take(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !wanted.includes(token)) return undefined;
    this.#at++;
    return token;
  }

  #sum(): number {
    let value = this.#product();
    for (let sign = this.#take('+', '-'); sign !== undefined; sign = this.#take('+', '-')) {
      const next = this.#product();
      value = sign === '+' ? value + next : value - next;
    }
    return value;
  }

  #product(): number {
    let value = this.#signed();
    for (let sign = this.#take('*', '/', '//'); sign !== undefined; sign = this.#take('*', '/', '//')) {
      const next = this.#signed();
      if (sign !== '*' && next === 0) throw new ShopError('division by zero');
      value = sign === '*' ? value * next : sign === '/' ? value / next : Math.floor(value / next);
    }
    return value;
  }

  #signed(): number {
    const sign = this.#take('+', '-');
    if (sign !== undefined) return sign === '-' ? -this.#signed() : this.#signed();
    const base = this.#atom();
    return this.#take('**') === undefined ? base : base ** this.#signed();
  }

  #atom(): number {
    if (this.#take('(') !== undefined) {
      const value = this.#sum();
      if (this.#take(')') === undefined) throw new ShopError('invalid syntax');
      return value;
    }
    const token = this.#tokens[this.#at++];
    const value = Number(token);
    if (token === undefined || !Number.isFinite(value)) throw new ShopError('invalid syntax');
    return value;
  }
}
