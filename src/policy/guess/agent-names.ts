/**
 * What agents call the tables, where the name the policy would give them is taken or too long.
 */
import type { CatalogTable } from '../catalog.js';
import { idOf } from './guess.js';

/** PostgreSQL cuts identifiers at 63 bytes, and the agent-facing name is a view's. */
const LONGEST = 63;

/** The schema that most tables live in; `public` unless another holds three times as many. */
export function defaultSchema(tables: readonly CatalogTable[]): string {
  const counts = new Map<string, number>();
  for (const { schema } of tables) counts.set(schema, (counts.get(schema) ?? 0) + 1);
  const rank = ([schema, count]: readonly [string, number]): number =>
    count * (schema === 'public' ? 3.5 : 1);
  const [first] = [...counts].sort((a, b) => rank(b) - rank(a) || (a[0] < b[0] ? -1 : 1));
  return first?.[0] ?? 'public';
}

/** The `as` of every table that needs one, by `idOf`: letters, digits and underscores, unique whatever the case. */
export function agentNames(tables: readonly CatalogTable[], schema: string): ReadonlyMap<string, string> {
  const plain = (table: CatalogTable): string =>
    table.schema === schema ? table.name : `${table.schema}_${table.name}`;
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const inOrder = [...tables].sort((a, b) => Number(b.schema === schema) - Number(a.schema === schema));
  const waiting: CatalogTable[] = [];
  for (const table of inOrder) {
    const name = plain(table);
    if (taken.has(name.toLowerCase()) || Buffer.byteLength(name) > LONGEST) waiting.push(table);
    else taken.add(name.toLowerCase());
  }
  // A name that a table has by itself is never taken away from it, even where nothing is listed under it.
  for (const table of tables) taken.add(table.name.toLowerCase());
  for (const table of waiting) {
    const base = plain(table)
      .normalize('NFKD')
      .replaceAll(/[^A-Za-z0-9_]+/g, '_')
      .slice(0, LONGEST - 4);
    let name = base;
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${base}_${count}`;
    taken.add(name.toLowerCase());
    names.set(idOf(table), name);
  }
  return names;
}
