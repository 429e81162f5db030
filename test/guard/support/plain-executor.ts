/** Runs a statement as it is: no seal, no claim, no row-level security beneath. What it gives is what the statement's own text lets through. */
import type pg from 'pg';

export const PLAIN_EXECUTOR_SQL = `
create function base.run(statement text, tenant text) returns setof text language plpgsql as $$
declare r record;
begin
  for r in execute statement using tenant, null::text, null::text loop
    return next r::text;
  end loop;
end $$;`;

/** The rows in PostgreSQL's own text form, sorted; or the state of an error. */
export async function runPlainly(
  client: pg.ClientBase,
  statement: string,
  tenant: string,
): Promise<readonly string[]> {
  try {
    const { rows } = await client.query<{ row: string }>('select run as row from base.run($1, $2)', [
      statement,
      tenant,
    ]);
    return rows.map(({ row }) => row).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [`error ${error.code}: ${error.message}`];
    throw error;
  }
}
