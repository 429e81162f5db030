/** The product's own tools, for commands that call or serve them: from a module that exports them. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { RingfenceError } from '../errors.js';
import type { OwnTool } from '../tools/define-tool.js';

export interface OwnToolsOption {
  readonly tools?: string;
}

/** Adds the flag to a command. */
export function withOwnTools(command: Command): Command {
  return command.option(
    '--tools <module>',
    "the product's own tools: a module that exports a list of them as tools",
  );
}

/** @throws {RingfenceError} `config_invalid` where the module cannot be loaded, or has no list of tools. */
export async function loadOwnTools({ tools: path }: OwnToolsOption): Promise<readonly OwnTool[]> {
  if (path === undefined) return [];
  let exported: { readonly tools?: unknown };
  try {
    exported = await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    throw new RingfenceError(
      'config_invalid',
      `${path} cannot be loaded: ${cause instanceof Error ? cause.message : 'it threw something that is no error'}`,
      { cause, suggestion: 'Name a module that Node can import.' },
    );
  }
  const { tools } = exported;
  if (Array.isArray(tools) && tools.every(isTool)) return tools;
  throw new RingfenceError('config_invalid', `${path} exports no list of tools.`, {
    suggestion: 'Let it say: export const tools = [defineTool({ … }), …];',
  });
}

function isTool(value: unknown): value is OwnTool {
  const { name, run } = (value ?? {}) as Partial<OwnTool>;
  return typeof name === 'string' && typeof run === 'function';
}
