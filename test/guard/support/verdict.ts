import type { Denial } from '../../../src/errors.js';
import { judge } from '../../../src/guard/judge.js';
import type { Judged } from '../../../src/guard/judged.js';
import { parseSelect } from '../../../src/guard/parse.js';
import type { GuardSlice, GuardTable } from '../../../src/guard/slice.js';

/** What a slice in a test has; everything else is filled in. */
export interface SliceOptions extends Partial<Omit<GuardSlice, 'tables' | 'limits'>> {
  readonly joinDepth?: number;
  /** Of every table. */
  readonly scopeColumns?: readonly string[];
}

/** A slice of tables in the schema `shop`, each known to agents by its own name. */
export function sliceOf(
  tables: Readonly<Record<string, readonly string[]>>,
  { joinDepth = 5, scopeColumns = ['organization_id'], ...rest }: SliceOptions = {},
): GuardSlice {
  const made = Object.entries(tables).map(
    ([name, columns]): GuardTable => ({
      name,
      schema: 'shop',
      table: name,
      columns,
      scopeColumns,
      scoped: `select ${columns.map((column) => `t."${column}"`).join(', ')} from "slice_support"."${name}" t`,
    }),
  );
  return {
    tables: new Map(made.map((table) => [table.name, table])),
    types: [{ schema: 'shop', name: 'mood' }],
    functions: [
      { schema: 'shop', name: 'fiscal_year' },
      { schema: 'shop', name: 'busiest' },
    ],
    limits: { rows: 100, joinDepth },
    serverMajor: 18,
    rule: 'roles.support',
    ...rest,
  };
}

/** Three tables of a shop. */
export const shop: GuardSlice = sliceOf({
  customer: ['id', 'name', 'email', 'country'],
  invoice: ['id', 'customer_id', 'total', 'status', 'created_at', 'details', 'tags'],
  invoice_line: ['id', 'invoice_id', 'quantity', 'price'],
});

/** What the guard says of a text, parsed and judged. Load the parser first. */
export function verdict(text: string, slice: GuardSlice = shop): Judged | Denial {
  const parsed = parseSelect(text);
  return 'code' in parsed ? parsed : judge(parsed.select, slice, text);
}

/** The denial of a text, or undefined where it passes. */
export function denial(text: string, slice: GuardSlice = shop): Denial | undefined {
  const said = verdict(text, slice);
  return 'code' in said ? said : undefined;
}

/** The verdict on a text that must pass. */
export function passed(text: string, slice: GuardSlice = shop): Judged {
  const said = verdict(text, slice);
  if ('code' in said) throw new Error(`refused: ${text}\n${said.code} ${said.rule}: ${said.reason}`);
  return said;
}
