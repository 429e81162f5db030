/** What a command runs with. */
import type { GlobalOptions } from './settings.js';
import type { Terminal } from './terminal.js';

export interface CommandContext {
  readonly options: GlobalOptions;
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
}
