/** `ringfence demo`: an agent, two customers that are easily mixed up, and everything that must not happen. Needs nothing but Node. */
import type { Command } from 'commander';
import { closingLine, closingLines } from '../../demo/ending.js';
import { everythingHeld, runDemo } from '../../demo/run.js';
import type { Listener } from '../../demo/story.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import type { Start } from '../program.js';
import type { Terminal } from '../terminal.js';
import { Interrupted } from '../usage-error.js';

const DATA_DIR = '.ringfence/demo';

interface DemoCommandOptions {
  readonly data: string;
}

const EXAMPLES = `
Examples:
  $ ringfence demo                       the whole story
  $ ringfence demo --json                one line: {"calls":…,"allowed":…,"denied":…,"leaks":0,"ledger":{"verdict":"intact",…},…}

It runs a PostgreSQL of its own, which it starts and stops, and makes its database anew each time. It exits with 1 if anything
leaked, if anything of another tenant was altered, if an attempt came out otherwise than it must, or if the ledger does not verify.`;

export function addDemo(program: Command, start: Start): void {
  program
    .command('demo')
    .description('watch an agent work, and fail to leave its boundary')
    .option('--data <directory>', "where the demo's PostgreSQL keeps its data", DATA_DIR)
    .addHelpText('after', EXAMPLES)
    .action(start(demo));
}

async function demo({ terminal }: CommandContext, { data }: DemoCommandOptions): Promise<ExitCode> {
  const listener = listenerOf(terminal);
  const interruption = interruptions();
  try {
    const result = await runDemo({ dataDir: data, listener, signal: interruption.signal });
    if (terminal.json) await terminal.answerJson(closingLine(result));
    else for (const line of closingLines(listener, result)) await terminal.answer(line);
    return everythingHeld(result) ? 0 : 1;
  } catch (error) {
    // Ctrl-C also reaches what was being started, whose end is then only a consequence.
    throw interruption.signal.aborted ? interruption.signal.reason : error;
  } finally {
    interruption.forget();
  }
}

function listenerOf(terminal: Terminal): Listener {
  return {
    tell: async (line) => {
      if (!terminal.json) await terminal.answer(line);
    },
    progress: (line) => terminal.say(terminal.paint('dim', `${line} …`, 'stderr')),
    paint: (style, text) => terminal.paint(style, text),
  };
}

/** Ctrl-C and its like end the demo at the next step, with its server stopped; a second time they end the process at once. */
function interruptions(): { readonly signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const interrupt = (): void => {
    controller.abort(new Interrupted("Interrupted. The demo's PostgreSQL has been stopped."));
    forget();
  };
  const forget = (): void => {
    for (const name of signals) process.off(name, interrupt);
  };
  for (const name of signals) process.on(name, interrupt);
  return { signal: controller.signal, forget };
}
