/**
 * The columns of functions in FROM that name them themselves. Every other function of PostgreSQL's own that may be called gives one
 * column, called like the function or its alias, or rows whose columns the statement must name.
 */
const RESULT_COLUMNS: ReadonlyMap<string, readonly string[]> = new Map([
  ['json_array_elements', ['value']],
  ['json_array_elements_text', ['value']],
  ['jsonb_array_elements', ['value']],
  ['jsonb_array_elements_text', ['value']],
  ['json_each', ['key', 'value']],
  ['json_each_text', ['key', 'value']],
  ['jsonb_each', ['key', 'value']],
  ['jsonb_each_text', ['key', 'value']],
]);

/** The columns that a function in `pg_catalog` names itself, whatever its arguments; undefined where it does not. */
export function resultColumns(name: string): readonly string[] | undefined {
  return RESULT_COLUMNS.get(name);
}
