/** The tools that one Ringfence serves: its own, and the product's that the policy accepts. */
import { RingfenceError } from '../errors.js';
import type { CompiledPolicy } from '../policy/compiled.js';
import { dataTools } from './data-tools.js';
import type { OwnTool } from './define-tool.js';
import { manifestOf } from './manifest.js';
import { asTool } from './own-tool.js';
import type { Tool } from './tool.js';

export interface Catalogue {
  readonly tools: ReadonlyMap<string, Tool>;
  /** Tools whose definition is not the one that the policy accepted: they are not served. */
  readonly changed: readonly { readonly name: string; readonly manifest: string }[];
}

/**
 * Puts the product's tools beside Ringfence's.
 *
 * @throws {RingfenceError} `config_invalid` where policy and definitions do not speak of the same tools, or an id is to be checked against
 * a table that a role with the tool does not see by its key.
 */
export function catalogueOf(policy: CompiledPolicy, own: readonly OwnTool[]): Catalogue {
  const byName = new Map(own.map((tool) => [tool.name, tool]));
  if (byName.size < own.length) throw wrong('Two tools have the same name.');
  const undeclared = own.find(({ name }) => !policy.ownTools.has(name));
  if (undeclared !== undefined) {
    throw wrong(
      `The policy has no tool ${undeclared.name}.`,
      `Add it to the policy: tools: { ${undeclared.name}: { effect: ${undeclared.effect} } }, and name it for roles.`,
    );
  }
  const changed: { name: string; manifest: string }[] = [];
  const tools = new Map(dataTools);
  for (const [name, rules] of policy.ownTools) {
    const tool = byName.get(name);
    if (tool === undefined)
      throw wrong(
        `The policy has a tool ${name} that was not given.`,
        'Pass it in createRingfence({ tools: […] }), or name its module with --tools.',
      );
    if (tool.effect !== rules.effect || tool.risk !== rules.risk) {
      throw wrong(
        `The tool ${name} is ${tool.effect} with ${tool.risk} risk, and the policy says ${rules.effect} with ${rules.risk} risk.`,
        'Make the two agree.',
      );
    }
    checkIds(policy, tool);
    const manifest = manifestOf(tool);
    if (rules.manifest === null || rules.manifest === manifest) tools.set(name, asTool(tool));
    else changed.push({ name, manifest });
  }
  return { tools, changed };
}

function checkIds(policy: CompiledPolicy, { name, inBoundary }: OwnTool): void {
  for (const role of policy.roles.values()) {
    if (!role.tools.has(name)) continue;
    for (const table of new Set(Object.values(inBoundary))) {
      const key = role.tables.get(table)?.primaryKey ?? [];
      if (key.length > 0) continue;
      throw wrong(
        `The tool ${name} checks ids of ${table}, whose key the role ${role.name} does not see.`,
        `Add ${table} with its key columns to the role's tables.`,
      );
    }
  }
}

function wrong(message: string, suggestion?: string): RingfenceError {
  return new RingfenceError('config_invalid', message, suggestion === undefined ? {} : { suggestion });
}
