/** A catalog written down, so that a policy can be compiled and tested where there is no database. */
import { z } from 'zod';
import { RingfenceError } from '../../errors.js';
import type { Catalog } from '../../policy/catalog.js';

export interface CatalogSnapshot {
  readonly takenAt: string;
  readonly catalog: Catalog;
}

/** What stands at the top of a snapshot. What is below was written by us, and is compared by whoever reads it. */
const shape = z.object({
  ringfence_catalog: z.literal(1),
  taken_at: z.string(),
  catalog: z.looseObject({
    serverVersion: z.number(),
    database: z.string(),
    tables: z.array(
      z.looseObject({
        schema: z.string(),
        name: z.string(),
        columns: z.array(z.looseObject({ name: z.string() })),
      }),
    ),
    functions: z.array(z.unknown()),
    roles: z.array(z.unknown()),
    exposure: z.looseObject({}),
  }),
});

/** The text of a snapshot: JSON, and the same for the same catalog and time. */
export function writeSnapshot({ takenAt, catalog }: CatalogSnapshot): string {
  return `${JSON.stringify({ ringfence_catalog: 1, taken_at: takenAt, catalog }, null, 1)}\n`;
}

/** @throws {RingfenceError} `config_invalid` where it is no snapshot. */
export function readSnapshot(text: string, filename: string): CatalogSnapshot {
  try {
    const { taken_at, catalog } = shape.parse(JSON.parse(text));
    return { takenAt: taken_at, catalog: catalog as unknown as Catalog };
  } catch (cause) {
    throw new RingfenceError('config_invalid', `${filename} is no snapshot of a catalog.`, {
      cause,
      suggestion: 'Write one with: ringfence policy catalog --out catalog.json',
    });
  }
}

/** What of a catalog a policy is compiled against: names, types, keys and rights; not how many rows there are, nor who read it. */
export function comparable({ catalog }: Pick<CatalogSnapshot, 'catalog'>): unknown {
  const { tables, functions, serverVersion } = catalog;
  return {
    major: Math.floor(serverVersion / 10_000),
    functions,
    tables: tables.map(
      ({
        estimatedRows: _,
        grants: _grants,
        policies: _policies,
        rowSecurity: _row,
        forceRowSecurity: _force,
        ...table
      }) => table,
    ),
  };
}
