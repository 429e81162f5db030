/** `ringfence tools`: the product's own tools against what the policy accepted: what changed, and the line that accepts it. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { RingfenceError } from '../../errors.js';
import type { JsonObject } from '../../ledger/json-value.js';
import type { OwnToolPolicy } from '../../policy/defaults.js';
import type { OwnTool } from '../../tools/define-tool.js';
import { type Difference, definitionOf, differences, digestOf } from '../../tools/manifest.js';
import { printable } from '../columns.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { loadOwnTools, type OwnToolsOption, withOwnTools } from '../own-tools.js';
import type { Start } from '../program.js';
import { readPolicy } from '../settings.js';

const RECORD = 'ringfence.tools.json';

interface ToolsOptions extends OwnToolsOption {
  readonly record: string;
  readonly write?: boolean;
}

const EXAMPLES = `
Examples:
  $ ringfence tools --tools tools.mjs            which differ from what the policy accepted, and how
  $ ringfence tools --tools tools.mjs --write    write the definitions down, beside the line in the policy that accepts them

Exit code 0: every tool is what the policy accepts. 2: one is not. No database is asked.`;

export function addTools(program: Command, start: Start): void {
  withOwnTools(
    program
      .command('tools')
      .description("say which of the product's own tools are what the policy accepted, and what changed"),
  )
    .option('--record <file>', 'the definitions as they were written down', RECORD)
    .option('--write', 'write the definitions down as they are now')
    .addHelpText('after', EXAMPLES)
    .action(start(tools));
}

/** `unlisted`: the policy does not have it. `missing`: only the policy has it. `unpinned`: the policy accepts any definition. */
type State = 'accepted' | 'changed' | 'unpinned' | 'unlisted' | 'missing';

interface Judged {
  readonly name: string;
  readonly state: State;
  /** Null where there is no tool. */
  readonly manifest: string | null;
  /** How it differs from what was accepted; null where that was not written down. */
  readonly changes: readonly Difference[] | null;
}

async function tools({ options, terminal }: CommandContext, given: ToolsOptions): Promise<ExitCode> {
  const { policy } = await readPolicy(options.policy);
  const own = await loadOwnTools(given);
  if (own.length === 0) {
    throw new RingfenceError('config_invalid', 'There are no tools to look at.', {
      suggestion: 'Name their module with --tools FILE.',
    });
  }
  const recorded = await readRecord(given.record);
  const judged: readonly Judged[] = [
    ...own.map((tool) => judge(tool, policy.tools[tool.name], recorded.get(tool.name))),
    ...Object.keys(policy.tools)
      .filter((name) => !own.some((tool) => tool.name === name))
      .map((name) => ({ name, state: 'missing', manifest: null, changes: [] }) as const),
  ];
  if (given.write) {
    const definitions = Object.fromEntries(own.map((tool) => [tool.name, definitionOf(tool)]));
    await writeFile(given.record, `${JSON.stringify(definitions, null, 2)}\n`);
  }
  if (terminal.json) await terminal.answerJson({ tools: judged });
  else for (const each of judged) for (const line of inWords(each)) await terminal.answer(line);
  if (given.write) terminal.say(`The definitions are in ${given.record}: keep it beside the policy.`);
  return judged.every(({ state }) => state === 'accepted' || state === 'unpinned') ? 0 : 2;
}

function judge(tool: OwnTool, rules: OwnToolPolicy | undefined, recorded: JsonObject | undefined): Judged {
  const { name } = tool;
  const definition = definitionOf(tool);
  const manifest = digestOf(definition);
  if (rules === undefined) return { name, state: 'unlisted', manifest, changes: [] };
  if (rules.manifest === manifest) return { name, state: 'accepted', manifest, changes: [] };
  if (rules.manifest === null) return { name, state: 'unpinned', manifest, changes: [] };
  // What was written down counts only where it is what the policy accepted: anybody may write a file.
  const isAccepted = recorded !== undefined && digestOf(recorded) === rules.manifest;
  return { name, state: 'changed', manifest, changes: isAccepted ? differences(recorded, definition) : null };
}

function inWords({ name, state, manifest, changes }: Judged): readonly string[] {
  const accept = `    to accept it: manifest: "${manifest}"`;
  switch (state) {
    case 'accepted':
      return [`${name}  accepted`];
    case 'unpinned':
      return [`${name}  any definition is accepted`, accept.replace('accept it', 'accept this one alone')];
    case 'unlisted':
      return [`${name}  is not in the policy`];
    case 'missing':
      return [`${name}  is in the policy, and not among the tools`];
    case 'changed':
      return [
        `${name}  has changed, and is not served`,
        ...(changes ?? []).map(
          ({ path, before, after }) => `    ${printable(path)}: ${inJson(before)} → ${inJson(after)}`,
        ),
        ...(changes === null ? ['    what was accepted was not written down; see --write'] : []),
        accept,
      ];
  }
}

function inJson(value: unknown): string {
  return value === undefined ? 'nothing' : printable(JSON.stringify(value));
}

const recordSchema = z.record(z.string(), z.record(z.string(), z.json()));

async function readRecord(path: string): Promise<ReadonlyMap<string, JsonObject>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return new Map();
  }
  try {
    return new Map(Object.entries(recordSchema.parse(JSON.parse(text))));
  } catch (cause) {
    throw new RingfenceError('config_invalid', `${path} holds no definitions of tools.`, {
      cause,
      suggestion: 'Take it from version control again, or write it anew with --write.',
    });
  }
}
