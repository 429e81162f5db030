/**
 * Which tables a question is about, and which of their columns: by the words it shares with names, comments and labels, and by
 * the foreign keys between the tables found. A word that many tables have tells little and counts little.
 */
import { SchemaGraph } from './schema-graph.js';
import { likeness, stemsOf, wordsAsked } from './schema-words.js';
import type { IndexedColumn, IndexedTable } from './slice-index.js';

/** Tables in the order in which a description should keep them. */
export interface Relevance {
  /** What the question names, best first, and what joins these. */
  readonly first: readonly IndexedTable[];
  /** What it may mean besides: weaker matches, and tables one foreign key away. */
  readonly second: readonly IndexedTable[];
  readonly rest: readonly IndexedTable[];
  /** Whether the question shares a word with the slice. Where it does not, every table is among the first. */
  readonly matched: 'some' | 'none' | 'unasked';
  /** How much of the question a column is about; 0 where nothing. */
  columnScore(column: IndexedColumn): number;
}

/** What a word is worth by where it stands. `parent`: in a relation, or a column that leads to another table. */
const WEIGHTS = { table: 4, column: 2, label: 2, tableComment: 1.5, comment: 1, parent: 0.5 };

/** What of the best score makes a table one that the question names: with a word that no better one has, and without. */
const NAMED = 0.35;
const NAMED_AS_WELL = 0.75;
/** What of the best score makes a table one that the question may mean. */
const MEANT = 0.15;
/** What being next to a named table is worth, in parts of the best score. */
const NEIGHBOUR = 0.4;

/** A table's words. */
interface TableWords {
  readonly name: readonly string[];
  /** Of everything else it has, with what each is worth. */
  readonly rest: ReadonlyMap<string, number>;
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Ranks tables by a question; without one by how many others they are connected to. */
export function rank(tables: readonly IndexedTable[], question: string | undefined): Relevance {
  const asked = wordsAsked(question ?? '');
  const scores = new Scores(tables, asked);
  const best = Math.max(0, ...tables.map((table) => scores.ofTable(table)));
  if (best === 0) {
    const hubsFirst = [...tables].sort((a, b) => b.relations.size - a.relations.size);
    const matched = asked.length === 0 ? 'unasked' : 'none';
    return { first: hubsFirst, second: [], rest: [], matched, columnScore: () => 0 };
  }
  const byScore = (among: readonly IndexedTable[], score: (table: IndexedTable) => number) =>
    [...among].sort((a, b) => score(b) - score(a));
  const ofTable = (table: IndexedTable): number => scores.ofTable(table);
  const apart = withWordsOfTheirOwn(
    byScore(
      tables.filter((table) => ofTable(table) >= NAMED * best),
      ofTable,
    ),
    scores,
  );
  const graph = new SchemaGraph(tables);
  const asWell = tables.filter((table) => ofTable(table) >= NAMED_AS_WELL * best);
  const first = new Set([...apart, ...graph.between(apart), ...byScore(asWell, ofTable)]);
  const near = new Set([...first].flatMap((table) => graph.neighbours(table)));
  const worth = (table: IndexedTable): number => ofTable(table) + (near.has(table) ? NEIGHBOUR * best : 0);
  const others = byScore(
    tables.filter((table) => !first.has(table)),
    worth,
  );
  return {
    first: [...first],
    second: others.filter((table) => worth(table) >= MEANT * best),
    rest: others.filter((table) => worth(table) < MEANT * best),
    matched: 'some',
    columnScore: (column) => scores.ofColumn(column),
  };
}

/** Of tables in order, those that stand for a word which none before does: the others are a second reading of it, and join nothing. */
function withWordsOfTheirOwn(tables: readonly IndexedTable[], scores: Scores): readonly IndexedTable[] {
  const covered = new Set<string>();
  return tables.filter((table) => {
    const before = covered.size;
    for (const word of scores.wordsOf(table)) covered.add(word);
    return covered.size > before;
  });
}

/** What each table and column shares with a question. */
class Scores {
  readonly #tables = new Map<IndexedTable, number>();
  readonly #columns = new Map<IndexedColumn, number>();
  readonly #words = new Map<IndexedTable, string[]>();

  constructor(tables: readonly IndexedTable[], asked: readonly string[]) {
    const known = tables.map((table) => [table, wordsOfTable(table)] as const);
    const vocabulary = new Set(known.flatMap(([, { name, rest }]) => [...name, ...rest.keys()]));
    const said = new Set(asked);
    for (const word of asked) {
      const alike = new Map<string, number>();
      for (const named of vocabulary) {
        const match = likeness(word, named);
        if (match > 0) alike.set(named, match);
      }
      const hits = known.flatMap(([table, words]) => {
        const score = Math.max(sharedName(words.name, alike, said), shared(words.rest, alike));
        return score === 0 ? [] : [{ table, score, columns: words.columns }];
      });
      const rarity = Math.log2(1 + tables.length / Math.max(1, hits.length));
      for (const { table, score, columns } of hits) {
        add(this.#tables, table, rarity * score);
        this.#words.set(table, [...(this.#words.get(table) ?? []), word]);
        for (const [name, own] of columns) {
          const column = table.columns.get(name);
          if (column !== undefined) add(this.#columns, column, rarity * shared(own, alike));
        }
      }
    }
  }

  ofTable(table: IndexedTable): number {
    return this.#tables.get(table) ?? 0;
  }

  /** The words of the question that a table shares. */
  wordsOf(table: IndexedTable): readonly string[] {
    return this.#words.get(table) ?? [];
  }

  ofColumn(column: IndexedColumn): number {
    return this.#columns.get(column) ?? 0;
  }
}

function add<Key>(to: Map<Key, number>, key: Key, score: number): void {
  to.set(key, (to.get(key) ?? 0) + score);
}

/** What a table's name shares with one word. A table asked for by its whole name is meant before one whose name goes on. */
function sharedName(
  name: readonly string[],
  alike: ReadonlyMap<string, number>,
  said: ReadonlySet<string>,
): number {
  const match = Math.max(0, ...name.map((word) => alike.get(word) ?? 0));
  if (match === 0) return 0;
  const whole = name.filter((word) => said.has(word)).length / name.length;
  return WEIGHTS.table * match * (0.5 + 0.5 * whole);
}

/** What a set of weighted words shares with one word of the question, at best. */
function shared(own: ReadonlyMap<string, number>, alike: ReadonlyMap<string, number>): number {
  let best = 0;
  const [few, many] = own.size < alike.size ? [own, alike] : [alike, own];
  for (const [word, part] of few) best = Math.max(best, part * (many.get(word) ?? 0));
  return best;
}

const words = new WeakMap<IndexedTable, TableWords>();

function wordsOfTable(table: IndexedTable): TableWords {
  let known = words.get(table);
  if (known === undefined) {
    known = readWords(table);
    words.set(table, known);
  }
  return known;
}

function readWords({ slice, columns, relations }: IndexedTable): TableWords {
  const rest = new Map<string, number>();
  note(rest, slice.comment ?? '', WEIGHTS.tableComment);
  const parents = new Map<string, Set<string>>();
  for (const relation of relations.values()) {
    // A relation that goes by the other table's name says nothing of its own: that table is a neighbour.
    if (relation.name !== relation.table) note(rest, relation.name, WEIGHTS.parent);
    if (relation.kind === 'one')
      for (const column of relation.columns)
        parents.set(column, new Set([...(parents.get(column) ?? []), ...stemsOf(relation.table)]));
  }
  const byColumn = new Map<string, ReadonlyMap<string, number>>();
  for (const { column } of columns.values()) {
    const about = new Map<string, number>();
    note(about, column.comment ?? '', WEIGHTS.comment);
    for (const label of column.enumLabels ?? []) note(about, label, WEIGHTS.label);
    const parent = parents.get(column.name);
    // customer_id of an invoice speaks of the customer.
    for (const word of stemsOf(column.name))
      raise(about, word, WEIGHTS[parent?.has(word) ? 'parent' : 'column']);
    for (const [word, weight] of about) raise(rest, word, weight);
    byColumn.set(column.name, about);
  }
  return { name: stemsOf(slice.name), rest, columns: byColumn };
}

function note(words: Map<string, number>, text: string, weight: number): void {
  for (const word of stemsOf(text)) raise(words, word, weight);
}

function raise(words: Map<string, number>, word: string, weight: number): void {
  words.set(word, Math.max(weight, words.get(word) ?? 0));
}
