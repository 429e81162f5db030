/** `ringfence try`: what would an agent get? Tool calls in, decisions out, through the one gate. */

import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { uuidv7 } from 'uuidv7';
import type { Actor } from '../../boundary/boundary.js';
import { within } from '../../boundary/propagation.js';
import { RingfenceError } from '../../errors.js';
import { batchFault } from '../../ledger/batch-fault.js';
import type { Ringfence } from '../../ringfence.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { readLines } from '../lines.js';
import { openRingfence } from '../open-ringfence.js';
import { loadOwnTools, type OwnToolsOption, withOwnTools } from '../own-tools.js';
import type { Start } from '../program.js';
import { LONGEST_LINE, readToolCall, type ToolCall } from '../tool-call.js';
import { answered, lostDatabase, notACall, printResult, type TryResult } from '../try-result.js';
import { Interrupted, UsageError } from '../usage-error.js';

interface TryOptions extends OwnToolsOption {
  readonly tenant: string;
  readonly user: string;
  readonly role: string;
  readonly workspace?: string;
  readonly plan?: string;
  readonly agent?: string;
  readonly dry?: boolean;
}

const EXAMPLES = `
Examples:
  $ echo '{"tool":"describe_schema","input":{}}' | ringfence try --tenant 3 --user ada --role support
  $ ringfence try calls.jsonl --tenant 3 --user ada --role support --dry > answers.jsonl

A call is one line:
  {"tool":"query","input":{"table":"invoice","limit":5},"reason":"the customer asked"}
An answer is one line for each, in the same order:
  {"decision":"allowed","rule":"roles.support.tools.query","reason":null,"code":null,"rows":[…],"truncated":false,"ms":2.1,…}

Every call is recorded in the ledger, with the actor "operator", or the agent that --agent names. A denial is an answer: the exit
code is 0 if every call was answered.`;

export function addTry(program: Command, start: Start): void {
  withOwnTools(program.command('try'))
    .description('run tool calls as an agent would, and show what it would get')
    .argument('[file]', 'tool calls as JSON lines; - or nothing for standard input')
    .requiredOption('--tenant <tenant>', 'the tenant to act in')
    .requiredOption('--user <user>', 'the user to act for')
    .requiredOption('--role <role>', "the user's role")
    .option('--workspace <workspace>', "the user's workspace in the tenant")
    .option('--plan <plan>', "the tenant's plan")
    .option('--agent <name>', 'act as this agent instead of as the operator')
    .option('--dry', 'undo every write before it commits')
    .addHelpText('after', EXAMPLES)
    .action(start(tryCalls));
}

async function tryCalls(
  context: CommandContext,
  options: TryOptions,
  [path = '-']: readonly string[],
): Promise<ExitCode> {
  const { terminal } = context;
  const input = path === '-' ? context.stdin : await openFile(path);
  const ringfence = await openRingfence(context, { size: 2, tools: await loadOwnTools(options) });
  const stop = new AbortController();
  const interrupt = (): void => {
    stop.abort();
    input.destroy();
  };
  process.once('SIGINT', interrupt);
  try {
    if (path === '-' && context.stdin.isTTY === true)
      terminal.say('Type tool calls, one JSON object a line. Ctrl-D ends.');
    const trial = createTrial(ringfence, options, stop.signal);
    let exit: ExitCode = 0;
    for await (const line of readLines(input, LONGEST_LINE)) {
      const call = readToolCall(line);
      if (call === null) continue;
      const result = typeof call === 'string' ? notACall(call) : await trial(call);
      if (terminal.readable) for (const text of printResult(terminal, result)) await terminal.answer(text);
      else await terminal.answerJson(result);
      if (exit === 0) exit = lostDatabase(result);
      if (terminal.closed.aborted) break;
    }
    return exit;
  } catch (error) {
    if (stop.signal.aborted) throw new Interrupted('Interrupted.');
    throw whyUnrecorded(error);
  } finally {
    process.off('SIGINT', interrupt);
    input.destroy();
    await ringfence.close();
  }
}

/** Calls one tool after another: boundaries of one run and one trace, each made for its call, so that none runs out. */
function createTrial(
  ringfence: Ringfence,
  options: TryOptions,
  signal: AbortSignal,
): (call: ToolCall) => Promise<TryResult> {
  const { tenant, user, role, workspace, plan, dry } = options;
  const fields = {
    tenant,
    user,
    role,
    workspace,
    plan,
    actor: actorOf(options.agent),
    runId: uuidv7(),
    traceId: randomBytes(16).toString('hex'),
  };
  // Before anything is read: a role that the policy does not have is the same for every call.
  ringfence.trustedBoundary(fields);
  return async ({ tool, input, reason }) => {
    const decision = await within(ringfence.trustedBoundary(fields), () =>
      ringfence.call(tool, input, {
        signal,
        ...(reason === undefined ? {} : { reason }),
        ...(dry === undefined ? {} : { dry }),
      }),
    );
    return answered(tool, decision);
  };
}

/** Where a call could not be recorded because of the database, it is the database that somebody has to look at. */
function whyUnrecorded(error: unknown): unknown {
  if (!(error instanceof RingfenceError) || error.code !== 'ledger_unavailable') return error;
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === '25006') {
      return new RingfenceError(
        'database_read_only',
        'The database accepts no writes, so the call could not be recorded and is not answered.',
        { cause: error, suggestion: 'Connect to the primary.' },
      );
    }
  }
  if (error.cause === undefined || batchFault(error) !== 'passing') return error;
  return new RingfenceError(
    'database_lost',
    'The database was lost, so the call could not be recorded and is not answered.',
    { cause: error, suggestion: 'See that the server runs, then try the rest again.' },
  );
}

function actorOf(agent: string | undefined): Actor {
  if (agent !== undefined) return { kind: 'agent', id: agent };
  try {
    return { kind: 'operator', id: userInfo().username || 'operator' };
  } catch {
    // A process may run under a number that no account has.
    return { kind: 'operator', id: 'operator' };
  }
}

async function openFile(path: string) {
  try {
    const file = await open(path);
    if ((await file.stat()).isDirectory()) {
      await file.close();
      throw new Error('a directory');
    }
    return file.createReadStream();
  } catch {
    throw new UsageError(
      `${path} cannot be read.`,
      'Name a file of tool calls, one JSON object a line, or - for standard input.',
    );
  }
}
