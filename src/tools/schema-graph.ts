/** How the tables of a slice hang together by their relations: what lies next to a table, and what lies between several. */
import type { IndexedTable } from './slice-index.js';

export class SchemaGraph {
  readonly #next: ReadonlyMap<IndexedTable, readonly IndexedTable[]>;

  constructor(tables: readonly IndexedTable[]) {
    const byName = new Map(tables.map((table) => [table.slice.name, table]));
    this.#next = new Map(
      tables.map((table) => {
        const names = new Set([...table.relations.values()].map((relation) => relation.table));
        names.delete(table.slice.name);
        return [table, [...names].flatMap((name) => byName.get(name) ?? [])];
      }),
    );
  }

  /** Tables one relation away. */
  neighbours(table: IndexedTable): readonly IndexedTable[] {
    return this.#next.get(table) ?? [];
  }

  /**
   * Tables that join the given ones: each of them is led, in the order given, on a shortest way to those before it. Of ways equally
   * short the one through the tables that come first in the graph. Tables that nothing joins are left apart.
   */
  between(tables: readonly IndexedTable[]): readonly IndexedTable[] {
    const joined = new Set(tables.slice(0, 1));
    const added: IndexedTable[] = [];
    for (const table of tables.slice(1)) {
      for (const step of this.#way(table, joined)) {
        if (!joined.has(step) && !tables.includes(step)) added.push(step);
        joined.add(step);
      }
      joined.add(table);
    }
    return added;
  }

  /** The tables on a shortest way from one to any of several, both ends included; empty where there is none. */
  #way(from: IndexedTable, to: ReadonlySet<IndexedTable>): readonly IndexedTable[] {
    const cameFrom = new Map<IndexedTable, IndexedTable | null>([[from, null]]);
    // A map gives its keys in the order they came in, those added on the way among them.
    for (const table of cameFrom.keys()) {
      if (to.has(table)) return backwards(table, cameFrom);
      for (const next of this.neighbours(table)) if (!cameFrom.has(next)) cameFrom.set(next, table);
    }
    return [];
  }
}

function backwards(
  end: IndexedTable,
  cameFrom: ReadonlyMap<IndexedTable, IndexedTable | null>,
): readonly IndexedTable[] {
  const way: IndexedTable[] = [];
  for (let at: IndexedTable | null = end; at !== null; at = cameFrom.get(at) ?? null) way.push(at);
  return way;
}
