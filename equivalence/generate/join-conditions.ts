/** What two sides of a join can be joined on. */
import { type Expr, type Part, sameType, TYPE } from '../statement/ast.js';
import type { Made } from './from.js';
import { columnsOf, type Maker } from './maker.js';

/** Names that both sides have once each, of one type that can be compared. */
export function sharedNames(left: Made, right: Made): string[] {
  const [mine, theirs] = [left, right].map(({ visible }) => visible.flatMap(({ columns }) => columns));
  const both = (mine ?? []).filter(({ name }) => theirs?.some((other) => other.name === name));
  const fit = both.every(({ name, type }) => {
    const [other, more] = (theirs ?? []).filter((column) => column.name === name);
    return (
      type !== undefined &&
      type.kind !== 'json' &&
      other?.type !== undefined &&
      more === undefined &&
      sameType(type, other.type) &&
      (mine ?? []).filter((column) => column.name === name).length === 1
    );
  });
  return fit ? both.map(({ name }) => name) : [];
}

/** The equality of a foreign key in the slice. */
export function relation(maker: Maker, left: Made, right: Made): Expr | undefined {
  const found = left.visible.flatMap((near) => {
    const slice = maker.material.tables.find(({ name }) => name === near.table)?.slice;
    return right.visible.flatMap((far) =>
      (slice?.relations ?? [])
        .filter(({ table }) => table === far.table)
        .map((related) => ({ near, far, related })),
    );
  });
  if (found.length === 0) return undefined;
  const { near, far, related } = maker.random.pick(found);
  const parts = related.columns.flatMap((name, index): Part[] => {
    // A key's tenant column is nobody's to name; the others tell the row all the same.
    const mine = columnsOf([near]).find((column) => column.name === name);
    const theirs = columnsOf([far]).find((column) => column.name === related.otherColumns[index]);
    return mine === undefined || theirs === undefined
      ? []
      : [' and ', maker.form(TYPE.bool, 'comparison', mine, ' = ', theirs)];
  });
  return parts.length === 0 ? undefined : maker.form(TYPE.bool, 'relation', '(', ...parts.slice(1), ')');
}

/** An equality of two columns, one of each side. */
export function equality(maker: Maker, left: Made, right: Made): Expr | undefined {
  const mine = columnsOf(left.visible).filter(({ type }) => type.kind !== 'json' && type.kind !== 'bool');
  if (mine.length === 0) return undefined;
  const one = maker.random.pick(mine);
  const others = columnsOf(right.visible).filter(({ type }) => sameType(type, one.type));
  return others.length === 0
    ? undefined
    : maker.form(TYPE.bool, 'comparison', one, ' = ', maker.random.pick(others));
}
