/** `ringfence coverage`: for every table who keeps its rows apart and who decided that, for every role whether it is bound. */
import { type Command, Option } from 'commander';
import { coverage } from '../../probes/coverage/coverage.js';
import { coverageMarkdown } from '../../probes/coverage/markdown.js';
import { administer } from '../administer.js';
import type { CommandContext } from '../context.js';
import { renderCoverage } from '../coverage-report.js';
import type { ExitCode } from '../exit-code.js';
import { policyAtHand } from '../policy-at-hand.js';
import type { Start } from '../program.js';
import { withProgress } from '../progress.js';

interface CoverageCommandOptions {
  readonly format: 'text' | 'markdown';
  readonly tenant?: string;
  readonly guess?: boolean;
}

const EXAMPLES = `
Examples:
  $ ringfence coverage                                    for the terminal
  $ ringfence coverage --format markdown > coverage.md    for an auditor
  $ ringfence coverage --json | jq .coverage.percent      for a dashboard
  $ ringfence coverage --tenant org_id                    without a policy, where the guess is wrong

It reads the catalogs in one snapshot and changes nothing. With ringfence.policy.yaml in the folder, or --policy, the policy says whose
rows are whose and who decided it; without one it is guessed, and the report says so.`;

export function addCoverage(program: Command, start: Start): void {
  program
    .command('coverage')
    .description('say of every table who keeps its rows apart, and of every role whether it is bound')
    .addOption(
      new Option('--format <format>', 'how to write it').choices(['text', 'markdown']).default('text'),
    )
    .option(
      '--tenant <column>',
      'the tenant column, where it is guessed: table.column, or a name that tables share',
    )
    .option('--guess', 'guess whose rows are whose, though there is a policy')
    .addHelpText('after', EXAMPLES)
    .action(start(runCoverage));
}

async function runCoverage(context: CommandContext, options: CoverageCommandOptions): Promise<ExitCode> {
  const { terminal } = context;
  const policy = await policyAtHand(context, options);
  const report = await administer(context, (administrator) =>
    withProgress(terminal, 'Reading the database', () =>
      coverage(administrator, {
        ...(policy === undefined ? {} : { policy }),
        ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
      }),
    ),
  );
  if (terminal.json) await terminal.answerJson(report);
  else if (options.format === 'markdown') await terminal.answer(coverageMarkdown(report).trimEnd());
  else for (const line of renderCoverage(report, terminal)) await terminal.answer(line);
  return 0;
}
