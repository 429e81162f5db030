import type { CompiledRole, SliceTable } from '../../../policy/compiled.js';
import type { OwnTool } from '../../../tools/define-tool.js';
import { type Attempt, codeOf, faceOf } from '../attempt.js';
import type { Probe, ProbeCase } from '../contract.js';
import { absentId, idOf } from '../forge.js';
import { type Ground, listed, rulesOfOwn } from '../ground.js';
import { asType, inputFor, placesOf } from '../input-from-schema.js';
import type { KnownRow } from '../knowledge.js';

/** Tools of the product's own: ids that must be inside are asked for from outside; readers are asked on both sides, with the other's ids. */
export const ownTools: Probe = {
  id: 'cross_tenant.own_tools',
  title: "the product's own tools, given ids and words of the other tenant",
  advice:
    'Look at the code of the tool: what it keeps between calls, which connection it uses, which tables it reads beside those of the policy. List its ids under inBoundary.',
  none: 'the policy has no tools of the product’s own, or --tools was not given',
  cases: (ground) => ground.ownTools.flatMap((tool) => casesOf(ground, tool)),
};

function casesOf({ policy, planted }: Ground, tool: OwnTool): readonly ProbeCase[] {
  return [...policy.roles.values()]
    .filter(({ tools }) => tools.has(tool.name))
    .map((role) => ({
      subject: { role: role.name, tool: tool.name },
      run: async (attempt: Attempt) => {
        await checkIds(attempt, role, tool);
        const [rule] = rulesOfOwn(policy, role, tool);
        if (rule !== undefined) {
          if (attempt.calls === 0)
            attempt.skip(
              `its code waits for approvals.${rule.name}, and it names no ids that could be checked before that`,
            );
        } else if (tool.effect === 'read' || (tool.effect === 'write' && planted))
          await ask(attempt, role, tool);
        else if (attempt.calls === 0)
          attempt.skip(
            tool.effect === 'external'
              ? 'it acts outside of the database, and names no ids that could be checked before that'
              : 'it writes, and names no ids that could be checked before that; --plant tries it among planted rows',
          );
      },
    }));
}

/** The ids that the gate checks: one of the other tenant's is refused before the code runs, in the words for one that nobody has. */
async function checkIds(attempt: Attempt, role: CompiledRole, tool: OwnTool): Promise<void> {
  const schema = listed(attempt.ground, tool.name)?.inputSchema;
  for (const [path, name] of Object.entries(tool.inBoundary)) {
    const table = role.tables.get(name);
    if (table === undefined || schema === undefined) continue;
    const { foreign, beside } = await attempt.ground.knowledge.table(role.name, table);
    const [row] = [...foreign, ...beside];
    if (row === undefined) continue;
    const call = (id: unknown) =>
      attempt.call({
        role: role.name,
        tool: tool.name,
        input: inputFor(schema, (at, { type }) => (at === path ? asType(id, type) : undefined)),
        options: { dry: true, reason: 'A probe of isolation.' },
        tables: [...role.tables.values()],
      });
    const made = await call(idOf(table, row));
    if (codeOf(made) === 'input_invalid') attempt.skip('no input could be made that its schema accepts');
    if (codeOf(made) !== 'not_found')
      attempt.fault(`An id of ${name} outside the boundary came past the check of "${path}".`, made);
    const absent = absentId(table, row);
    const none = absent === null ? made : await call(absent);
    if (faceOf(none) !== faceOf(made))
      attempt.fault('An id that is hidden and one that is not there are answered differently.', [made, none]);
  }
}

/** Inputs that are tried. */
const TRIED = 12;

/** The tool runs on the other side first, so that what it keeps can show, then on ours with the same input. */
async function ask(attempt: Attempt, role: CompiledRole, tool: OwnTool): Promise<void> {
  const schema = listed(attempt.ground, tool.name)?.inputSchema;
  if (schema === undefined)
    attempt.skip('its definition is not the one that the policy accepted, so it is not served');
  const tables = [...role.tables.values()];
  const inputs: unknown[] = [];
  const places = placesOf(schema);
  for (const side of ['theirs', 'ours'] as const) {
    const words = await wordsOf(attempt, role, tables, side);
    for (const place of places) {
      for (const word of fitting(words, place).slice(0, 3))
        inputs.push(inputFor(schema, (at, { type }) => (at === place ? asType(word, type) : undefined)));
    }
  }
  if (inputs.length === 0) inputs.push(inputFor(schema, () => undefined));
  const options = tool.effect === 'read' ? {} : { dry: true, reason: 'A probe of isolation.' };
  for (const input of inputs.slice(0, TRIED)) {
    const asking = { role: role.name, tool: tool.name, input, options, tables };
    await attempt.call({ ...asking, inside: 'theirs' });
    await attempt.call(asking);
  }
}

interface Word {
  readonly column: string;
  readonly text: string;
}

/** Keys and short texts of one side. */
async function wordsOf(
  attempt: Attempt,
  role: CompiledRole,
  tables: readonly SliceTable[],
  side: 'ours' | 'theirs',
): Promise<readonly Word[]> {
  const words: Word[] = [];
  for (const table of tables) {
    const known = await attempt.ground.knowledge.table(role.name, table);
    const rows: readonly KnownRow[] = side === 'ours' ? known.ours : known.theirs;
    for (const row of rows.slice(0, 3)) {
      for (const [column, text] of row.values) {
        const isKey = table.primaryKey.includes(column);
        if (text !== null && text !== '' && text.length <= 100)
          words.push({ column: isKey ? `${table.name} ${column}` : column, text });
      }
    }
  }
  return words;
}

/** The words most likely to be meant by a member of this name: `order_id` takes the key of `order`. */
function fitting(words: readonly Word[], place: string): readonly string[] {
  const wanted = place
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .flatMap((part) => [part, part.replace(/s$/, '')]);
  const score = ({ column }: Word): number => {
    const has = column
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .flatMap((part) => [part, part.replace(/s$/, '')]);
    return has.filter((part) => wanted.includes(part)).length;
  };
  const scored = words.map((word) => ({ word, score: score(word) })).filter((one) => one.score > 0);
  return [...new Set(scored.sort((a, b) => b.score - a.score).map(({ word }) => word.text))];
}
