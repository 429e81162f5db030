/**
 * The command line as a whole: its commands, the options they share, and how each run ends in one exit code.
 */
import { Command, CommanderError } from 'commander';
import { addApply } from './commands/apply.js';
import { addApprovals } from './commands/approvals.js';
import { addAudit } from './commands/audit.js';
import { addCanary } from './commands/canary.js';
import { addCheck } from './commands/check.js';
import { addCoverage } from './commands/coverage.js';
import { addDemo } from './commands/demo.js';
import { addInit } from './commands/init.js';
import { addKeys } from './commands/keys.js';
import { addMcp } from './commands/mcp.js';
import { addPlan } from './commands/plan.js';
import { addPolicy } from './commands/policy.js';
import { addProbe } from './commands/probe.js';
import { addRemove } from './commands/remove.js';
import { addServe } from './commands/serve.js';
import { addTools } from './commands/tools.js';
import { addTry } from './commands/try.js';
import type { CommandContext } from './context.js';
import { type ExitCode, printExitCodes } from './exit-code.js';
import { reportError } from './report-error.js';
import { DEFAULT_KEYS, DEFAULT_POLICY, type GlobalOptions } from './settings.js';
import { createTerminal } from './terminal.js';
import { UsageError } from './usage-error.js';
import { version } from './version.js';

/** The part of a process that the command line uses. */
export type Surroundings = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>;

/** What a command does once it is called: given its own options and arguments, it answers with the exit code. */
type Work<Options> = (
  context: CommandContext,
  options: Options,
  args: readonly string[],
) => Promise<ExitCode>;

/** Turns a command's work into what commander calls. */
export type Start = <Options>(work: Work<Options>) => (this: Command) => Promise<void>;

const EXAMPLES = `
From a database to an answer:
  $ export RINGFENCE_ADMIN_URL=postgres://admin:…@localhost:5432/shop
  $ ringfence check                                    what lets tenants reach each other now
  $ ringfence init --tenant customer.support_rep_id    guess a policy, for you to correct
  $ ringfence plan                                     what would change, for whom
  $ ringfence apply                                    exactly that, in one transaction
  $ echo '{"tool":"query","input":{"table":"customer"}}' | ringfence try --tenant 3 --user ada --role support
  $ ringfence audit show                               what was asked, and what was decided

Environment:
  RINGFENCE_ADMIN_URL, DATABASE_URL   in place of --url, in this order; arguments are seen by others
  RINGFENCE_GATEWAY_URL               where "try", "probe", "serve" and "mcp" connect; default: the admin URL, as ringfence_gateway
  RINGFENCE_KEYS                      the content of the keys file, in place of --keys
  RINGFENCE_DEBUG=1                   stack traces
  NO_COLOR, FORCE_COLOR               colour off, on

${printExitCodes()}`;

/** Runs the command line and says how the process should end. It never throws and never ends the process itself. */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { stdin, stdout, stderr, env } = surroundings;
  const terminal = createTerminal({
    stdout,
    stderr,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    json: argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined).includes('--json'),
    environment: env,
  });
  let exit: ExitCode = 0;
  const start: Start = (work) =>
    async function run(this: Command) {
      const context = { options: this.optsWithGlobals<GlobalOptions>(), terminal, environment: env, stdin };
      exit = await work(context, this.opts() as Parameters<typeof work>[1], this.args);
    };
  try {
    await (await commandLine(start, surroundings)).parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return await reportError(error instanceof CommanderError ? usage(error) : error, terminal, env);
  }
}

async function commandLine(start: Start, { stdout }: Surroundings): Promise<Command> {
  const program = new Command('ringfence')
    .description('A tenant boundary, a role and a provable record between AI agents and your PostgreSQL.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      // What commander would say of an error is said by reportError, once and with its exit code.
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .configureHelp({ showGlobalOptions: true })
    .option('--url <url>', 'administers the database; else RINGFENCE_ADMIN_URL, else DATABASE_URL')
    .option('--policy <file>', 'the policy file', DEFAULT_POLICY)
    .option('--keys <file>', 'the keys file; RINGFENCE_KEYS wins', DEFAULT_KEYS)
    .option('--json', 'answer in JSON on stdout, and with nothing else')
    .version(await version(), '--version', 'print the version')
    .addHelpText('after', EXAMPLES);
  for (const add of [
    addDemo,
    addInit,
    addPlan,
    addApply,
    addTools,
    addCheck,
    addCoverage,
    addTry,
    addPolicy,
    addProbe,
    addServe,
    addMcp,
    addApprovals,
    addAudit,
    addKeys,
    addCanary,
    addRemove,
  ])
    add(program, start);
  return program;
}

function usage(error: CommanderError): UsageError {
  if (error.code === 'commander.help') {
    return new UsageError('Which command? None was given.', 'Run: ringfence --help');
  }
  const [first = '', ...rest] = error.message.split('\n');
  const guess = rest.join(' ').replace(/^\(|\)$/g, '');
  const sentence = first.replace(/^error: |\.$/g, '');
  return new UsageError(
    `${sentence[0]?.toUpperCase() ?? ''}${sentence.slice(1)}.`,
    guess === '' ? 'See: ringfence --help' : guess,
  );
}
