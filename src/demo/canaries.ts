/**
 * What no answer may hold: the leak counter. A canary is a value of a row that whoever asked must not see, looked for in the
 * whole text of an answer, whatever field or message it might hide in.
 */

/** A row as the database's administrator sees it. */
export interface OwnedRow {
  readonly table: string;
  readonly tenant: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** Who asked. */
export interface Reader {
  readonly tenant: string;
  readonly workspace: string | null;
}

export interface Canaries {
  /** How many values are looked for in an answer to this reader. */
  count(reader: Reader): number;
  /** The values in an answer that this reader must not see. */
  foundIn(answer: unknown, reader: Reader): string[];
}

/** Shorter values turn up by chance: `team`, `open`, `1042`. */
const SHORTEST = 6;

/** What nobody may see, whoever they are. */
export interface Hidden {
  /** Denied or masked columns, as `table.column`: no value of them may appear as it is. */
  readonly columns: ReadonlySet<string>;
  /** Personal data inside free text that is masked. */
  readonly texts: readonly string[];
}

/** Collects canaries from every row of every tenant: what is of other tenants or other workspaces, and what is hidden from all. */
export function collectCanaries(rows: readonly OwnedRow[], hidden: Hidden): Canaries {
  const tenants = [...new Set(rows.map(({ tenant }) => tenant))];
  const forbidden = (reader: Reader): readonly string[] => {
    const mine: string[] = [];
    const others = new Set<string>(hidden.texts);
    for (const { table, tenant, row } of rows) {
      const isElsewhere =
        tenant !== reader.tenant || (typeof row.workspace === 'string' && row.workspace !== reader.workspace);
      for (const [column, value] of Object.entries(row)) {
        const text = textOf(value);
        if (isElsewhere || hidden.columns.has(`${table}.${column}`)) {
          if (text.length >= SHORTEST) others.add(text);
        } else mine.push(text);
      }
    }
    const seenAnyway = mine.join('\n');
    return [...others].filter((text) => hidden.texts.includes(text) || !seenAnyway.includes(text));
  };
  const byReader = new Map<string, readonly string[]>();
  const of = (reader: Reader): readonly string[] => {
    const key = JSON.stringify([reader.tenant, reader.workspace]);
    const known = byReader.get(key) ?? forbidden(reader);
    byReader.set(key, known);
    return known;
  };
  return Object.freeze<Canaries>({
    count: (reader) => of(reader).length,
    foundIn: (answer, reader) => {
      if (!tenants.includes(reader.tenant))
        throw new Error(`There is no tenant ${reader.tenant} in the demo.`);
      const text = JSON.stringify(answer) ?? '';
      return of(reader).filter((canary) => text.includes(JSON.stringify(canary).slice(1, -1)));
    },
  });
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  // 1042 is anybody's; 7310.4 is one tenant's.
  if (typeof value === 'number' && !Number.isInteger(value)) return value.toFixed(2);
  return '';
}
