/** What a policy allows and a person should know. */
import type { PolicyNote } from '../policy/compiled.js';
import { printable } from './columns.js';
import type { Terminal } from './terminal.js';

export function sayWarnings(terminal: Terminal, filename: string, warnings: readonly PolicyNote[]): void {
  for (const { path, message, line } of warnings) {
    const place = line === undefined ? filename : `${filename}:${line}`;
    terminal.say(
      `${terminal.paint('yellow', 'note:', 'stderr')} ${printable(`${place}  ${path}  ${message}`)}`,
    );
  }
}
