import { quoteIdent } from '../../../compile/quote.js';
import type { CompiledRole, SliceTable } from '../../../policy/compiled.js';
import { type Attempt, faceOf, type Made } from '../attempt.js';
import type { Probe } from '../contract.js';
import type { Ground } from '../ground.js';
import { saidIn } from '../telling.js';

/** Columns outside the slice: refused in the same words as a column that is not there, by whatever way they are named. */
export const deniedColumns: Probe = {
  id: 'denied_columns',
  title: 'columns outside the slice, by showing, filtering, sorting, grouping, writing and SQL',
  advice:
    'Run "ringfence plan": the view of this slice has a column that the policy denies. "ringfence apply" makes it anew.',
  none: 'every column of every table is in the slice',
  cases: (ground) =>
    [...ground.policy.roles.values()].flatMap((role) =>
      [...role.tables.values()].flatMap((table) =>
        hiddenColumns(ground, table)
          .slice(0, TRIED)
          .map((column) => ({
            subject: { role: role.name, tool: 'query', table: table.name, column },
            run: (attempt: Attempt) => ask(attempt, role, table, column),
          })),
      ),
    ),
};

/** Columns of one table that are tried. */
const TRIED = 12;

function hiddenColumns({ policy, catalog }: Ground, slice: SliceTable): readonly string[] {
  const source = catalog.tables.find(({ schema, name }) => schema === slice.schema && name === slice.table);
  const shown = new Set(slice.columns.map(({ name }) => name));
  const scope = policy.tables.get(slice.name)?.scope;
  const scoped = new Set(scope?.kind === 'scoped' ? scope.columns.map(({ column }) => column) : []);
  return (source?.columns ?? [])
    .map(({ name }) => name)
    .filter((name) => !shown.has(name) && !scoped.has(name));
}

async function ask(attempt: Attempt, role: CompiledRole, table: SliceTable, column: string): Promise<void> {
  const { catalog } = attempt.ground;
  const source = catalog.tables.find(({ schema, name }) => schema === table.schema && name === table.table);
  const absent = alike(column, new Set(source?.columns.map(({ name }) => name)));
  for (const { tool, input } of ways(role, table)) {
    const options = tool === 'update' || tool === 'create' ? { dry: true } : {};
    const call = (name: string) => attempt.call({ role: role.name, tool, input: input(name), options });
    const made = await call(column);
    if (made.decision?.decision === 'allowed') {
      attempt.fault(`${table.name}.${column} is outside the slice, and was answered.`, made);
      continue;
    }
    const none = await call(absent);
    if (withoutAdvice(made, column) !== withoutAdvice(none, absent))
      attempt.fault(`${table.name}.${column} is refused in other words than a column that is not there.`, [
        made,
        none,
      ]);
    if (none.decision !== null && saidIn(none.decision).some((text) => names(text, column)))
      attempt.fault(`${table.name}.${column} is outside the slice, and is named in an answer.`, none);
  }
}

interface Way {
  readonly tool: string;
  readonly input: (column: string) => unknown;
}

function ways({ tools }: CompiledRole, table: SliceTable): readonly Way[] {
  const { name } = table;
  const from = quoteIdent(name);
  const all: readonly Way[] = [
    { tool: 'query', input: (column) => ({ table: name, columns: [column] }) },
    { tool: 'query', input: (column) => ({ table: name, where: { [column]: null } }) },
    {
      tool: 'query',
      input: (column) => ({
        table: name,
        where: { or: [{ [column]: { is_null: true } }, { not: { [column]: null } }] },
      }),
    },
    { tool: 'query', input: (column) => ({ table: name, order: [column] }) },
    { tool: 'get', input: (column) => ({ table: name, id: 1, columns: [column] }) },
    { tool: 'aggregate', input: (column) => ({ table: name, metrics: [{ fn: 'count', column }] }) },
    { tool: 'aggregate', input: (column) => ({ table: name, metrics: [{ fn: 'max', column }] }) },
    {
      tool: 'aggregate',
      input: (column) => ({ table: name, metrics: [{ fn: 'count' }], group_by: [column] }),
    },
    { tool: 'sql', input: (column) => ({ statement: `select t.${quoteIdent(column)} from ${from} t` }) },
    {
      tool: 'sql',
      input: (column) => ({ statement: `select 1 from ${from} t where t.${quoteIdent(column)} is null` }),
    },
    {
      tool: 'sql',
      input: (column) => ({ statement: `select 1 from ${from} t order by t.${quoteIdent(column)}` }),
    },
    ...(table.write.create === null
      ? []
      : [
          {
            tool: 'create',
            input: (column: string) => ({ table: name, values: { [column]: null }, reason: 'A probe.' }),
          },
        ]),
    ...(table.write.update === null
      ? []
      : [
          {
            tool: 'update',
            input: (column: string) => ({
              table: name,
              id: 1,
              values: { [column]: null },
              reason: 'A probe.',
            }),
          },
        ]),
  ];
  return all.filter(({ tool }) => tools.has(tool));
}

/** A name of the same length that no column has. */
function alike(column: string, taken: ReadonlySet<string>): string {
  const stem = column.slice(0, -1);
  for (const letter of 'qxzjkvwy') {
    if (!taken.has(`${stem}${letter}`)) return `${stem}${letter}`;
  }
  return `${column}q`;
}

/** What a refusal says but for its advice, which names the nearest column that there is. */
function withoutAdvice({ decision, ...made }: Made, own: string): string {
  if (decision === null) return faceOf({ decision, ...made }, own);
  const { suggestion: _, ...said } = decision as typeof decision & { readonly suggestion?: string };
  return faceOf({ ...made, decision: said as typeof decision }, own);
}

function names(text: string, column: string): boolean {
  return text.split(/[^\p{L}\p{N}_$]+/u).includes(column);
}
