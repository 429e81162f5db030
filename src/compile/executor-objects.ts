/**
 * The function of a slice that runs SQL which an agent wrote: what `ringfence.execute` in `sql/0005_executor.sql` calls, and where the
 * reasons are. Only for roles that have the tool `sql`.
 *
 * It is the slice role's own, so that the text runs with the rights of the slice. An owner may alter a function, though not its body while
 * it has no right to create in the schema: the body therefore checks for itself whose rights it runs with, names everything with its
 * schema, and would refuse to run the text with the rights of its caller, who owns the keys.
 */
import type { CompiledRole } from '../policy/compiled.js';
import type { DesiredObject } from './desired-object.js';
import { EXECUTOR_FUNCTION, OWNER_ROLE } from './names.js';
import { hasCoreOperators, typeSchema } from './operator.js';
import { quoteIdent, quoteLiteral, quoteName } from './quote.js';

const ARGUMENTS = 'text, text, text, text, int4, int4';

/** The role's executor, and its caller's way to it; nothing for a role that has no SQL. */
export function executorObjects(role: CompiledRole): readonly DesiredObject[] {
  if (role.sql === null) return [];
  const name = quoteName(role.sliceSchema, EXECUTOR_FUNCTION);
  const signature = `${name}(${ARGUMENTS})`;
  const slice = quoteIdent(role.sliceRole);
  const owner = quoteIdent(OWNER_ROLE);
  const schema = quoteIdent(role.sliceSchema);
  return [
    {
      address: { kind: 'schema_grant', schema: role.sliceSchema, role: OWNER_ROLE },
      identity: `schema ${role.sliceSchema} to ${OWNER_ROLE}`,
      create: [`grant usage on schema ${schema} to ${owner}`],
      drop: [`revoke all on schema ${schema} from ${owner}`],
      for: [OWNER_ROLE],
      why: `the executor calls the function of ${role.name} that runs SQL`,
    },
    {
      address: { kind: 'function', schema: role.sliceSchema, name: EXECUTOR_FUNCTION },
      identity: `${role.sliceSchema}.${EXECUTOR_FUNCTION}`,
      create: [
        `create function ${name}(query text, tenant text, workspace text, user_id text, row_limit int4, byte_limit int4) returns text[]\n` +
          `language plpgsql stable security definer parallel unsafe set search_path = ${executorPath(role)} as ${quoteLiteral(body(role))}`,
        // A new owner needs the right to create for the moment of the change.
        `grant create on schema ${schema} to ${slice}`,
        `alter function ${signature} owner to ${slice}`,
        `revoke create on schema ${schema} from ${slice}`,
        `revoke all on function ${signature} from public, ${slice}`,
        `grant execute on function ${signature} to ${owner}`,
      ],
      drop: [`drop function ${name}`],
      for: [role.sliceRole, OWNER_ROLE],
      why: `runs SELECTs that agents of role ${role.name} write: with the rights of its slice, reading only, undone afterwards`,
    },
  ];
}

/**
 * Where names without a schema are looked for: in PostgreSQL's own, and in the schemas of those column types that bring operators along.
 * `citext = citext` would otherwise be found as `text = text`, which is another comparison, and `vector <-> vector` not at all.
 */
export function executorPath(role: CompiledRole): string {
  const schemas = new Set<string>();
  for (const { columns } of role.tables.values()) {
    for (const column of columns) if (!hasCoreOperators(column)) schemas.add(typeSchema(column.castType));
  }
  return ['pg_catalog', ...[...schemas].sort().map(quoteIdent), 'pg_temp'].join(', ');
}

/**
 * Answers {records, how many, what cut them off, SQLSTATE, message}; see `ringfence.execute`.
 *
 * Rows are fetched one by one: a loop over the query would read fifty ahead, of whatever size. The text's own errors, a cancel and
 * a failed assertion of a product's function end here; what ends the session goes on.
 */
function body(role: CompiledRole): string {
  return `
declare
  rows_of_text pg_catalog.refcursor;
  one record;
  line pg_catalog.text;
  lines pg_catalog.text[];
  size pg_catalog.int8 := 0;
  met pg_catalog.int4 := 0;
  cut pg_catalog.text;
  done pg_catalog.bool := false;
  state pg_catalog.text;
  said pg_catalog.text;
begin
  if current_user operator(pg_catalog.<>) ${quoteLiteral(role.sliceRole)} then
    raise exception 'the executor was altered' using errcode = '55000';
  end if;
  begin
    perform pg_catalog.set_config('transaction_read_only', 'on', true);
    open rows_of_text no scroll for execute query using tenant, workspace, user_id;
    loop
      fetch rows_of_text into one;
      exit when not found;
      line := one::pg_catalog.text;
      size := size operator(pg_catalog.+) pg_catalog.octet_length(line);
      exit when met operator(pg_catalog.=) row_limit or size operator(pg_catalog.>) byte_limit;
      met := met operator(pg_catalog.+) 1;
      lines[met] := line;
    end loop;
    if found then
      cut := case when met operator(pg_catalog.=) row_limit then 'rows' else 'bytes' end;
    end if;
    done := true;
    raise exception using errcode = 'RF000';
  exception when others or query_canceled or assert_failure then
    if not done then
      get stacked diagnostics state = returned_sqlstate, said = message_text;
      return array[null, '0', null, state, pg_catalog."left"(said, 500)];
    end if;
  end;
  return array[coalesce(pg_catalog.array_to_string(lines, ''), ''), met::pg_catalog.text, cut, null, null];
end
`;
}
