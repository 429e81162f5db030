/** One row, tried until the table takes it: each try in a savepoint, what failed told by PostgreSQL's own words on columns and constraints. */
import { quoteIdent, quoteName } from '../../compile/quote.js';
import type { Administrator } from '../../database/administrator.js';
import type { CatalogColumn, CatalogTable } from '../../policy/catalog.js';
import { type Candidate, candidatesFor, DEFAULT } from './candidates.js';

/** A row as it was stored: its columns as text. */
export type Stored = ReadonlyMap<string, string | null>;

export interface SeedlingOptions {
  readonly table: CatalogTable;
  /** Values that are not the row's to choose: its tenant, what it refers to. */
  readonly fixed: ReadonlyMap<string, string | null>;
  readonly number: number;
  readonly canary: string;
  readonly constraints: readonly Constraint[];
  /** A row that is there already. */
  readonly example: Stored | null;
}

export interface Constraint {
  readonly name: string;
  readonly columns: readonly string[];
  readonly literals: readonly string[];
}

/** Stands for what the bounds of a table's partitions say, among its constraints. No constraint is called so. */
export const PARTITIONS = '';

/** Tries before a row is given up. */
const TRIES = 160;
/** Tries of the whole row before it is cut down to what it must have. */
const WHOLE_TRIES = 80;

interface PostgresError {
  readonly code?: string;
  readonly constraint?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly message: string;
}

/** Plants a row, and gives it as it was stored; or says why the table would not have one. */
export async function plantRow(
  administrator: Pick<Administrator, 'query'>,
  options: SeedlingOptions,
): Promise<Stored | { readonly why: string }> {
  const { table, fixed } = options;
  const open = table.columns.filter(
    (column) => !fixed.has(column.name) && !column.generated && column.identity !== 'always',
  );
  const choices = new Map(open.map((column) => [column.name, new Choice(column, options)]));
  const seen = new Set<string>();
  let why = 'no value was found that its constraints take';
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (tries === WHOLE_TRIES) for (const choice of choices.values()) choice.least();
    await administrator.query('savepoint seedling');
    try {
      const stored = await insert(administrator, table, fixed, choices);
      await administrator.query('release savepoint seedling');
      return stored;
    } catch (error) {
      await administrator.query('rollback to savepoint seedling');
      const failure = error as PostgresError;
      if (failure.code === undefined) throw error;
      why = reasonOf(failure);
      const blamed = blame(failure, options, choices);
      const first = !seen.has(failure.constraint ?? failure.code);
      seen.add(failure.constraint ?? failure.code);
      // Values that stood beside each other in a row are content with each other; otherwise each is tried with each.
      if (
        (first && blamed.length > 1 && blamed.map((choice) => choice.example()).some(Boolean)) ||
        advance(blamed)
      )
        continue;
      if (tries < WHOLE_TRIES) tries = WHOLE_TRIES - 1;
      else break;
    }
  }
  return { why };
}

/** The next combination of values, the first column's changing fastest; false where all have been tried. */
function advance(choices: readonly Choice[]): boolean {
  for (const choice of choices) {
    if (choice.next()) return true;
    choice.restart();
  }
  return false;
}

async function insert(
  administrator: Pick<Administrator, 'query'>,
  { schema, name, columns }: CatalogTable,
  fixed: ReadonlyMap<string, string | null>,
  choices: ReadonlyMap<string, Choice>,
): Promise<Stored> {
  const given: [string, string | null][] = [...fixed];
  for (const [column, choice] of choices) {
    const { value } = choice;
    if (value === null || typeof value === 'string') given.push([column, value]);
  }
  const typed = new Map(columns.map((column) => [column.name, column]));
  const names = given.map(([column]) => quoteIdent(column)).join(', ');
  // Through text: so is every value read that stands in a literal of the type's.
  const values = given.map(([column], at) => `$${at + 1}::text::${typeOf(typed.get(column))}`).join(', ');
  const returned = columns.map((column) => `${quoteIdent(column.name)}::text`).join(', ');
  const { rows } = await administrator.query(
    `insert into ${quoteName(schema, name)} ${given.length === 0 ? 'default values' : `(${names}) overriding system value values (${values})`} returning array[${returned}]::text[] as cells`,
    given.map(([, value]) => value),
  );
  const cells = (rows[0]?.cells ?? []) as readonly (string | null)[];
  return new Map(columns.map((column, at) => [column.name, cells[at] ?? null]));
}

/** bpchar has no length of its own in a cast: the column's stands after it anyway. */
function typeOf(column: CatalogColumn | undefined): string {
  return column?.castType ?? 'text';
}

/** What a column is tried with, one value after another. */
class Choice {
  readonly column: CatalogColumn;
  readonly #candidates: readonly Candidate[];
  readonly #example: string | null | undefined;
  #at = 0;

  constructor(column: CatalogColumn, { table, number, canary, example, constraints }: SeedlingOptions) {
    this.column = column;
    this.#example = example?.get(column.name);
    this.#candidates = candidatesFor(column, {
      table: table.name,
      number,
      canary,
      example: example?.get(column.name),
      literals: constraints
        .filter(({ columns }) => columns.includes(column.name))
        .flatMap(({ literals }) => literals),
    });
  }

  get value(): Candidate {
    return this.#candidates[this.#at] ?? (this.column.hasDefault ? DEFAULT : null);
  }

  /** Moves to the next value; false where there is none. */
  next(): boolean {
    if (this.#at + 1 >= this.#candidates.length) return false;
    this.#at += 1;
    return true;
  }

  /** Begins again with the first. */
  restart(): void {
    this.#at = 0;
  }

  /** Takes the value of the row that is there already; false where there is none, or it is taken. */
  example(): boolean {
    const at = this.#example === undefined ? -1 : this.#candidates.indexOf(this.#example);
    if (at === -1 || at === this.#at) return false;
    this.#at = at;
    return true;
  }

  /** Leaves the column to its default or null, where it may be. */
  least(): void {
    const least = this.#candidates.findIndex((one) => one === DEFAULT || one === null);
    this.#at = least === -1 ? 0 : least;
  }
}

/** The columns whose values an error speaks of: by name, by constraint, by type; all of them where it names none. */
function blame(
  { code = '', constraint, column, dataType, message }: PostgresError,
  { constraints, table }: SeedlingOptions,
  choices: ReadonlyMap<string, Choice>,
): readonly Choice[] {
  const named = (names: readonly string[]): readonly Choice[] =>
    names.flatMap((name) => choices.get(name) ?? []);
  if (column !== undefined) return named([column]);
  if (constraint !== undefined) {
    const own = constraints.filter(({ name }) => name === constraint).flatMap(({ columns }) => columns);
    const known =
      (own.length > 0 ? own : undefined) ??
      table.indexes.find(({ name }) => name === constraint)?.touches ??
      table.uniqueKeys.find(({ name }) => name === constraint)?.columns;
    if (known !== undefined) return named(known);
  }
  if (dataType !== undefined) {
    const typed = [...choices.values()].filter(({ column: one }) =>
      one.type.split(/[."]/).includes(dataType),
    );
    if (typed.length > 0) return typed;
  }
  // No partition takes the row: the key of the partitions is to blame.
  if (code === '23514' && constraint === undefined) {
    const keys = constraints.find(({ name }) => name === PARTITIONS);
    if (keys !== undefined) return named(keys.columns);
  }
  // 22001 and its like say nothing of the column, but sometimes of the type.
  const length = /character(?: varying)?\((\d+)\)/.exec(message)?.[0];
  if (code === '22001' && length !== undefined)
    return [...choices.values()].filter(({ column: one }) => one.type === length);
  return [...choices.values()];
}

function reasonOf({ code = '', constraint }: PostgresError): string {
  switch (code) {
    case '23514':
      return `its check ${constraint ?? ''} takes none of the values that were tried`;
    case '23502':
      return 'a column that may not be null takes none of the values that were tried';
    case '23505':
    case '23P01':
      return `its key ${constraint ?? ''} is taken`;
    case '23503':
      return `its foreign key ${constraint ?? ''} refers to what could not be planted`;
    case '42501':
      return 'this login may not write it';
    case 'P0001':
      return 'a trigger of the product’s refuses the row';
    default:
      return `PostgreSQL refuses the row with SQLSTATE ${code}`;
  }
}
