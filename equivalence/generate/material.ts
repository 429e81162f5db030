/** What statements are made of at one place: the slice's tables with their types, and literals that are in somebody's rows. */
import type { CompiledRole, SliceColumn, SliceTable } from '../../src/policy/compiled.js';
import type { Random } from '../random.js';
import type { Stage } from '../stage.js';
import { type Kind, type Literal, type NamedColumn, sameType, TYPE, type Type } from '../statement/ast.js';
import type { Place } from '../world.js';

export interface MaterialTable {
  readonly name: string;
  /** The product's own name for it. */
  readonly product: string;
  readonly slice: SliceTable;
  readonly columns: readonly NamedColumn[];
  /** As many as the place sees. */
  readonly rows: number;
}

export interface Material {
  readonly tables: readonly MaterialTable[];
  readonly role: CompiledRole;
  /** Literals of a column: what the place sees of it, and what is in the rows beneath, everybody's. */
  readonly literals: ReadonlyMap<
    string,
    { readonly shown: readonly string[]; readonly raw: readonly string[] }
  >;
  readonly hidden: Stage['world']['hidden'];
}

const KINDS: ReadonlyMap<number, Kind> = new Map([
  [20, 'int'],
  [21, 'int'],
  [23, 'int'],
  [1700, 'numeric'],
  [700, 'float'],
  [701, 'float'],
  [25, 'text'],
  [1043, 'text'],
  [1042, 'text'],
  [16, 'bool'],
  [1082, 'date'],
  [1114, 'timestamp'],
  [1184, 'timestamptz'],
  [2950, 'uuid'],
  [3802, 'jsonb'],
  [114, 'json'],
  [17, 'bytea'],
  [1007, 'ints'],
  [1009, 'texts'],
]);

export function typeOf({ typeOid, enumLabels, castType }: SliceColumn): Type | undefined {
  if (enumLabels !== null) return { kind: 'enum', sql: castType };
  const kind = KINDS.get(typeOid);
  return kind === undefined || kind === 'enum' ? undefined : TYPE[kind];
}

const MOST_LITERALS = 40;

/** Reads the material: once per place, as superuser of both databases' rows. */
export async function readMaterial(stage: Stage, place: Place): Promise<Material> {
  const role = stage.role(place);
  const solo = stage.solo(place);
  const literals = new Map<string, { shown: readonly string[]; raw: readonly string[] }>();
  const tables: MaterialTable[] = [];
  for (const slice of role.tables.values()) {
    const { schema, table, name } = slice;
    for (const column of slice.columns) {
      const shown = await solo.ask(
        `select distinct ${column.name}::text from ${name} where ${column.name} is not null order by 1 limit ${MOST_LITERALS}`,
      );
      const { rows } = await stage.admin.query<{ value: string }>(
        `select value from (select distinct ${column.name}::text as value from ${schema}.${table} where ${column.name} is not null) v order by md5(value) limit ${MOST_LITERALS}`,
      );
      literals.set(`${name}.${column.name}`, {
        shown: shown.kind === 'rows' ? shown.rows.flatMap(([value]) => value ?? []) : [],
        // Behind a mask another type may be shown than there is.
        raw: fits(
          column,
          rows.map(({ value }) => value),
        ),
      });
    }
    const counted = await solo.ask(`select count(*) from ${name}`);
    tables.push({
      name,
      product: `${schema}.${table}`,
      slice,
      columns: slice.columns.map((column) => ({ name: column.name, type: typeOf(column) })),
      rows: counted.kind === 'rows' ? Number(counted.rows[0]?.[0]) : 0,
    });
  }
  return { tables, role, literals, hidden: stage.world.hidden };
}

function fits({ mask, typeOid }: SliceColumn, values: readonly string[]): readonly string[] {
  return mask === null || mask === 'year' || mask === 'null' || typeOid === 25 ? values : [];
}

/** Literals without a column: edges, and words that are in many texts. */
const COMMON: Readonly<Record<Kind, readonly string[]>> = {
  int: ['0', '1', '-1', '2', '7', '100', '2147483647', '9007199254740993'],
  numeric: ['0.0', '0.99', '-1.5', '10.50', '100.01', '1000.0'],
  float: ['0', '1.5', '-1', '1e10', 'NaN'],
  text: ['a', '', 'Ann', 'x', 'Zoe', ' ', 'é', '%', "it's"],
  bool: ['t', 'f'],
  date: ['2025-01-31', '2024-02-29', '1970-01-01'],
  timestamp: ['2025-01-31 12:00:00', '2024-02-29 00:00:00'],
  timestamptz: ['2025-01-31 12:00:00+00', '2024-12-31 23:30:00-05'],
  uuid: ['7f0c8e9a-0000-4000-8000-000000000001', '00000000-0000-0000-0000-000000000000'],
  jsonb: ['{"a": 1}', '[]', '"x"', '5', '{}', 'null', '{"b": {"a": "Ann"}}'],
  json: ['{"a": 1}'],
  bytea: ['\\x', '\\x00ff'],
  ints: ['{}', '{1,2}', '{NULL}'],
  texts: ['{}', '{red}', '{red,NULL}', '{"a,b"}'],
  enum: [],
};

/** A literal of a type; of a column's values where one is named. */
export function literalOf(material: Material, random: Random, type: Type, column?: string): string | null {
  if (random.chance(0.04)) return null;
  const known = column === undefined ? undefined : material.literals.get(column);
  const own = random.chance(0.6) ? known?.shown : known?.raw;
  if (own !== undefined && own.length > 0 && random.chance(0.9)) return random.pick(own);
  if (type.kind === 'enum') return random.pick(labelsOf(material, type));
  return random.pick(COMMON[type.kind]);
}

/** Another literal in its place, of the same form: null for null, a fraction for a fraction. */
export function anotherLiteral(material: Material, random: Random, literal: Literal): Literal {
  if (literal.text === null) return literal;
  const columns = material.tables.flatMap((table) =>
    table.columns
      .filter(({ type }) => type !== undefined && sameType(type, literal.type))
      .map(({ name }) => `${table.name}.${name}`),
  );
  const text = literalOf(
    material,
    random,
    literal.type,
    columns.length === 0 ? undefined : random.pick(columns),
  );
  return text === null ? literal : { ...literal, text };
}

function labelsOf({ tables }: Material, type: Type): readonly string[] {
  for (const { slice } of tables) {
    const column = slice.columns.find(({ castType }) => castType === type.sql);
    if (column?.enumLabels) return column.enumLabels;
  }
  return [];
}
