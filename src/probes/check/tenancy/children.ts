/** Partitions and inheritance children hold rows of whoever their parent's rows belong to. */
import type { ShapeTable } from '../../../database/inspect/shape.js';
import type { TableTenancy } from '../tenancy.js';

export function withChildren(
  tables: readonly ShapeTable[],
  placed: ReadonlyMap<string, TableTenancy>,
): ReadonlyMap<string, TableTenancy> {
  const byName = new Map(tables.map((table) => [`${table.schema}.${table.name}`, table]));
  const result = new Map(placed);
  for (const [name, table] of byName) {
    if (table.parent === null) continue;
    const seen = new Set([name]);
    let above = table;
    while (above.parent !== null) {
      const id = `${above.parent.schema}.${above.parent.name}`;
      const next = byName.get(id);
      if (next === undefined || seen.has(id)) break;
      seen.add(id);
      above = next;
    }
    const tenancy = placed.get(`${above.schema}.${above.name}`);
    if (above !== table && tenancy !== undefined && tenancy.kind !== 'root')
      result.set(name, { ...tenancy, why: `it is a part of ${above.name}` });
  }
  return result;
}
