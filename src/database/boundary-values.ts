/**
 * A statement with the boundary's own values in the place of its parameters $1, $2 and $3: for the planner, who then knows how many rows
 * the boundary holds. The agent's values, $4 and on, stay parameters.
 *
 * The text is taken apart as PostgreSQL's scanner does it (`scan.l`), as far as is needed to tell a parameter from a `$` inside a name, a
 * text or a comment. Nothing hangs on it but the estimate.
 */
import type { Boundary } from '../boundary/boundary.js';
import { quoteLiteral } from '../compile/quote.js';

export interface BoundStatement {
  readonly text: string;
  /** The highest number of a parameter in it, and at least three. */
  readonly parameters: number;
}

/** Names, texts in any of their quotes, comments: all that can hold a `$` which starts no parameter. And parameters. */
const TOKEN =
  /"[^"]*(?:""[^"]*)*"|[eE]'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'|'[^']*(?:''[^']*)*'|--[^\n\r]*|\/\*|\$(?<number>\d+)|\$(?<tag>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/gs;

/** Puts the values of a boundary into a statement. */
export function withBoundaryValues(text: string, { tenant, workspace, user }: Boundary): BoundStatement {
  const values = [tenant, workspace, user].map((value) =>
    value === null ? 'null::pg_catalog.text' : quoteLiteral(value),
  );
  let bound = '';
  let copied = 0;
  let parameters = values.length;
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token !== null; token = TOKEN.exec(text)) {
    const [found] = token;
    const number = Number(token.groups?.number ?? 0);
    if (number > 0) {
      const value = values[number - 1];
      parameters = Math.max(parameters, number);
      if (value === undefined) continue;
      bound += text.slice(copied, token.index) + value;
      copied = TOKEN.lastIndex;
    } else if (found === '/*') {
      TOKEN.lastIndex = endOfComment(text, TOKEN.lastIndex);
    } else if (found.startsWith('$')) {
      const end = text.indexOf(found, TOKEN.lastIndex);
      TOKEN.lastIndex = end < 0 ? text.length : end + found.length;
    }
  }
  return { text: bound + text.slice(copied), parameters };
}

/** Comments of this kind can hold others. */
function endOfComment(text: string, from: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = from;
  let depth = 1;
  while (depth > 0) {
    const found = mark.exec(text);
    if (found === null) return text.length;
    depth += found[0] === '/*' ? 1 : -1;
  }
  return mark.lastIndex;
}
