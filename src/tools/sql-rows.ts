/** Rows of a statement that an agent wrote, as an answer: names made distinct, values decoded by their type, and what was cut said. */
import type { ExecuteOutcome } from '../database/agent-sql.js';
import type { ResultField } from '../database/statement.js';
import type { Limits, SliceTable } from '../policy/compiled.js';
import { type Decoder, decoderOf } from './decode.js';
import { typeByOid } from './sql-types.js';
import type { ToolAnswer } from './tool.js';

/**
 * Bytes of text in one answer. More than a model can read (a quarter of a million tokens), and little enough that a process which
 * answers many at once keeps its memory.
 */
export const BYTE_LIMIT = 1_000_000;

type Rows = Extract<ExecuteOutcome, { kind: 'rows' }>;

export function sqlAnswer(
  fields: readonly ResultField[],
  { rows, cut }: Rows,
  tables: ReadonlyMap<string, SliceTable>,
  limits: Limits,
): ToolAnswer {
  const types = fields.map(({ typeOid }) => typeByOid(typeOid, tables));
  const names = distinctNames(fields.map(({ name }) => name));
  const decoders = fields.map(({ typeOid }, at) => forgiving(decoderOf(typeOid, types[at]?.category ?? '')));
  const suggestion = howToGoOn(cut, rows.length, limits);
  return {
    columns: names.map((name, at) => ({ name, type: types[at]?.name ?? 'unknown' })),
    // Never by assignment: a column may be called __proto__.
    rows: rows.map((texts) =>
      Object.fromEntries(
        names.map((name, at) => {
          const text = texts[at] ?? null;
          return [name, text === null ? null : decoders[at]?.(text)];
        }),
      ),
    ),
    truncated: cut !== null,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/**
 * The types were learned with the statement's values out of sight, and a value may have given it another one. Text that is not what its
 * type says stays text.
 */
function forgiving(decode: Decoder): Decoder {
  return (text) => {
    try {
      return decode(text);
    } catch {
      return text;
    }
  };
}

/** What PostgreSQL calls a column that has no name. */
const UNNAMED = '?column?';

/** `id`, `id_2`, `id_3` for columns of one name, `column_1` for those without, by their place. */
export function distinctNames(given: readonly string[]): readonly string[] {
  const taken = new Set(given);
  const used = new Set<string>();
  return given.map((name, at) => {
    const wanted = name === UNNAMED ? `column_${at + 1}` : name;
    let distinct = wanted;
    for (let n = 2; used.has(distinct) || (distinct !== name && taken.has(distinct)); n++)
      distinct = `${wanted}_${n}`;
    used.add(distinct);
    return distinct;
  });
}

function howToGoOn(cut: Rows['cut'], given: number, { rows }: Limits): string | undefined {
  if (cut === null) return undefined;
  if (cut === 'rows')
    return `These are the first ${rows} rows; an answer holds no more. Group or count in the statement, or go on with ORDER BY over a unique column and OFFSET ${given}.`;
  return 'The rows are large, and an answer holds a megabyte: select fewer columns, shorten long ones with left(column, 1000), or ask for fewer rows with LIMIT.';
}
