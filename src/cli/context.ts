/** What a command runs with. */
import type { ExitCode } from './exit-code.js';
import type { GlobalOptions } from './settings.js';
import type { Terminal } from './terminal.js';

export interface CommandContext {
  readonly options: GlobalOptions;
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
}

/** A command's work: what it does with its own options, and how the process ends. */
export type CommandWork<Options> = (context: CommandContext, options: Options) => Promise<ExitCode>;
