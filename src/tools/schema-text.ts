/**
 * A description of a slice within a budget of tokens. What there is no room for goes in this order: sample values, comments, columns of
 * less relevant tables, less relevant tables but their names, names. Tables that the question only may mean are described once those
 * that it names are whole, and leave these some room for comments and samples. What went is said.
 */
import { bareName } from './bare-name.js';
import type { Relevance } from './schema-relevance.js';
import {
  columnComment,
  legend,
  tableComment,
  type WordingFor,
  wordsOfColumn,
  wordsOfGroups,
} from './schema-wording.js';
import type { IndexedColumn, IndexedTable } from './slice-index.js';
import { estimateTokens } from './token-estimate.js';

/** Columns that a table has before the next table comes in. */
const FIRST_COLUMNS = 8;
/** What part of the room the names of tables may claim before any is described. */
const FOR_NAMES = 0.3;
/** What part of the room is kept for comments and samples once the tables that the question names are whole. */
const FOR_EXTRAS = 0.25;

const NO_MATCH = '-- No name, comment or label matches the question: best connected tables first.';

/** Where a table's comment stands among the comments of its columns. */
const OF_TABLE = null;

/** A description that waits for its sample values. */
export interface SchemaText {
  /** The tables described, most relevant first, and the columns shown of each, most relevant first. */
  readonly shown: ReadonlyMap<IndexedTable, readonly IndexedColumn[]>;
  /** How many tables are not described. */
  readonly leftOut: number;
  /** Whether the budget took a column or a table that may matter. */
  readonly cut: boolean;
  /** Tokens to spare. */
  readonly spare: number;
  /** @param samples What to write behind a column; see {@link costInText}. */
  write(samples: ReadonlyMap<IndexedColumn, string>): string;
}

/** Tokens that a piece of the text costs: it travels inside a JSON string. */
export function costInText(piece: string): number {
  return estimateTokens(JSON.stringify(piece).slice(1, -1));
}

/** Writes about tables so that the answer's row, as JSON, costs at most `tokens`. */
export function schemaText(relevance: Relevance, use: WordingFor, tokens: number): SchemaText {
  const { first, second, rest } = relevance;
  const all = [...first, ...second, ...rest];
  const head = `${legend(all, use)}${relevance.matched === 'none' ? `\n${NO_MATCH}` : ''}`;
  const room = new Room(tokens - ENVELOPE - costInText(head));
  const forNames = room.apart(Math.min(costOfNames(all), Math.max(AROUND_NAMES, room.left * FOR_NAMES)));
  const entries = describeTables(first, relevance, use, room);
  let forExtras: Room | undefined;
  if (entries.length === first.length && entries.every((entry) => entry.isWhole)) {
    forExtras = room.apart(second.length === 0 ? room.left : room.left * FOR_EXTRAS);
    entries.push(...describeTables(second, relevance, use, room));
  }
  const shown = new Map(entries.map(({ table, shown }) => [table, shown] as const));
  const unshown = all.filter((table) => !shown.has(table));
  const more = all.length === 0 ? 'No tables.' : namesOf(unshown, forNames);
  room.join(forNames);
  for (const entry of entries) entry.grow(room);
  const cut = entries.length < first.length + second.length || !entries.every((entry) => entry.isWhole);
  if (forExtras !== undefined) {
    room.join(forExtras);
    comment(entries, room);
  }
  return {
    shown,
    leftOut: unshown.length,
    cut,
    spare: forExtras === undefined ? 0 : room.left,
    write: (samples) =>
      [head, ...entries.map((entry) => entry.write(samples)), ...(more === '' ? [] : [more])].join('\n'),
  };
}

/** Begins tables while there is room, then completes them, both in order. */
function describeTables(
  tables: readonly IndexedTable[],
  relevance: Relevance,
  use: WordingFor,
  room: Room,
): Entry[] {
  const begun: Entry[] = [];
  for (const table of tables) {
    const entry = new Entry(table, relevance, use);
    if (!entry.begin(room)) break;
    begun.push(entry);
  }
  begun.every((entry) => entry.grow(room));
  return begun;
}

/** Comments of tables, then of columns, as far as there is room; where there are samples to come, half of it is theirs. */
function comment(entries: readonly Entry[], room: Room): void {
  const sampled = entries.some(({ table, shown }) =>
    shown.some(({ name }) => table.slice.samples.includes(name)),
  );
  const forSamples = room.apart(sampled ? room.left / 2 : 0);
  for (const entry of entries) entry.comment(room, OF_TABLE);
  for (const entry of entries) for (const column of entry.shown) entry.comment(room, column);
  room.join(forSamples);
}

/** Tokens that may still be spent. */
class Room {
  left: number;

  constructor(tokens: number) {
    this.left = tokens;
  }

  /** Spends, if there is enough. */
  take(cost: number): boolean {
    if (cost > this.left) return false;
    this.left -= cost;
    return true;
  }

  /** Sets a part aside. */
  apart(tokens: number): Room {
    const part = Math.max(0, Math.floor(tokens));
    this.left -= part;
    return new Room(part);
  }

  /** Takes back what is left of a part. */
  join(part: Room): void {
    this.left += part.left;
    part.left = 0;
  }
}

/** One table of the description, as it grows. */
class Entry {
  readonly table: IndexedTable;
  readonly shown: IndexedColumn[] = [];
  readonly #use: WordingFor;
  readonly #order: readonly IndexedColumn[];
  readonly #groups: ReturnType<typeof wordsOfGroups>;
  readonly #comments = new Map<IndexedColumn | typeof OF_TABLE, string>();

  constructor(table: IndexedTable, relevance: Relevance, use: WordingFor) {
    this.table = table;
    this.#use = use;
    this.#groups = wordsOfGroups(table, use);
    this.#order = byRelevance(table, relevance);
  }

  /** Takes room for the table and its first columns; false where there is none for even one. */
  begin(room: Room): boolean {
    const [first] = this.#order;
    if (first === undefined) return false;
    const { name } = this.table.slice;
    const whole = `${bareName(name)} (, +${this.#order.length} columns)\n`;
    const frame =
      costInText(whole) +
      estimateTokens(`${JSON.stringify(name)},`) +
      this.#groups.reduce((sum, { words }) => sum + costInText(`, ${words}`), 0);
    if (!room.take(frame + this.#cost(first))) return false;
    this.shown.push(first);
    this.grow(room, FIRST_COLUMNS);
    return true;
  }

  get isWhole(): boolean {
    return this.shown.length === this.#order.length;
  }

  /** Takes room for columns until there are so many, or all; false where there was not enough. */
  grow(room: Room, atMost = this.#order.length): boolean {
    for (const column of this.#order.slice(this.shown.length, atMost)) {
      if (!room.take(this.#cost(column))) return false;
      this.shown.push(column);
    }
    return true;
  }

  comment(room: Room, of: IndexedColumn | typeof OF_TABLE): void {
    const text = of === OF_TABLE ? tableComment(this.table) : columnComment(of);
    if (text !== '' && room.take(costInText(text))) this.#comments.set(of, text);
  }

  write(samples: ReadonlyMap<IndexedColumn, string>): string {
    const shown = new Set(this.shown);
    const names = new Set(this.shown.map(({ name }) => name));
    const columns = [...this.table.columns.values()]
      .filter((column) => shown.has(column))
      .map(
        (column) => `${this.#words(column)}${samples.get(column) ?? ''}${this.#comments.get(column) ?? ''}`,
      );
    const groups = this.#groups
      .filter((group) => group.columns.every((name) => names.has(name)))
      .map(({ words }) => words);
    const missing = this.#order.length - this.shown.length;
    const more = missing === 0 ? [] : [`+${missing} column${missing === 1 ? '' : 's'}`];
    return `${bareName(this.table.slice.name)} (${[...columns, ...groups, ...more].join(', ')})${
      this.#comments.get(OF_TABLE) ?? ''
    }`;
  }

  #words(column: IndexedColumn): string {
    return wordsOfColumn(this.table, column, this.#use);
  }

  #cost(column: IndexedColumn): number {
    return costInText(`${this.#words(column)}, `);
  }
}

/** The key first, then what the question asks for, then what leads to other tables, then the rest as the table has it. */
function byRelevance(table: IndexedTable, relevance: Relevance): readonly IndexedColumn[] {
  const leads = new Set(
    [...table.relations.values()].flatMap(({ kind, columns }) => (kind === 'one' ? columns : [])),
  );
  const rank = (column: IndexedColumn): number => {
    if (table.key.includes(column)) return 3;
    if (relevance.columnScore(column) > 0) return 2;
    return leads.has(column.name) ? 1 : 0;
  };
  return [...table.columns.values()]
    .map((column) => ({ column, rank: rank(column), score: relevance.columnScore(column) }))
    .sort((a, b) => b.rank - a.rank || b.score - a.score)
    .map(({ column }) => column);
}

/** What the answer's row costs without a table in it. */
const ENVELOPE = estimateTokens('[{"text":"","tables":[],"left_out":99999}]');
/** What stands around the names of tables that are not described. */
const AROUND_NAMES = costInText('\n99999 more tables: , and 99999 others');

function costOfNames(tables: readonly IndexedTable[]): number {
  return tables.reduce((sum, table) => sum + costOfName(table), AROUND_NAMES);
}

function costOfName({ slice }: IndexedTable): number {
  return costInText(`${bareName(slice.name)}, `);
}

/** As many names as there is room for, and how many more there are. */
function namesOf(tables: readonly IndexedTable[], room: Room): string {
  if (tables.length === 0 || !room.take(AROUND_NAMES)) return '';
  const end = tables.findIndex((table) => !room.take(costOfName(table)));
  const named = end === -1 ? tables : tables.slice(0, end);
  const others = tables.length - named.length;
  const head = `${tables.length} more table${tables.length === 1 ? '' : 's'}`;
  if (named.length === 0) return head;
  const list = named.map(({ slice }) => bareName(slice.name)).join(', ');
  return `${head}: ${list}${others === 0 ? '' : `, and ${others} other${others === 1 ? '' : 's'}`}`;
}
