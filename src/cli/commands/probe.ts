/** `ringfence probe`: everything that must not happen, tried through the gate on a live database, before somebody else does. */
import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { RingfenceError } from '../../errors.js';
import { junitXml } from '../../probes/junit.js';
import { linesOf } from '../../probes/probe/lines.js';
import { faultLines, junitOf, type ProbeReport, reportOf, subjectName } from '../../probes/probe/report.js';
import { runProbes } from '../../probes/probe/run.js';
import { printable, printColumns, printCount } from '../columns.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { loadOwnTools, type OwnToolsOption, withOwnTools } from '../own-tools.js';
import { type ProbedOptions, probedDatabase } from '../probed-database.js';
import type { Start } from '../program.js';
import { Interrupted, UsageError } from '../usage-error.js';

interface ProbeOptions extends OwnToolsOption, Omit<ProbedOptions, 'tenants' | 'lines' | 'tools'> {
  readonly tenant: readonly string[];
  readonly lines?: string;
  readonly seconds: string;
  readonly seed?: string;
  readonly junit?: string;
  readonly show?: boolean;
}

const EXAMPLES = `
Examples:
  $ ringfence probe --demo                             on a database of its own; needs nothing but Node
  $ ringfence probe                                    on two tenants that are there, reading only
  $ ringfence probe --tenant 3 --tenant 5 --junit probe.xml
  $ ringfence probe --plant                            on staging: two lookalike tenants, taken away afterwards
  $ ringfence probe --tools ./tools.js --json

Without --plant no row of yours is written: writes are asked that the gate must refuse, and are undone should it not. Every call
is recorded in the ledger, with the actor "ringfence probe". Exit code 0: nothing failed, 10: something did; any other: the probes
could not be run.`;

export function addProbe(program: Command, start: Start): void {
  withOwnTools(program.command('probe'))
    .description('try everything that must not happen, through the gate, on a live database')
    .option(
      '--tenant <tenant>',
      'the two tenants, ours first; default: the two with rows in the most tables',
      collect,
      [],
    )
    .option('--workspace <workspace>', 'the workspace of ours; default: the one with the most rows')
    .option('--user <user>', 'the user of ours; default: the one with the most rows')
    .option('--plant', 'plant two lookalike tenants, and take them away again: for staging')
    .option('--yes', 'plant though the database looks live')
    .option('--demo', "probe the demo's database")
    .option('--lines <file>', 'lines to inject, beside the built-in ones')
    .option('--seconds <count>', 'begin nothing new after so many seconds', '300')
    .option('--seed <number>', 'the order in which cases are tried; default: another each time')
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--show', 'show inputs and values of rows in what failed')
    .addHelpText('after', EXAMPLES)
    .action(start(probe));
}

function collect(tenant: string, before: readonly string[]): readonly string[] {
  return [...before, tenant];
}

async function probe(context: CommandContext, options: ProbeOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { tenant: tenants, lines: linesFile, show = false, junit, ...more } = options;
  if (tenants.length !== 0 && tenants.length !== 2)
    throw new UsageError('Two tenants are needed, or none.', 'Pass --tenant A --tenant B; ours comes first.');
  const seconds = count('--seconds', options.seconds, 86_400);
  const seed = options.seed === undefined ? randomInt(2 ** 31) : count('--seed', options.seed, 2 ** 32 - 1);
  const startedAt = new Date();
  const stop = interruptions();
  const probed = await probedDatabase(context, stop.signal, {
    ...more,
    tenants,
    tools: await loadOwnTools(options),
    lines: linesFile === undefined ? [] : linesOf(await readLines(linesFile)),
  });
  let report: ProbeReport;
  try {
    const run = await runProbes(probed.ground, {
      seed,
      seconds,
      show,
      signal: stop.signal,
      onCase: progressOf(context),
    });
    report = reportOf(probed.ground, run);
  } catch (error) {
    throw stop.signal.aborted ? new Interrupted('Interrupted. Nothing of it is left but its events.') : error;
  } finally {
    await probed.close();
    stop.forget();
  }
  if (junit !== undefined) await writeJunit(junit, junitXml(junitOf(report, startedAt)));
  if (terminal.json) await terminal.answerJson({ ...report, ...(show ? probed.told : {}) });
  else for (const line of printReport(context, report)) await terminal.answer(line);
  return report.summary.failed === 0 ? 0 : 10;
}

function count(flag: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= most) return number;
  throw new UsageError(`${flag} is a whole number, at most ${most}.`, `Pass ${flag} 60, for one.`);
}

async function readLines(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new UsageError(`${path} cannot be read.`, 'Name a file with a line to inject on each line.');
  });
}

async function writeJunit(path: string, xml: string): Promise<void> {
  await writeFile(path, xml).catch((cause: unknown) => {
    throw new RingfenceError('config_invalid', `${path} cannot be written.`, {
      cause,
      suggestion: 'Check the folder and your rights in it, or name another place with --junit.',
    });
  });
}

const PROGRESS_MS = 3_000;

function progressOf({ terminal }: CommandContext): (result: unknown, done: number, of: number) => void {
  let saidAt = Date.now();
  return (_, done, of) => {
    if (Date.now() - saidAt < PROGRESS_MS) return;
    saidAt = Date.now();
    terminal.say(terminal.paint('dim', `${done} of ${of} cases`, 'stderr'));
  };
}

/** Ctrl-C ends the run at the next case, and what was planted is taken away; a second one ends the process at once. */
function interruptions(): { readonly signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const interrupt = (): void => {
    controller.abort(new Interrupted('Interrupted. Nothing of it is left but its events.'));
    forget();
  };
  const forget = (): void => {
    for (const name of signals) process.off(name, interrupt);
  };
  for (const name of signals) process.on(name, interrupt);
  return { signal: controller.signal, forget };
}

function printReport({ terminal }: CommandContext, report: ProbeReport): string[] {
  const { kinds, summary, calls, seed, ms } = report;
  const [header = '', ...rows] = printColumns(
    ['probe', 'passed', 'failed', 'skipped', 'left out'],
    kinds.map(({ probe, passed, failed, skipped, leftOut }) => [
      probe,
      ...[passed, failed, skipped, leftOut].map(String),
    ]),
  );
  const lines = [terminal.paint('bold', header)];
  for (const [at, row] of rows.entries()) {
    const kind = kinds[at];
    const colour = kind === undefined || kind.failed === 0 ? (kind?.passed === 0 ? 'dim' : 'green') : 'red';
    lines.push(terminal.paint(colour, row));
  }
  for (const { probe, cases, advice } of kinds) {
    for (const result of cases) {
      if (result.outcome !== 'failed') continue;
      lines.push('', terminal.paint('red', `failed  ${probe}  ${printable(subjectName(result.subject))}`));
      for (const fault of result.faults) {
        for (const [at, line] of faultLines(fault).entries())
          lines.push(printable(`${at === 0 ? '  ' : '    '}${line}`));
      }
      lines.push(`  ${advice}`);
    }
  }
  const skipped = skippedLines(report);
  if (skipped.length > 0) lines.push('', terminal.paint('bold', 'Not tried'), ...skipped);
  lines.push(
    '',
    terminal.paint(
      summary.failed === 0 ? 'green' : 'red',
      `${printCount(summary.passed, 'case')} passed, ${summary.failed} failed, ${summary.skipped} skipped, ${summary.leftOut} left out: ` +
        `${printCount(calls, 'call')} in ${(ms / 1000).toFixed(1)} s, seed ${seed}.`,
    ),
  );
  return lines;
}

/** Each reason once, with what it was about. */
function skippedLines({ kinds, summary }: ProbeReport): string[] {
  const reasons = new Map<string, string[]>();
  for (const { probe, cases } of kinds) {
    for (const result of cases) {
      if (result.outcome !== 'skipped') continue;
      const key = `${probe}: ${result.why}`;
      reasons.set(key, [...(reasons.get(key) ?? []), subjectName(result.subject)]);
    }
  }
  const lines = [...reasons].map(([why, subjects]) => {
    const named = subjects.filter((subject) => subject !== '*');
    const shown = named.slice(0, 4).join('; ');
    const more = named.length > 4 ? ` and ${named.length - 4} more` : '';
    return printable(`  ${why}${shown === '' ? '' : ` (${shown}${more})`}`);
  });
  return summary.leftOut === 0
    ? lines
    : [
        ...lines,
        `  ${printCount(summary.leftOut, 'case')} for want of time: pass --seconds with a larger number.`,
      ];
}
