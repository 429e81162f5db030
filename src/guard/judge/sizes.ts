/**
 * Calls that make much out of little. The executor's limits of time, rows and bytes hold whatever a statement makes; these keep one call
 * from taking a gigabyte of the server's memory before they do. A size must be written out, or held down by `least(…, 100)`.
 */
import type { FuncCall, Node } from 'libpg-query';
import type { Judging } from './judging.js';
import { REPEATED, SERIES } from './limits.js';

/** Judges the arguments of a function in `pg_catalog`. */
export function judgeSizes(judging: Judging, node: FuncCall, name: string): void {
  const args = node.args ?? [];
  switch (name) {
    case 'repeat':
    case 'lpad':
    case 'rpad':
    case 'array_fill':
      bounded(judging, node, name, args[1]);
      break;
    case 'format':
      judgeFormat(judging, node, args[0]);
      break;
    case 'generate_series':
      judgeSeries(judging, args);
      break;
  }
}

function bounded(judging: Judging, node: FuncCall, name: string, size: Node | undefined): void {
  judging.cacheable = false;
  const most = upperBound(size);
  if (most === undefined) {
    judging.refuse(
      'limit_exceeded',
      'sql.size',
      node,
      `How much ${name} makes must be seen from the statement`,
      `Write a number of at most ${REPEATED}, or least(…, ${REPEATED}) around the expression.`,
    );
  }
  if (most > REPEATED) {
    judging.refuse(
      'limit_exceeded',
      'sql.size',
      node,
      `${name} may make ${REPEATED} of something, and this makes ${most}`,
      'Ask for less of it.',
    );
  }
}

/** The most that an expression can be; undefined where it is not written out. An array is a product of its dimensions. */
function upperBound(node: Node | undefined): number | undefined {
  if (node === undefined) return undefined;
  if ('MinMaxExpr' in node && node.MinMaxExpr.op === 'IS_LEAST') {
    const known = (node.MinMaxExpr.args ?? []).flatMap((arg) => writtenNumber(arg) ?? []);
    return known.length === 0 ? undefined : Math.min(...known);
  }
  if ('A_ArrayExpr' in node) {
    const sizes = (node.A_ArrayExpr.elements ?? []).map(upperBound);
    return sizes.reduce<number | undefined>(
      (product, size) => (product === undefined || size === undefined ? undefined : product * size),
      1,
    );
  }
  return writtenNumber(node);
}

/** A width in a format text pads to it; `*` takes it from an argument. */
function judgeFormat(judging: Judging, node: FuncCall, text: Node | undefined): void {
  judging.cacheable = false;
  const written = text !== undefined && 'A_Const' in text ? text.A_Const.sval?.sval : undefined;
  if (written === undefined) {
    judging.refuse(
      'limit_exceeded',
      'sql.size',
      node,
      'The first argument of format must be a text that is written out',
      "Write format('…', …), or put texts together with ||.",
    );
  }
  for (const [, star, width] of written.matchAll(/%(?:\d+\$)?-?(?:(\*)|(\d+))/g)) {
    if (star === undefined && Number(width) <= REPEATED) continue;
    judging.refuse(
      'limit_exceeded',
      'sql.size',
      node,
      `format may fill a text up to ${REPEATED} characters, by a width that is written out`,
      'Write a smaller width, or none.',
    );
  }
}

/** Numbers that are written out say how many rows come; anything else is left to the limits of time and rows. */
function judgeSeries(judging: Judging, args: readonly Node[]): void {
  const [first, last, step = 1] = args.map(writtenNumber);
  if (first === undefined || last === undefined) return;
  judging.cacheable = false;
  const rows = (last - first) / step;
  if (rows <= SERIES) return;
  judging.refuseLimit(
    'size',
    `generate_series may give ${SERIES} rows, and this gives ${Math.floor(rows)}.`,
    'Ask for fewer, or for larger steps.',
  );
}

/** A number that is written out, also as a text or with a cast. */
export function writtenNumber(node: Node | undefined): number | undefined {
  if (node === undefined) return undefined;
  if ('TypeCast' in node) return writtenNumber(node.TypeCast.arg);
  if ('A_Expr' in node) {
    const { kind, name, lexpr, rexpr } = node.A_Expr;
    const [operator] = name ?? [];
    const sign = operator !== undefined && 'String' in operator ? operator.String.sval : undefined;
    if (kind !== 'AEXPR_OP' || lexpr !== undefined || (sign !== '-' && sign !== '+')) return undefined;
    const value = writtenNumber(rexpr);
    return value === undefined || sign === '+' ? value : -value;
  }
  if (!('A_Const' in node)) return undefined;
  const { ival, fval, sval } = node.A_Const;
  const value =
    ival === undefined
      ? Number((fval?.fval ?? sval?.sval ?? '').replaceAll('_', '') || Number.NaN)
      : (ival.ival ?? 0);
  return Number.isNaN(value) ? undefined : value;
}
