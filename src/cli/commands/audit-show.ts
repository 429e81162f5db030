/** `ringfence audit show`: the newest events that fit. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { subjectName } from '../../boundary/pseudonym.js';
import { requireInstallation } from '../../database/installation.js';
import { loadKeys } from '../../database/keys.js';
import type { Effect } from '../../ledger/event.js';
import { type RecordedEvent, showEvents } from '../../ledger/read.js';
import { administer } from '../administer.js';
import { printColumns } from '../columns.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import type { Start } from '../program.js';
import { withProgress } from '../progress.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

interface ShowOptions {
  readonly tenant?: string;
  readonly user?: string;
  readonly run?: string;
  readonly trace?: string;
  readonly decision?: Effect;
  readonly since?: Date;
  readonly limit: number;
}

const EXAMPLES = `
Examples:
  $ ringfence audit show                                  the newest 50 events, newest first
  $ ringfence audit show --tenant 3 --user ada --since 24h
  $ ringfence audit show --decision denied --json | jq -r .event.decision.rule | sort | uniq -c

The ledger names people by pseudonym; --user finds a person's with the keys file. --since takes a time (2027-01-31T08:00Z) or an
age (90m, 24h, 7d).`;

export function addShow(audit: Command, start: Start): void {
  audit
    .command('show')
    .description('the newest events that fit, newest first; JSON lines with --json')
    .option('--tenant <tenant>', 'events of this tenant')
    .option('--user <user>', 'events of this user of the tenant, or of a pseudonym (u_…)')
    .option('--run <id>', 'events of this run')
    .option('--trace <id>', 'events of this trace')
    .addOption(
      new Option('--decision <effect>', 'events that were decided so').choices([
        'allowed',
        'denied',
        'failed',
        'pending',
      ]),
    )
    .option('--since <time>', 'events since then', parseSince)
    .option('--limit <count>', 'at most so many', parseLimit, 50)
    .addHelpText('after', EXAMPLES)
    .action(start(show));
}

async function show(context: CommandContext, options: ShowOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { user, ...filter } = options;
  const subject = user === undefined ? {} : { subject: await subjectOf(context, user, options.tenant) };
  const events = await administer(context, async (administrator) => {
    await requireInstallation(administrator);
    return withProgress(terminal, 'Reading the ledger', () =>
      showEvents(administrator, { ...filter, ...subject }),
    );
  });
  if (terminal.json) {
    for (const event of events) await terminal.answerJson(event);
    return 0;
  }
  if (events.length === 0) terminal.say('No event fits.');
  else for (const line of printEvents(terminal, events)) await terminal.answer(line);
  if (events.length === options.limit) terminal.say(`\nThe newest ${options.limit}; --limit shows more.`);
  return 0;
}

async function subjectOf(context: CommandContext, user: string, tenant: string | undefined): Promise<string> {
  if (/^u_[0-9a-f]{32}$/.test(user)) return user;
  if (tenant === undefined) {
    throw new UsageError(
      '--user needs --tenant: a person has another pseudonym in every tenant.',
      'Add --tenant, or pass a pseudonym (u_…).',
    );
  }
  const { ledgerKey } = await loadKeys(context.options.keys, context.environment);
  return subjectName(ledgerKey, tenant, user);
}

function printEvents(terminal: Terminal, events: readonly RecordedEvent[]): string[] {
  const header = ['recorded', 'tenant', 'user', 'role', 'actor', 'action', 'decision', 'rows', 'rule'];
  const rows = events.map(({ recordedAt, tenant, boundary, event, rowCount }) => [
    recordedAt.replace('T', ' ').replace(/\.(\d{3})\d*Z$/, '.$1'),
    tenant,
    `${boundary.subject.slice(0, 10)}…`,
    boundary.role,
    `${boundary.actor_kind} ${boundary.actor}`,
    event.dry === true ? `${event.action} (dry)` : event.action,
    event.decision.code === undefined
      ? event.decision.effect
      : `${event.decision.effect} ${event.decision.code}`,
    String(rowCount),
    event.decision.rule,
  ]);
  const [first = '', ...lines] = printColumns(header, rows);
  return [terminal.paint('bold', first), ...lines];
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseSince(text: string): Date {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const milliseconds = UNITS[unit];
  if (milliseconds !== undefined) return new Date(Date.now() - Number(count) * milliseconds);
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('Give a time (2027-01-31T08:00Z) or an age (90m, 24h, 7d).');
  return date;
}

function parseLimit(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 100_000)
    throw new InvalidArgumentError('Give a number from 1 to 100000.');
  return count;
}
