import { quoteIdent, quoteLiteral } from '../../../compile/quote.js';
import type { CompiledRole, SliceColumn, SliceTable } from '../../../policy/compiled.js';
import { kindOf } from '../../../policy/value.js';
import { type Attempt, rowsOf } from '../attempt.js';
import type { Probe } from '../contract.js';
import { listed, rulesOfOwn } from '../ground.js';
import { inputFor, placesOf } from '../input-from-schema.js';

/** Lines that look like orders, wherever a tool takes a text: data, and nothing else. */
export const injection: Probe = {
  id: 'injection',
  title: 'SQL and orders to a model, as values, names, ids, cursors and statements',
  advice:
    'Report it with the event: an input became more than data. For a tool of your own, look for SQL that is put together from its input.',
  none: 'no role has a tool that takes text',
  cases: (ground) =>
    [...ground.policy.roles.values()].flatMap((role) => {
      const place = wordiest(role);
      // What waits for people is not called for real: they would be asked.
      const own = ground.ownTools.filter(
        (tool) =>
          role.tools.has(tool.name) &&
          tool.effect === 'read' &&
          rulesOfOwn(ground.policy, role, tool).length === 0,
      );
      return [
        ...(place === null
          ? []
          : ['describe_schema', 'query', 'get', 'aggregate', 'sql', 'create', 'update', 'delete']
              .filter((tool) => role.tools.has(tool) && takes(role, tool) !== null)
              .map((tool) => ({
                subject: { role: role.name, tool, table: (takes(role, tool) ?? place.table).name },
                run: (attempt: Attempt) => ask(attempt, role, tool),
              }))),
        ...own.map(({ name }) => ({
          subject: { role: role.name, tool: name },
          run: (attempt: Attempt) => askOwn(attempt, role, name),
        })),
      ];
    }),
};

/** The table with the most columns of text. */
function wordiest(role: CompiledRole, among: (table: SliceTable) => boolean = () => true) {
  const texts = (table: SliceTable): readonly SliceColumn[] =>
    table.columns.filter((column) => kindOf(column) === 'text');
  const [table] = [...role.tables.values()].filter(among).sort((a, b) => texts(b).length - texts(a).length);
  return table === undefined ? null : { table, texts: texts(table) };
}

/** The table that a tool is tried on; null where it could not be called on any. */
function takes(role: CompiledRole, tool: string): SliceTable | null {
  switch (tool) {
    case 'create':
      return wordiest(role, ({ write }) => write.create !== null)?.table ?? null;
    case 'update':
      return (
        wordiest(role, ({ write, primaryKey }) => write.update !== null && primaryKey.length > 0)?.table ??
        null
      );
    case 'delete':
      return wordiest(role, ({ write, primaryKey }) => write.delete && primaryKey.length > 0)?.table ?? null;
    default:
      return wordiest(role)?.table ?? null;
  }
}

async function ask(attempt: Attempt, role: CompiledRole, tool: string): Promise<void> {
  const table = takes(role, tool);
  if (table === null) attempt.skip('the role has no table for it');
  for (const line of attempt.ground.lines) {
    for (const input of inputsWith(table, tool, line)) {
      const made = await attempt.call({
        role: role.name,
        tool,
        input,
        options: { dry: true },
        tables: [table],
      });
      if (tool === 'query' || tool === 'sql') await attempt.rowsAreOurs(made, table, rowsOf(made));
    }
  }
}

function inputsWith(table: SliceTable, tool: string, line: string): readonly object[] {
  const { name } = table;
  const texts = table.columns.filter((column) => kindOf(column) === 'text');
  const [text] = texts;
  const why = { reason: line };
  switch (tool) {
    case 'describe_schema':
      return [{ question: line }, { tables: [line] }];
    case 'query':
      return [
        ...(text === undefined
          ? []
          : [
              { table: name, where: { [text.name]: line } },
              { table: name, where: { [text.name]: { contains: line } } },
              { table: name, where: { [text.name]: { in: [line, line] } } },
            ]),
        { table: name, where: { [line]: line } },
        { table: name, columns: [line], order: [line] },
        { table: name, include: { [line]: true }, where: { has: { [line]: {} } } },
        { table: name, cursor: line },
        { table: line },
      ];
    case 'get':
      return [
        { table: name, id: line },
        { table: line, id: 1 },
      ];
    case 'aggregate':
      return [
        { table: name, metrics: [{ fn: 'count', as: line }] },
        { table: name, metrics: [{ fn: 'count' }], group_by: [line], having: { [line]: line } },
      ];
    case 'sql':
      return [
        { statement: line.replaceAll('\u0000', ' ') },
        ...(text === undefined || line.includes('\u0000')
          ? []
          : [
              {
                statement: `select * from ${quoteIdent(name)} where ${quoteIdent(text.name)} = ${quoteLiteral(line)}`,
              },
            ]),
        { statement: line },
      ];
    case 'create':
      // An id that no row has stands among the values, so that nothing can be made of it.
      return [{ table: name, values: { [line]: line }, ...why }];
    case 'update': {
      const column = table.columns.find(
        (one) => kindOf(one) === 'text' && table.write.update?.includes(one.name),
      );
      return [
        { table: name, id: line, values: { [column?.name ?? line]: line }, ...why },
        { table: name, id: line, values: { [line]: line }, ...why },
      ];
    }
    default:
      return [{ table: name, id: line, ...why }];
  }
}

async function askOwn(attempt: Attempt, role: CompiledRole, tool: string): Promise<void> {
  const schema = listed(attempt.ground, tool)?.inputSchema;
  if (schema === undefined)
    attempt.skip('its definition is not the one that the policy accepted, so it is not served');
  const places = placesOf(schema);
  if (places.length === 0) attempt.skip('it takes no text');
  const tables = [...role.tables.values()];
  // The other side first: what the tool keeps of its first call is theirs then, whichever probe comes first, and shows.
  const plain = inputFor(schema, () => undefined);
  await attempt.call({ role: role.name, tool, input: plain, inside: 'theirs', tables });
  for (const line of attempt.ground.lines) {
    for (const place of places.slice(0, 3)) {
      const input = inputFor(schema, (at, { type }) =>
        at === place && type === 'string' ? line : undefined,
      );
      await attempt.call({ role: role.name, tool, input, tables });
    }
  }
}
