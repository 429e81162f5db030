/** `ringfence plan`: what `apply` would change, for whom, in words and in SQL. */
import type { Command } from 'commander';
import type { Plan } from '../../compile/plan.js';
import { renderPlan } from '../../compile/render-plan.js';
import { introspect } from '../../database/introspect.js';
import { plan as planChanges } from '../../database/plan.js';
import { compilePolicy } from '../../policy/compile.js';
import { administer } from '../administer.js';
import { printable } from '../columns.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { sayWarnings } from '../policy-warnings.js';
import type { Start } from '../program.js';
import { withProgress } from '../progress.js';
import { readPolicy } from '../settings.js';

interface PlanOptions {
  readonly sql?: boolean;
}

const EXAMPLES = `
Examples:
  $ ringfence plan                                   words and SQL
  $ ringfence plan --sql > review.sql                only the SQL
  $ ringfence plan --json | jq -r .digest            what "ringfence apply --expect" takes

Exit code 0: nothing to change. 2: there are changes. Anything else: an error. Nothing is changed by planning.`;

export function addPlan(program: Command, start: Start): void {
  program
    .command('plan')
    .description('say what would change in the database, for whom, in words and in SQL')
    .option('--sql', 'print only the SQL')
    .addHelpText('after', EXAMPLES)
    .action(start(plan));
}

async function plan(context: CommandContext, options: PlanOptions): Promise<ExitCode> {
  const { terminal } = context;
  const file = await readPolicy(context.options.policy);
  const { planned, warnings } = await administer(context, async ({ client }) => {
    const catalog = await withProgress(terminal, 'Reading the schema', () => introspect(client));
    const policy = compilePolicy(file, catalog);
    const planned = await withProgress(terminal, 'Planning', () => planChanges(client, policy, catalog));
    return { planned, warnings: policy.warnings };
  });
  const exit = planned.steps.length === 0 ? 0 : 2;
  if (terminal.json) {
    await terminal.answerJson({ changes: planned.steps.length, ...planned, warnings });
    return exit;
  }
  sayWarnings(terminal, file.filename, warnings);
  await terminal.answer(
    options.sql === true ? printSql(planned) : renderPlan(planned, { color: terminal.colour.stdout }),
  );
  if (exit === 2 && options.sql !== true)
    terminal.say(`\nTo do exactly this: ringfence apply --expect ${planned.digest}`);
  return exit;
}

function printSql({ steps, digest }: Plan): string {
  const blocks = steps.map(({ sign, kind, identity, sql }) =>
    [
      `-- ${sign} ${kind} ${printable(identity)}`,
      ...sql.map((text) => (/;\s*$/.test(text) ? text.trimEnd() : `${text};`)),
    ].join('\n'),
  );
  return [...blocks, `-- plan ${digest}`].join('\n\n');
}
