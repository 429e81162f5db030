/** Types that a statement may cast to: plain data, and the types of the slice's own columns. */
import type { ColumnRef, Node, TypeName } from 'libpg-query';
import { nearest } from '../../policy/nearest.js';
import { quoted } from '../../refusal.js';
import { typeInstead } from '../functions/elsewhere.js';
import type { QualifiedName } from '../slice.js';
import type { Judging } from './judging.js';
import { REPEATED } from './limits.js';
import type { Scope } from './scope.js';
import { writtenNumber } from './sizes.js';

/**
 * Types in `pg_catalog` whose values say something of the world and nothing of the server. The others look names up in the catalogs
 * (`regclass` and its like), stand for the server's own things (`oid`, `xid`, `pg_lsn`, `aclitem`), parse XML, or are no data.
 */
const DATA_TYPES: ReadonlySet<string> = new Set(
  `bool int2 int4 int8 float4 float8 numeric money text varchar bpchar char name bytea bit varbit uuid json jsonb jsonpath
   date time timetz timestamp timestamptz interval inet cidr macaddr macaddr8 point line lseg box path polygon circle
   int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange tsmultirange
   tstzmultirange datemultirange tsvector tsquery`.split(/\s+/),
);

/** They fill a value up to the length that is asked for. */
const PADDED: ReadonlySet<string> = new Set(['bpchar', 'bit']);

export function judgeTypeName(judging: Judging, node: TypeName, scope: Scope): void {
  const names = judging.names(node.names, node);
  const meant = resolve(judging, node, names);
  judging.types.set(node, meant);
  const own = meant.schema !== 'pg_catalog';
  for (const modifier of node.typmods ?? []) {
    if (own && 'ColumnRef' in modifier) judgeWord(judging, node, modifier);
    else {
      judging.node(modifier, scope);
      judgeLength(judging, node, meant, modifier);
    }
  }
  judging.nodes(node.arrayBounds, scope);
}

function resolve(judging: Judging, node: TypeName, names: readonly string[]): QualifiedName {
  const name = names.at(-1) ?? '';
  const schema = names.length > 1 ? names[0] : undefined;
  if (names.length <= 2) {
    if ((schema === undefined || schema === 'pg_catalog') && DATA_TYPES.has(name)) {
      return { schema: 'pg_catalog', name };
    }
    const [only, other] = judging.slice.types.filter(
      (candidate) => candidate.name === name && (schema === undefined || candidate.schema === schema),
    );
    if (only !== undefined && other === undefined) return only;
  }
  judging.refuse(
    'sql_refused',
    'sql.types',
    node,
    `There is no type ${quoted(names.join('.'))} to cast to`,
    instead(judging, name),
    [names.join('.')],
  );
}

function instead(judging: Judging, name: string): string {
  const known = [...judging.slice.types.map((own) => own.name), ...DATA_TYPES];
  const close = typeInstead(name) ?? nearest(name, known);
  const what =
    'Cast to a type of plain data, like text, numeric, date, timestamptz, jsonb, or to that of a column.';
  return close === undefined ? what : `Did you mean ${close}? ${what}`;
}

/** A word as a modifier, which types of the product's may have (`geometry(Point)`), and which the grammar reads as a column. */
function judgeWord(judging: Judging, node: TypeName, word: { ColumnRef: ColumnRef }): void {
  judging.alone('ColumnRef', word);
  if (judging.names(word.ColumnRef.fields, node).length !== 1)
    judging.refuseConstruct('TypeName', 'typmods', node);
}

/** `(10, 2)`: what a type may not fill a value up to is too much. */
function judgeLength(
  judging: Judging,
  node: TypeName,
  { schema, name }: QualifiedName,
  modifier: Node,
): void {
  const length = writtenNumber(modifier);
  if (length === undefined) judging.refuseConstruct('TypeName', 'typmods', node);
  if (schema !== 'pg_catalog' || !PADDED.has(name)) return;
  judging.cacheable = false;
  if (length <= REPEATED) return;
  judging.refuseLimit(
    'size',
    `A value is to be filled up to a length of ${length}, and may be to ${REPEATED}.`,
  );
}
