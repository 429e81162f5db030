/**
 * The names of types, for the columns of an answer whose types nobody knew before. PostgreSQL's own have oids that are fixed in
 * `pg_type.dat` and the same in every version; the rest are known by the columns of the slice that have them.
 */
import type { SliceTable } from '../policy/compiled.js';
import { shownType } from './slice-index.js';

export interface TypeInAnswer {
  /** As people write it: `integer`, `timestamp with time zone`, `text[]`. */
  readonly name: string;
  /** `pg_type.typcategory`, as far as `decoderOf` asks for it. */
  readonly category: string;
}

/** The type of this oid; `unknown` where it is neither PostgreSQL's own nor any column's. Its values are text then. */
export function typeByOid(oid: number, tables: ReadonlyMap<string, SliceTable>): TypeInAnswer {
  const own = OWN.get(oid);
  if (own !== undefined) return own;
  for (const { columns } of tables.values()) {
    const column = columns.find(({ typeOid }) => typeOid === oid);
    // Not its modifier: that is the column's, and not the value's.
    if (column !== undefined)
      return { name: shownType(column).replace(/\([^)]*\)/, ''), category: column.category };
  }
  return { name: 'unknown', category: 'U' };
}

/** Name, oid, oid of the array. */
const SCALARS: readonly (readonly [name: string, oid: number, array: number])[] = [
  ['boolean', 16, 1000],
  ['bytea', 17, 1001],
  ['"char"', 18, 1002],
  ['name', 19, 1003],
  ['bigint', 20, 1016],
  ['smallint', 21, 1005],
  ['integer', 23, 1007],
  ['text', 25, 1009],
  ['oid', 26, 1028],
  ['json', 114, 199],
  ['xml', 142, 143],
  ['point', 600, 1017],
  ['lseg', 601, 1018],
  ['path', 602, 1019],
  ['box', 603, 1020],
  ['polygon', 604, 1027],
  ['line', 628, 629],
  ['cidr', 650, 651],
  ['real', 700, 1021],
  ['double precision', 701, 1022],
  ['circle', 718, 719],
  ['macaddr8', 774, 775],
  ['money', 790, 791],
  ['macaddr', 829, 1040],
  ['inet', 869, 1041],
  ['character', 1042, 1014],
  ['character varying', 1043, 1015],
  ['date', 1082, 1182],
  ['time without time zone', 1083, 1183],
  ['timestamp without time zone', 1114, 1115],
  ['timestamp with time zone', 1184, 1185],
  ['interval', 1186, 1187],
  ['time with time zone', 1266, 1270],
  ['bit', 1560, 1561],
  ['bit varying', 1562, 1563],
  ['numeric', 1700, 1231],
  ['record', 2249, 2287],
  ['uuid', 2950, 2951],
  ['tsvector', 3614, 3643],
  ['tsquery', 3615, 3645],
  ['jsonb', 3802, 3807],
  ['int4range', 3904, 3905],
  ['numrange', 3906, 3907],
  ['tsrange', 3908, 3909],
  ['tstzrange', 3910, 3911],
  ['daterange', 3912, 3913],
  ['int8range', 3926, 3927],
  ['jsonpath', 4072, 4073],
  ['int4multirange', 4451, 6150],
  ['nummultirange', 4532, 6151],
  ['tsmultirange', 4533, 6152],
  ['tstzmultirange', 4534, 6153],
  ['datemultirange', 4535, 6155],
  ['int8multirange', 4536, 6157],
];

const OWN: ReadonlyMap<number, TypeInAnswer> = new Map(
  SCALARS.flatMap(([name, oid, array]): [number, TypeInAnswer][] => [
    [oid, { name, category: '' }],
    [array, { name: `${name}[]`, category: 'A' }],
  ]),
);
