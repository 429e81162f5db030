/** `ringfence approvals`: what agents asked for, and a person's word on it. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { APPROVAL_STATES, type Approval, type ApprovalState } from '../../approvals/approval.js';
import type { Approvals } from '../../approvals/approvals.js';
import { within } from '../../boundary/propagation.js';
import { printColumns } from '../columns.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { openRingfence } from '../open-ringfence.js';
import { loadOwnTools, type OwnToolsOption, withOwnTools } from '../own-tools.js';
import { type PersonOptions, personBoundary, withPersonOptions } from '../person.js';
import type { Start } from '../program.js';
import type { Terminal } from '../terminal.js';
import { TOKEN_ENVIRONMENT } from '../token-options.js';

interface ApprovalOptions extends PersonOptions, OwnToolsOption {}

interface ListOptions extends ApprovalOptions {
  readonly state?: ApprovalState;
  readonly limit: number;
}

interface WordOptions extends ApprovalOptions {
  readonly reason?: string;
}

const EXAMPLES = `
Examples:
  $ ringfence approvals list --state pending --tenant 3 --user fin --role finance
  $ ringfence approvals show 0199a8c4-… --tenant 3 --user fin --role finance
  $ ringfence approvals approve 0199a8c4-… --tenant 3 --user fin --role finance
  $ ringfence approvals deny 0199a8c4-… --reason "the invoice is paid" --tenant 3 --user fin --role finance

A rule under "approvals" in the policy says which calls wait, and whose role decides. Never the user who asked, and never an agent. Once
it is approved, the agent makes the same call again, and it is made once; at its deadline it is denied by itself.

Who you are:
  with RINGFENCE_TOKEN    the token's user, through the one membership; it needs the scope ringfence:approve
  otherwise               what --tenant, --user and --role say: on the word of whoever runs this with the keys

Environment:
  RINGFENCE_TOKEN          the bearer token
${TOKEN_ENVIRONMENT}`;

export function addApprovals(program: Command, start: Start): void {
  const approvals = program
    .command('approvals')
    .description('calls that wait for people: list, show, approve, deny, revoke')
    .addHelpText('after', EXAMPLES);
  const add = (name: string, description: string): Command =>
    withOwnTools(withPersonOptions(approvals.command(name).description(description)));
  add('list', 'what waits or waited, the newest first; JSON lines with --json')
    .addOption(new Option('--state <state>', 'those that stand so').choices(APPROVAL_STATES))
    .option('--limit <count>', 'at most so many', parseLimit, 50)
    .action(start(list));
  add('show', 'one of them, with its input').argument('<id>', 'its id').action(start(show));
  add('approve', 'agree to exactly this call')
    .argument('<id>', 'its id')
    .option('--reason <text>', 'why')
    .action(start(say('approve')));
  add('deny', 'refuse it; the agent is told why')
    .argument('<id>', 'its id')
    .requiredOption('--reason <text>', 'why')
    .action(start(say('deny')));
  add('revoke', 'take it back before the call has been made')
    .argument('<id>', 'its id')
    .requiredOption('--reason <text>', 'why')
    .action(start(say('revoke')));
}

/** Works inside the boundary of whoever runs the command. */
async function asPerson(
  context: CommandContext,
  options: ApprovalOptions,
  work: (approvals: Approvals) => Promise<void>,
): Promise<ExitCode> {
  const open = personBoundary(options, context.environment);
  const ringfence = await openRingfence(context, { size: 2, tools: await loadOwnTools(options) });
  try {
    await within(await open(ringfence), () => work(ringfence.approvals));
    return 0;
  } finally {
    await ringfence.close();
  }
}

function list(context: CommandContext, options: ListOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { state, limit } = options;
  return asPerson(context, options, async (approvals) => {
    const found = await approvals.list({ limit, ...(state === undefined ? {} : { state }) });
    if (terminal.json) for (const approval of found) await terminal.answerJson(approval);
    else if (found.length === 0) terminal.say('Nothing fits.');
    else for (const line of printList(terminal, found)) await terminal.answer(line);
  });
}

function show(
  context: CommandContext,
  options: ApprovalOptions,
  [id = '']: readonly string[],
): Promise<ExitCode> {
  const { terminal } = context;
  return asPerson(context, options, async (approvals) => {
    const approval = await approvals.show(id);
    if (terminal.json) await terminal.answerJson(approval);
    else for (const line of printApproval(terminal, approval)) await terminal.answer(line);
  });
}

function say(verdict: 'approve' | 'deny' | 'revoke') {
  return (context: CommandContext, options: WordOptions, [id = '']: readonly string[]): Promise<ExitCode> => {
    const { terminal } = context;
    return asPerson(context, options, async (approvals) => {
      const answer = await approvals[verdict](id, { reason: options.reason ?? '' });
      if (terminal.json) await terminal.answerJson(answer);
      else
        await terminal.answer(
          answer.state === 'pending' ? `pending: others must approve it too` : answer.state,
        );
    });
  };
}

function printList(terminal: Terminal, approvals: readonly Approval[]): string[] {
  const header = ['id', 'state', 'rule', 'tool', 'user', 'role', 'approved', 'until'];
  const rows = approvals.map(({ id, state, rule, tool, requester, words, cosigners, expiresAt }) => [
    id,
    state,
    rule,
    tool,
    requester.user,
    requester.role,
    `${words.filter(({ verdict }) => verdict === 'approve').length} of ${cosigners}`,
    clock(expiresAt),
  ]);
  const [first = '', ...lines] = printColumns(header, rows);
  return [terminal.paint('bold', first), ...lines];
}

function printApproval(terminal: Terminal, approval: Approval): string[] {
  const { requester, words, cosigners, approvers } = approval;
  const { actor, workspace } = requester;
  const input =
    approval.input === null
      ? ['input     gone: it is kept while it is open']
      : ['input', ...pretty(approval.input)];
  return [
    `${terminal.paint('bold', approval.state)}  ${approval.tool}  by the rule ${approval.rule}`,
    `asked     ${clock(approval.requestedAt)} for ${requester.user} (${requester.role}${workspace === null ? '' : `, ${workspace}`}), by the ${actor.kind} ${actor.id}`,
    `decided   by ${cosigners === 1 ? 'one person' : `${cosigners} people`} in ${approvers.join(', ')}, until ${clock(approval.expiresAt)}`,
    ...words.map(
      ({ verdict, user, role, reason, at }) =>
        `${verdict.padEnd(10)}${clock(at)} ${user} (${role})${reason === null ? '' : `: ${reason}`}`,
    ),
    ...input,
  ];
}

function pretty(input: unknown): string[] {
  return JSON.stringify(input, null, 2)
    .split('\n')
    .map((line) => `  ${line}`);
}

function clock(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

function parseLimit(text: string): number {
  const count = Number(text);
  if (!/^[1-9]\d{0,2}$/.test(text) || count > 500)
    throw new InvalidArgumentError('Give a number from 1 to 500.');
  return count;
}
