/** SELECTs of every construct that the guard lets through, put together at random and fully parenthesised, so that any tree comes up. */
import fc from 'fast-check';

/** One of several, as a property decides. */
export type Pick = <T>(options: readonly T[]) => T;

/** Texts of PostgreSQL's grammar, found with names and literals that are hard to write. */
export interface Vocabulary {
  readonly names: readonly string[];
  readonly tables: readonly string[];
  readonly literals: readonly string[];
  readonly types: readonly string[];
}

export const HARD_WORDS: Vocabulary = {
  names: [
    'a',
    'b',
    '"A b"',
    '"q""x"',
    '"select"',
    '"t.u"',
    '"new\nline"',
    '"--x"',
    '"/*"',
    '"é"',
    '"日本"',
    '"user"',
    'value',
    '"between"',
    '"a\'b"',
    '"a\\b"',
    'u&"d\\0061t"',
    '"$1"',
    '"123"',
    '"ARRAY"',
    '"current_user"',
    '" "',
    `"${'long'.repeat(15)}"`,
    '"); drop table x; --"',
  ],
  tables: ['t', '"T x"', '"select"', 's.t', '"S.x"."t"', 'customer'],
  literals: [
    "'x'",
    "'it''s'",
    "E'a\\nb'",
    "E'\\\\'",
    "'\\'",
    "'\\''''",
    "$$d'q$$",
    '$t$x$t$',
    "U&'\\0061'",
    "''",
    "'é\u{1F600}'",
    "' -- '",
    "'/*'",
    "'$1'",
    "E'\\x41'",
    "'a' \n 'b'",
    "'); drop table x; --'",
    '0',
    '1',
    '-1',
    '- 5',
    '2147483647',
    '2147483648',
    '9223372036854775808',
    '1.5',
    '.5',
    '1.',
    '1e10',
    '1e-400',
    '00012',
    '0x1F',
    '1_000',
    "b'101'",
    "x'1F'",
    "b''",
    'null',
    'true',
    'false',
  ],
  types: [
    'int',
    'bigint',
    'smallint',
    'text',
    'varchar',
    'varchar(10)',
    'char',
    'char(3)',
    '"char"',
    'numeric(10,2)',
    'timestamptz',
    'timestamp(3) with time zone',
    'time(2)',
    'interval',
    'interval day',
    'interval second(3)',
    'interval(2)',
    'interval hour to minute',
    'bool',
    'float',
    'float(10)',
    'double precision',
    'bit',
    'bit(3)',
    'bit varying(4)',
    'int[]',
    'text[][]',
    'int[3]',
    'json',
    'jsonb',
    'uuid',
    'decimal(5)',
    'national character varying(3)',
    'pg_catalog.int4',
    'pg_catalog.bpchar',
    'pg_catalog."char"',
    'public.mytype',
    '"My Type"',
  ],
};

const OPERATORS = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '<',
  '>',
  '=',
  '<>',
  '!=',
  '<=',
  '>=',
  '||',
  '->',
  '->>',
  '#>',
  '@>',
  '<@',
  '?',
  '&',
  '|',
  '#',
  '<<',
  '>>',
  '~',
  '!~*',
  '&&',
  '^@',
  '@@',
  '-|-',
  '<->',
  '!~~',
  '&&&',
  '?|',
  '@?',
  'operator(pg_catalog.+)',
];
const FUNCTIONS = [
  'f',
  'lower',
  '"F n"',
  's.g',
  'pg_catalog.timezone',
  'pg_catalog.overlaps',
  'timezone',
  'left',
  'date_part',
];

/** A random SELECT. */
export function randomSelect(pick: Pick, words: Vocabulary, depth: number): string {
  return new RandomSql(pick, words).select(depth);
}

/** Chooses as the seed says: quicker by far than a choice of fast-check's each time. */
export function pickBySeed(seed: number): Pick {
  let state = seed;
  return (options) => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const chosen = options[((mixed ^ (mixed >>> 14)) >>> 0) % options.length];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  };
}

/** A property over random SELECTs of at most three levels. */
export function forRandomSelects(words: Vocabulary, check: (sql: string) => void, numRuns: number): void {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 3 }), (seed, depth) =>
      check(randomSelect(pickBySeed(seed), words, depth)),
    ),
    { numRuns },
  );
}

class RandomSql {
  readonly #pick: Pick;
  readonly #words: Vocabulary;

  constructor(pick: Pick, words: Vocabulary) {
    this.#pick = pick;
    this.#words = words;
  }

  #one(...options: readonly (string | (() => string))[]): string {
    const chosen = this.#pick(options);
    return typeof chosen === 'string' ? chosen : chosen();
  }

  #name = (): string => this.#pick(this.#words.names);
  #literal = (): string => this.#pick(this.#words.literals);
  #type = (): string => this.#pick(this.#words.types);

  expression(depth: number): string {
    if (depth <= 0)
      return this.#one(
        this.#name,
        () => `${this.#name()}.${this.#name()}`,
        this.#literal,
        this.#literal,
        'current_date',
      );
    const x = (): string => `(${this.expression(depth - 1)})`;
    const not = (): string => this.#one('', 'not ');
    const query = (): string => this.select(depth - 1);
    return this.#one(
      () => `${x()} ${this.#pick(OPERATORS)} ${x()}`,
      () => `${this.#pick(['-', '+', '~', '|/', '@', 'not', '- -'])} ${x()}`,
      () => `${x()} ${this.#pick(['and', 'or'])} ${x()} ${this.#pick(['and', 'or'])} ${x()}`,
      () => `${x()} is ${not()}${this.#pick(['null', 'true', 'unknown'])}`,
      () => `${x()} is ${not()}distinct from ${x()}`,
      () =>
        `${x()} ${not()}${this.#pick(['like', 'ilike', 'similar to'])} ${x()} ${this.#one('', () => `escape ${x()}`)}`,
      () => `${x()} ${not()}between ${this.#one('', 'symmetric')} ${x()} and ${x()}`,
      () => `${x()} ${not()}in (${this.#one(() => `${x()}, ${x()}`, query)})`,
      () => `${x()} ${this.#pick(['=', '<', 'like'])} ${this.#pick(['any', 'all'])} (${this.#one(x, query)})`,
      () => `${this.#pick(['exists', 'array', ''])} (${query()})`,
      () => `${x()}::${this.#type()}`,
      () => `cast(${this.#literal()} as ${this.#type()})`,
      () => `${this.#pick(['date', 'interval', 'int4', 'interval(3)', 'bit', 'char'])} 'x'`,
      () => `interval '1' ${this.#pick(['day', 'year to month', 'second(2)'])}`,
      () => `case when ${x()} then ${x()} else ${x()} end`,
      () => `case ${x()} when ${x()} then ${x()} end`,
      () => `${this.#pick(['coalesce', 'greatest', 'least', 'nullif'])}(${x()}, ${x()})`,
      () =>
        `${this.#pick(FUNCTIONS)}(${this.#one(
          '',
          x,
          () => `${x()}, ${x()}`,
          () => `${x()}, ${this.#name()} => ${x()}`,
          () => `variadic ${x()}`,
        )})`,
      () => this.#aggregate(depth, x),
      () => `extract(${this.#pick(['year', 'epoch', "'month'", '"Foo"'])} from ${x()})`,
      () =>
        `substring(${x()} ${this.#one(
          () => `from ${x()}`,
          () => `from ${x()} for ${x()}`,
          () => `similar ${x()} escape ${x()}`,
        )})`,
      () => `trim(${this.#pick(['', 'both', 'leading'])} ${x()} from ${x()})`,
      () => `position(${x()} in ${x()}) + overlay(${x()} placing ${x()} from ${x()})`,
      () => `${x()} at time zone ${x()}`,
      () => `(${x()}, ${x()}) overlaps (${x()}, ${x()})`,
      () => `${x()} collate ${this.#pick(['"C"', 'pg_catalog."C"'])}`,
      () => `${this.#pick(['row', ''])}(${x()}, ${x()})`,
      () => `(${x()}, ${x()}) ${this.#pick(['=', '<'])} (${x()}, ${x()})`,
      () => `(${x()}).${this.#name()}`,
      () => `(${this.#name()}).*`,
      () =>
        `(${x()})[${this.#one(
          x,
          () => `${x()}:`,
          () => `:${x()}`,
          ':',
        )}]`,
      () => `array[${x()}, ${x()}]`,
      () => `${x()} is ${not()}json${this.#pick(['', ' object'])}${this.#pick(['', ' with unique keys'])}`,
      () =>
        `json_object(${x()}: ${x()} ${this.#pick(['', 'absent on null'])} ${this.#pick(['', 'returning jsonb'])})`,
      () => `json_array(${this.#one(() => `${x()}, ${x()}`, query)})`,
      () =>
        `json_value(${x()}, '$.a' ${this.#one('', () => `passing ${x()} as ${this.#name()}`)} ${this.#one('', () => `default ${x()} on empty`)})`,
      () =>
        `json_query(${x()}, '$.a' ${this.#pick(['', 'with wrapper', 'with conditional wrapper'])} ${this.#pick(['', 'omit quotes'])} error on error)`,
    );
  }

  #aggregate(depth: number, x: () => string): string {
    return this.#one(
      () =>
        `count(${this.#pick(['', 'distinct '])}${x()} ${this.#one('', () => `order by ${x()} ${this.#pick(['desc', 'nulls first', 'using <'])}`)})`,
      () => `count(*) ${this.#one('', () => `filter (where ${x()})`)} over ${this.#window(depth)}`,
      () =>
        `percentile_cont(${x()}) within group (order by ${x()}) ${this.#one('', () => `filter (where ${x()})`)}`,
      () => `json_arrayagg(${x()} ${this.#one('', () => `order by ${x()}`)})`,
    );
  }

  #window(depth: number): string {
    const frame = this.#pick([
      '',
      'rows 2 preceding',
      'range between unbounded preceding and current row exclude ties',
      'groups between 1 preceding and (a) following exclude current row',
    ]);
    return this.#one(
      'w',
      '"W x"',
      () =>
        `(${this.#pick(['', 'w'])} partition by ${this.expression(depth - 1)} order by ${this.expression(depth - 1)} ${frame})`,
    );
  }

  #from(depth: number): string {
    const table = (): string =>
      this.#one(
        () => this.#pick(this.#words.tables),
        () => `${this.#pick(this.#words.tables)} as ${this.#name()}`,
        () => `${this.#pick(this.#words.tables)} as ${this.#name()} (${this.#name()}, ${this.#name()})`,
        () => `${this.#pick(['', 'lateral '])}(${this.select(depth - 1)}) as ${this.#name()}`,
        () => `(values (1, ${this.expression(depth - 1)}), (2, 3)) as v (x, "y z")`,
        () => `f(${this.expression(depth - 1)}) with ordinality as o (a, b)`,
        () => `f(1) as ${this.#name()} (a int, "b c" ${this.#type()})`,
        () => 'rows from (f(1), g(2) as (a int)) as z',
        () =>
          `json_table(${this.expression(depth - 1)}, '$[*]' columns (id for ordinality, "X y" int path '$.x' default 1 on empty, nested path '$.z' as "n" columns (q text exists))) as ${this.#name()}`,
      );
    const joined = (left: string): string =>
      this.#one(
        left,
        () => `${left}, ${table()}`,
        () => `${left} join ${table()} on ${this.expression(depth - 1)}`,
        () => `${left} left join (${table()} full join ${table()} using (a, "B c")) on true`,
        () => `${left} natural join ${table()}`,
        () => `${left} cross join ${table()}`,
        () => `${left} join ${table()} using (a) as ${this.#name()}`,
      );
    return joined(
      this.#one(table, () => `(${table()} join ${table()} on true) as ${this.#name()} (x, ${this.#name()})`),
    );
  }

  #core(depth: number): string {
    const grouping = this.#pick([
      '',
      '',
      'group by 1, 2',
      'group by rollup (a, (b, c))',
      'group by grouping sets ((a), (), cube (a, b))',
      'group by distinct a, rollup (b)',
      'group by (a, b), ()',
    ]);
    return this.#one(
      () =>
        `select ${this.#one('', 'distinct', () => `distinct on (${this.expression(depth - 1)})`)} ${this.expression(depth - 1)} ${this.#one('', () => `as ${this.#name()}`)}, * from ${this.#from(depth)} ${this.#one('', () => `where ${this.expression(depth - 1)}`)} ${grouping} ${this.#one('', () => `having ${this.expression(depth - 1)}`)} ${this.#pick(['', 'window w as (partition by a), "W x" as (w order by b)'])}`,
      () => `values (${this.expression(depth - 1)}, 2), (3, ${this.expression(depth - 1)})`,
    );
  }

  select(depth: number): string {
    if (depth <= 0)
      return this.#one('select 1', 'select a from t', 'values (1)', 'select \'x\' as "Y"', 'select');
    const body = this.#one(
      () => this.#core(depth),
      () => this.#core(depth),
      () =>
        `(${this.#core(depth - 1)} limit 1) ${this.#pick(['union', 'union all', 'intersect', 'except all'])} ${this.#core(depth - 1)}`,
    );
    const common = this.#one(
      '',
      '',
      () =>
        `with ${this.#name()} as ${this.#pick(['', 'materialized', 'not materialized'])} (${this.select(depth - 1)})`,
      () =>
        `with recursive c (a, "B") as (${this.select(depth - 1)}) search depth first by a, "B" set "S", d as (select 2)`,
      'with recursive c as (select 1) cycle a set "C x" to \'y\' default \'n\' using "P"',
    );
    const order = this.#one(
      '',
      () => `order by ${this.expression(depth - 1)} ${this.#pick(['', 'desc', 'nulls first', 'using >'])}, 1`,
    );
    const limits = [
      '',
      'limit 5',
      'limit all',
      'limit (1 + 1) offset 2',
      'offset 3',
      'limit -1',
      'fetch first row only',
    ];
    return `${common} ${body} ${order} ${this.#pick(order === '' ? limits : [...limits, 'fetch first 5 rows with ties'])}`;
  }
}
