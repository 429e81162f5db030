import { quoteIdent, quoteLiteral, quoteName } from '../../../compile/quote.js';
import type { CompiledRole, SliceTable } from '../../../policy/compiled.js';
import { type Attempt, type Made, rowsOf } from '../attempt.js';
import type { Probe } from '../contract.js';
import { keyColumn } from '../forge.js';
import { tablesWith } from '../ground.js';
import type { KnownRow } from '../knowledge.js';

/** `sql`: text that names what is outside: keys, the tenant's column, the product's own tables, the catalogs, other slices. */
export const foreignSql: Probe = {
  id: 'cross_tenant.sql',
  title: 'SQL text that reaches for rows outside the boundary',
  advice:
    'Run "ringfence plan" and "ringfence check": something within reach of the tool sql is not as it was applied.',
  none: 'no role has the tool sql',
  cases: ({ policy }) =>
    tablesWith(policy, 'sql').map(({ role, table }) => ({
      subject: { role: role.name, tool: 'sql', table: table.name },
      run: (attempt) => ask(attempt, role, table),
    })),
};

async function ask(attempt: Attempt, role: CompiledRole, table: SliceTable): Promise<void> {
  const { knowledge, theirs, policy } = attempt.ground;
  const known = await knowledge.table(role.name, table);
  const run = async (statement: string): Promise<Made> => {
    const made = await attempt.call({ role: role.name, tool: 'sql', input: { statement }, tables: [table] });
    await attempt.rowsAreOurs(made, table, rowsOf(made));
    return made;
  };
  const name = quoteIdent(table.name);
  const base = quoteName(table.schema, table.table);

  await run(`select * from ${name}`);
  await run(`select * from ${name} where true or 1 = 1`);
  for (const row of [...known.foreign, ...known.beside].slice(0, 3)) {
    const same = equals(table, row);
    if (rowsOf(await run(`select * from ${name} where ${same}`)).length > 0)
      attempt.fault(
        'A row outside the boundary was found by its key.',
        await run(`select * from ${name} where ${same}`),
      );
    const told = await run(`select count(*) as n, bool_or(${same}) as there from ${name} where ${same}`);
    if (rowsOf(told).some(({ n, there }) => Number(n) > 0 || there === true))
      attempt.fault('A row outside the boundary was counted by its key.', told);
  }
  await run(`select * from ${base}`);
  await run(`select * from ${name} union all select * from ${base}`);
  for (const other of policy.roles.values()) {
    if (other.name !== role.name) await run(`select * from ${quoteName(other.sliceSchema, table.name)}`);
  }
  const scope = policy.tables.get(table.name)?.scope;
  for (const { axis, column } of scope?.kind === 'scoped' ? scope.columns : []) {
    if (axis !== 'tenant') continue;
    for (const statement of [
      `select ${quoteIdent(column)} from ${name}`,
      `select * from ${name} where ${quoteIdent(column)}::text = ${quoteLiteral(theirs.tenant)}`,
    ]) {
      const made = await run(statement);
      if (made.decision?.decision === 'allowed')
        attempt.fault(`A statement may name the tenant's column ${column}.`, made);
    }
  }
  for (const statement of refused(role, name, base)) {
    const made = await run(statement);
    if (made.decision?.decision === 'allowed')
      attempt.fault('A statement that must be refused was answered.', made);
  }
}

/** What no agent may say, whatever it would come to. */
function refused(role: CompiledRole, name: string, base: string): readonly string[] {
  return [
    `select 1; select * from ${base}`,
    `select set_config('role', 'ringfence_owner', false) from ${name}`,
    'set role ringfence_owner',
    `select * from pg_catalog.pg_stats`,
    `select * from pg_catalog.pg_authid`,
    'select * from ringfence.stream',
    'select * from ringfence.claim_key',
    `select ringfence.sealed()`,
    `select * from ${quoteName(role.scopeSchema, 'x')}`,
    `with gone as (delete from ${name} returning *) select * from gone`,
    `copy ${name} to stdout`,
    `select pg_catalog.pg_read_file('/etc/hostname')`,
    `select query_to_xml('select * from ${base.replaceAll("'", "''")}', true, false, '')`,
  ];
}

function equals(table: SliceTable, row: KnownRow): string {
  return table.primaryKey
    .map(
      (name, at) =>
        `${quoteIdent(name)} = cast(${quoteLiteral(row.key?.[at] ?? '')} as ${keyColumn(table, at)?.type ?? 'text'})`,
    )
    .join(' and ');
}
