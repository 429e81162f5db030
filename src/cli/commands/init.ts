/** `ringfence init`: a first policy, guessed from the database, for a person to correct. */

import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { introspect } from '../../database/introspect.js';
import { RingfenceError } from '../../errors.js';
import type { Guess } from '../../policy/guess/guess.js';
import { guessPolicy } from '../../policy/guess/guess-policy.js';
import { writePolicy } from '../../policy/guess/write-policy.js';
import { administer } from '../administer.js';
import { printable } from '../columns.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import type { Start } from '../program.js';
import { withProgress } from '../progress.js';
import { DEFAULT_POLICY } from '../settings.js';
import { UsageError } from '../usage-error.js';

interface InitOptions {
  readonly tenant?: string;
  readonly single?: boolean;
  readonly schema?: readonly string[];
  readonly out?: string;
  readonly force?: boolean;
}

const EXAMPLES = `
Examples:
  $ ringfence init                                  find the tenant column, or list the candidates
  $ ringfence init --tenant org_id                  a column that many tables share
  $ ringfence init --tenant customer.support_rep_id --schema public billing
  $ ringfence init --single                         one tenant owns the whole database
  $ ringfence init --out -                          print the policy instead of writing it

Nothing in the database changes. Every guess is marked in the file, with how sure it is and why.`;

export function addInit(program: Command, start: Start): void {
  program
    .command('init')
    .description('introspect the database and write a commented policy')
    .option('--tenant <column>', 'the tenant column: table.column, or a column that tables share')
    .option('--single', 'one tenant owns the whole database')
    .option('--schema <names...>', 'look at these schemas only')
    .option('--out <file>', 'where to write, - for stdout (default: the --policy file)')
    .option('--force', 'overwrite the file')
    .addHelpText('after', EXAMPLES)
    .action(start(init));
}

async function init(context: CommandContext, options: InitOptions): Promise<ExitCode> {
  const { terminal } = context;
  if (options.single === true && options.tenant !== undefined) {
    throw new UsageError(
      '--single and --tenant exclude each other.',
      'A database has many tenants, or one: pass either.',
    );
  }
  const out = options.out ?? context.options.policy;
  if (out !== '-' && options.force !== true) await refuseToOverwrite(out);

  const catalog = await administer(context, (administrator) =>
    withProgress(terminal, 'Reading the schema', () =>
      introspect(administrator, options.schema === undefined ? {} : { schemas: options.schema }),
    ),
  );
  const guess = guessPolicy(catalog, {
    ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    ...(options.single === undefined ? {} : { single: options.single }),
  });
  const text = writePolicy(guess);
  if (out !== '-') await write(out, text, options.force === true);

  const counts = countGuesses(guess);
  const next = `ringfence plan${out === DEFAULT_POLICY || out === '-' ? '' : ` --policy ${out}`}`;
  if (terminal.json) {
    await terminal.answerJson({
      policy: out === '-' ? null : out,
      ...(out === '-' ? { text } : {}),
      database: guess.database,
      tenancy: guess.tenancy,
      tenant:
        guess.tenant === null
          ? null
          : { column: guess.tenant.column, confidence: guess.tenant.confidence, why: guess.tenant.why },
      counts,
      next,
    });
    return 0;
  }
  if (out === '-') await terminal.answer(text.trimEnd());
  for (const line of summary(context, guess, counts, out, next)) terminal.say(line);
  return 0;
}

interface Counts {
  readonly ownColumn: number;
  readonly throughParent: number;
  readonly shared: number;
  readonly single: number;
  readonly notExposed: number;
  readonly maskedColumns: number;
  readonly deniedColumns: number;
}

function countGuesses(guess: Guess): Counts {
  const having = (kind: Guess['tables'][number]['tenancy']['kind']): number =>
    guess.tables.filter(({ tenancy }) => tenancy.kind === kind).length;
  return {
    ownColumn: having('column'),
    throughParent: having('via'),
    shared: having('shared'),
    single: having('single'),
    notExposed: guess.withheld.length,
    maskedColumns: guess.tables.reduce((sum, { masks }) => sum + masks.length, 0),
    deniedColumns: guess.secrets.length,
  };
}

function summary(
  { terminal }: CommandContext,
  guess: Guess,
  counts: Counts,
  out: string,
  next: string,
): string[] {
  const { tenant } = guess;
  const bold = (text: string): string => terminal.paint('bold', text, 'stderr');
  const line = (count: number, what: string): string[] =>
    count === 0 ? [] : [`  ${what.padEnd(48)} ${count}`];
  return [
    ...(out === '-' ? [] : [`Wrote ${bold(out)}, guessed from the database ${printable(guess.database)}.`]),
    tenant === null
      ? 'One tenant owns the whole database.'
      : `The tenant is told by ${bold(printable(tenant.column))} (${tenant.confidence} confidence): ${printable(tenant.why)}.`,
    ...line(counts.ownColumn, 'tables with a tenant column of their own'),
    ...line(counts.throughParent, 'tables that belong to a tenant through a parent'),
    ...line(counts.single, 'tables of the one tenant'),
    ...line(counts.shared, 'shared tables: reference data, read-only'),
    ...line(counts.notExposed, 'tables and views left out'),
    ...line(counts.maskedColumns, 'columns masked as personal data'),
    ...line(counts.deniedColumns, 'columns denied as secrets'),
    ...(out === '-'
      ? []
      : ['', 'Nothing is in force yet. Read the file, correct the guesses, then:', `  ${bold(next)}`]),
  ];
}

async function refuseToOverwrite(path: string): Promise<void> {
  const there = await lstat(path).then(
    () => true,
    () => false,
  );
  if (there)
    throw new UsageError(
      `${path} is there already, and is left as it is.`,
      'Pass --force to overwrite it, or --out for another place.',
    );
}

/** Whole or not at all. Without force, not even over a file that has appeared since we looked. */
async function write(path: string, text: string, force: boolean): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    if (!force) return await writeFile(path, text, { flag: 'wx' });
    const draft = `${path}.${randomBytes(4).toString('hex')}`;
    await writeFile(draft, text, { flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    throw new RingfenceError('config_invalid', `${path} cannot be written.`, {
      cause: error,
      suggestion: 'Check the folder and your rights in it, or name another place with --out.',
    });
  }
}
