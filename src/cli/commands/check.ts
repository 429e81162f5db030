/** `ringfence check`: what in a database lets rows of one tenant reach another, how bad it is, and the SQL that mends it. */
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type AllowEntry, readAllowList } from '../../probes/check/allow.js';
import { type CheckReport, check } from '../../probes/check/check.js';
import { SEVERITIES, type Severity } from '../../probes/check/finding.js';
import { mendingSql } from '../../probes/check/mending-sql.js';
import { RULES } from '../../probes/check/rules.js';
import { administer } from '../administer.js';
import { renderCheck } from '../check-report.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { policyAtHand } from '../policy-at-hand.js';
import type { Start } from '../program.js';
import { withProgress } from '../progress.js';
import { UsageError } from '../usage-error.js';

interface CheckCommandOptions {
  readonly allow?: string;
  readonly minSeverity: Severity;
  readonly tenant?: string;
  readonly guess?: boolean;
  readonly rows: boolean;
  readonly sql?: boolean;
  readonly all?: boolean;
}

const EXAMPLES = `
Examples:
  $ ringfence check --url postgres://admin@localhost/shop     a database that has never seen Ringfence
  $ ringfence check --tenant org_id                           where the guess is wrong
  $ ringfence check --sql > mend.sql                          what mends it, to be read before it is run
  $ ringfence check --min-severity high --allow allow.yaml    in CI: fails on what is high or worse and not allowed
  $ ringfence check --json | jq '.findings[] | .object'

Severities:
  critical  rows of one tenant can be had by another now
  high      one ordinary change away from that
  medium    tells of hidden rows, or weakens a layer
  low       costs, or may surprise

An allow-list says what is accepted, why, and until when:
  allow:
    - rule: role.bypass_rls
      object: role backup
      reason: pg_dump needs it; the login is on the backup host alone
      expires: 2027-06-30

Exit code 0: nothing at or above --min-severity. 11 low, 12 medium, 13 high, 14 critical: the worst that was found.
It reads the catalogs in one snapshot and changes nothing. Connect as somebody who may see everything: what could not be looked at is listed.
With ringfence.policy.yaml in the folder, or --policy, the policy says whose rows are whose, and drift from it is found too.`;

export function addCheck(program: Command, start: Start): void {
  program
    .command('check')
    .description('find what lets rows of one tenant reach another, in any PostgreSQL database')
    .option('--allow <file>', 'what is accepted, with reasons and expiry dates (YAML)')
    .addOption(
      new Option('--min-severity <severity>', 'leave out what is milder, from the exit code too')
        .choices([...SEVERITIES])
        .default('low'),
    )
    .option(
      '--tenant <column>',
      'the tenant column, where it is guessed: table.column, or a name that tables share',
    )
    .option('--guess', 'guess whose rows are whose, though there is a policy')
    .option('--no-rows', 'read the catalogs alone, and no rows of the product')
    .option('--sql', 'print only the SQL that mends it')
    .option('--all', 'list every object, however many')
    .addHelpText('after', EXAMPLES)
    .action(start(runCheck));
}

const EXIT: Readonly<Record<Severity, ExitCode>> = { low: 11, medium: 12, high: 13, critical: 14 };

async function runCheck(context: CommandContext, options: CheckCommandOptions): Promise<ExitCode> {
  const { terminal } = context;
  const policy = await policyAtHand(context, options);
  const allow = options.allow === undefined ? undefined : await readAllow(options.allow);
  const report = await administer(context, (administrator) =>
    withProgress(terminal, 'Checking', () =>
      check(administrator, {
        rows: options.rows,
        ...(policy === undefined ? {} : { policy }),
        ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
        ...(allow === undefined ? {} : { allow }),
      }),
    ),
  );
  const shown = atLeast(report, options.minSeverity);
  if (terminal.json) await terminal.answerJson(shown);
  else if (options.sql === true) await terminal.answer(mendingSql(shown.findings));
  else
    for (const line of renderCheck(shown, {
      terminal,
      all: options.all === true,
      hidden: report.findings.length - shown.findings.length,
    }))
      await terminal.answer(line);
  const [worst] = shown.findings;
  return worst === undefined ? 0 : EXIT[worst.severity];
}

function atLeast(report: CheckReport, least: Severity): CheckReport {
  const most = SEVERITIES.indexOf(least);
  return {
    ...report,
    findings: report.findings.filter(({ severity }) => SEVERITIES.indexOf(severity) <= most),
  };
}

async function readAllow(
  filename: string,
): Promise<{ readonly entries: readonly AllowEntry[]; readonly filename: string }> {
  let text: string;
  try {
    text = await readFile(filename, 'utf8');
  } catch {
    throw new UsageError(
      `The allow-list ${filename} cannot be read.`,
      'Name a file that exists, with "allow:" and a list of entries: see ringfence check --help.',
    );
  }
  return { entries: readAllowList(text, filename, new Set(RULES.map(({ id }) => id))), filename };
}
