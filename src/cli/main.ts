#!/usr/bin/env node
/** The program `ringfence`. */
import { runCommandLine } from './program.js';
import { isBrokenPipe } from './terminal.js';

// A reader that has had enough, as in `ringfence audit show | head`, is not an error. The terminal notices by itself.
process.stdout.on('error', (error: unknown) => {
  if (!isBrokenPipe(error)) throw error;
});
process.stderr.on('error', () => undefined);

process.exitCode = await runCommandLine(process.argv.slice(2), process);
