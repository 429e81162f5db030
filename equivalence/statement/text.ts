/** A statement as text: as an agent writes it, or for a tenant's own database, where a table has one name only. */
import {
  type CommonTable,
  type Expr,
  type From,
  hasColumn,
  isOrdered,
  type Literal,
  type NamedColumn,
  type Part,
  type Query,
  type Select,
} from './ast.js';
import { orderingText } from './ordering-text.js';

/** What a query gives, in order. */
type Results = readonly NamedColumn[];

interface Surroundings {
  readonly commons: ReadonlyMap<string, Results>;
  /** The FROM that an {@link import('./ast.js').EveryColumn} means. */
  readonly from: From | null;
  readonly plain: boolean;
}

/** @param plain Whether it is for the tenant's own database. */
export function statementText(query: Query, plain: boolean): string {
  return queryText(query, { commons: new Map(), from: null, plain });
}

/** Whether the rows come in one order alone. */
export function isSorted({ ordering }: Query): boolean {
  return ordering !== null && !ordering.ties;
}

function queryText(query: Query, around: Surroundings): string {
  const commons = new Map(around.commons);
  const inside: Surroundings = { ...around, commons };
  const definitions = query.commons.map(({ name, query: common, columns, materialized }) => {
    const results = resultsOf(common, inside).map(({ type }, at) => ({
      name: columns[at] ?? `c${at + 1}`,
      type,
    }));
    // In a recursion the name means itself.
    if (query.recursive) commons.set(name, results);
    const text = queryText(common, inside);
    commons.set(name, results);
    const how = materialized === null ? '' : materialized ? 'materialized ' : 'not materialized ';
    return `${name} (${columns.join(', ')}) as ${how}(${text})`;
  });
  const prefix =
    definitions.length === 0 ? '' : `with ${query.recursive ? 'recursive ' : ''}${definitions.join(', ')} `;
  const results = resultsOf(query, inside);
  return `${prefix}${bodyText(query, inside)}${orderingText(query, results, (at) => resultText(query, at, inside))}`;
}

function bodyText(query: Query, around: Surroundings): string {
  switch (query.node) {
    case 'select':
      return selectText(query, around);
    case 'values':
      return `values ${query.rows.map((row) => `(${row.map((expr) => exprText(expr, around)).join(', ')})`).join(', ')}`;
    case 'combined':
      return `(${queryText(query.left, around)}) ${query.how}${query.all ? ' all' : ''} (${queryText(query.right, around)})`;
  }
}

function selectText(select: Select, outer: Surroundings): string {
  const around: Surroundings = { ...outer, from: select.from };
  const { distinct, star, items, from, where, group, having } = select;
  const text = (expr: Expr): string => exprText(expr, around);
  const on = Array.from({ length: typeof distinct === 'number' ? distinct : 0 }, (_, at) =>
    resultText(select, at, outer),
  );
  const unique =
    distinct === null ? '' : distinct === 'all' ? 'distinct ' : `distinct on (${on.join(', ')}) `;
  const shown = [
    ...(star === null ? [] : [star === '*' ? '*' : `${star}.*`]),
    ...items.map(({ name, expr }) => `${text(expr)} as ${name}`),
  ].join(', ');
  const keys = (group?.keys ?? []).map((key) => {
    const at = items.findIndex(({ expr }) => expr === key);
    return group?.byPosition === true && at !== -1 && star === null ? `${at + 1}` : text(key);
  });
  return (
    `select ${unique}${shown}` +
    (from === null ? '' : ` from ${fromText(from, around)}`) +
    (where === null ? '' : ` where ${text(where)}`) +
    (group === null || keys.length === 0 ? '' : ` group by ${groupText(keys, group.sets)}`) +
    (having === null ? '' : ` having ${text(having)}`)
  );
}

/** A result as ORDER BY and DISTINCT ON name it. */
function resultText(query: Query, at: number, around: Surroundings): string {
  const by = query.ordering?.by ?? 'position';
  const item = query.node === 'select' && query.star === null ? query.items[at] : undefined;
  if (item === undefined || by === 'position') return `${at + 1}`;
  if (by === 'name') return item.name;
  if (!hasColumn(item.expr) || query.node !== 'select') return `${at + 1}`;
  return exprText(item.expr, { ...around, from: query.from });
}

function groupText(keys: readonly string[], sets: NonNullable<Select['group']>['sets']): string {
  if (sets === null) return keys.join(', ');
  if (typeof sets === 'string') return `${sets} (${keys.join(', ')})`;
  const one = (set: readonly number[]): string => `(${set.flatMap((at) => keys[at] ?? []).join(', ')})`;
  return `grouping sets (${sets.map(one).join(', ')})`;
}

/** @param alone Whether nothing is joined to it: a comma binds less than JOIN. */
function fromText(from: From, around: Surroundings, alone = true): string {
  switch (from.node) {
    case 'table':
      return `${around.plain ? from.table : (from.product ?? from.table)} as ${from.alias}`;
    case 'common':
      return `${from.name} as ${from.alias}`;
    case 'derived':
      return `${from.lateral ? 'lateral ' : ''}(${queryText(from.query, { ...around, from: null })}) as ${from.alias}`;
    case 'function': {
      const columns = from.columns.map(({ name }) => name);
      return `${from.lateral ? 'lateral ' : ''}${exprText(from.call, around)}${from.ordinality ? ' with ordinality' : ''} as ${from.alias} (${columns.join(', ')})`;
    }
    case 'join': {
      const isComma = from.how === 'comma' && alone;
      const left = fromText(from.left, around, isComma);
      const right =
        from.right.node === 'join'
          ? `(${fromText(from.right, around)})`
          : fromText(from.right, around, false);
      if (isComma) return `${left}, ${right}`;
      if (from.on === 'natural') return `${left} natural ${from.how} join ${right}`;
      if (from.how === 'cross' || from.how === 'comma' || from.on === null)
        return `${left} cross join ${right}`;
      if (!('node' in from.on)) return `${left} ${from.how} join ${right} using (${from.on.join(', ')})`;
      return `${left} ${from.how} join ${right} on ${exprText(from.on, around)}`;
    }
  }
}

function exprText(expr: Expr, around: Surroundings): string {
  switch (expr.node) {
    case 'column':
      return `${expr.alias}.${expr.name}`;
    case 'literal':
      return literalText(expr);
    case 'form':
      return expr.parts.map((part) => partText(part, around)).join('');
  }
}

function partText(part: Part, around: Surroundings): string {
  if (typeof part === 'string') return part;
  if (part.node === 'every') return everyColumn(around);
  if (part.node === 'select' || part.node === 'combined' || part.node === 'values')
    return queryText(part, { ...around, from: null });
  return exprText(part, around);
}

function everyColumn({ from, commons }: Surroundings): string {
  const all =
    from === null
      ? []
      : sources(from, commons).flatMap(({ alias, columns }) =>
          columns.filter(({ type }) => isOrdered(type)).map(({ name }) => `${alias}.${name}`),
        );
  return all.length === 0 ? '1::int4' : all.join(', ');
}

function literalText({ text, type, bare }: Literal): string {
  if (text === null) return `null::${type.sql}`;
  if (type.kind === 'bool') return text === 't' || text === 'true' ? 'true' : 'false';
  const isNumber = /^-?\d+(\.\d+)?$/.test(text);
  if (type.kind === 'int' && isNumber) return text.startsWith('-') ? `(${text})` : text;
  if (type.kind === 'numeric' && isNumber && text.includes('.'))
    return text.startsWith('-') ? `(${text})` : text;
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return bare ? quoted : `${quoted}::${type.sql}`;
}

/** What a FROM has under each name. */
export function sources(
  from: From,
  commons: ReadonlyMap<string, Results>,
): { readonly alias: string; readonly columns: readonly NamedColumn[] }[] {
  switch (from.node) {
    case 'join':
      return [...sources(from.left, commons), ...sources(from.right, commons)];
    case 'table':
    case 'function':
      return [from];
    case 'common':
      return [{ alias: from.alias, columns: commonResults(from, commons) }];
    case 'derived':
      return [{ alias: from.alias, columns: resultsOf(from.query, { commons, from: null, plain: false }) }];
  }
}

function commonResults({ name }: CommonTable, commons: ReadonlyMap<string, Results>): Results {
  return commons.get(name) ?? [];
}

function resultsOf(query: Query, around: Surroundings): Results {
  const commons = new Map(around.commons);
  for (const { name, columns, query: common } of query.commons) {
    const inner = resultsOf(common, { ...around, commons });
    commons.set(
      name,
      inner.map(({ type }, at) => ({ name: columns[at] ?? `c${at + 1}`, type })),
    );
  }
  switch (query.node) {
    case 'select': {
      const { star, from, items } = query;
      const all = star === null || from === null ? [] : sources(from, commons);
      const starred = all
        .filter(({ alias }) => star === '*' || star === alias)
        .flatMap(({ columns }) => columns);
      return [...starred, ...items.map(({ name, expr }) => ({ name, type: expr.type }))];
    }
    case 'combined':
      return resultsOf(query.left, { ...around, commons });
    case 'values':
      return (query.rows[0] ?? []).map(({ type }, at) => ({ name: `column${at + 1}`, type }));
  }
}
