/** `ringfence policy catalog`: the catalog as policies are compiled against, written down, or compared with one that was. */
import { readFile, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import { introspect } from '../../database/introspect.js';
import { RingfenceError } from '../../errors.js';
import { comparable, readSnapshot, writeSnapshot } from '../../probes/policy-test/catalog-snapshot.js';
import { administer } from '../administer.js';
import { printable, printCount } from '../columns.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import type { Start } from '../program.js';
import { UsageError } from '../usage-error.js';

interface PolicyCatalogOptions {
  readonly out?: string;
  readonly check?: string;
}

const EXAMPLES = `
Examples:
  $ ringfence policy catalog --out catalog.json       for "ringfence policy test --catalog", where there is no database
  $ ringfence policy catalog --check catalog.json     exit code 10 where the database has changed since

It holds names, types, keys, comments and rights, and no row.`;

export function addPolicyCatalog(policy: Command, start: Start): void {
  policy
    .command('catalog')
    .description('write down what policies are compiled against, or compare with what was')
    .option('--out <file>', 'where to write; default: stdout')
    .option('--check <file>', 'compare the database with this snapshot; write nothing')
    .addHelpText('after', EXAMPLES)
    .action(start(catalog));
}

async function catalog(context: CommandContext, { out, check }: PolicyCatalogOptions): Promise<ExitCode> {
  const { terminal } = context;
  if (out !== undefined && check !== undefined)
    throw new UsageError('--out and --check are two different things.', 'Pass one of them.');
  const kept =
    check === undefined
      ? null
      : readSnapshot(
          await readFile(check, 'utf8').catch(() => {
            throw new UsageError(`${check} cannot be read.`, 'Name a file that --out wrote.');
          }),
          check,
        );
  const found = await administer(context, ({ client }) => introspect(client));
  if (kept !== null) {
    const same = isDeepStrictEqual(plain(comparable(kept)), plain(comparable({ catalog: found })));
    if (terminal.json) await terminal.answerJson({ same, takenAt: kept.takenAt });
    else
      await terminal.answer(
        same
          ? `The database is as it was at ${kept.takenAt}.`
          : `The database has changed since ${kept.takenAt}: write a new snapshot, and run the tests against it.`,
      );
    return same ? 0 : 10;
  }
  const text = writeSnapshot({ takenAt: new Date().toISOString(), catalog: found });
  if (out === undefined) {
    await terminal.answer(text.trimEnd());
    return 0;
  }
  await writeFile(out, text).catch((cause: unknown) => {
    throw new RingfenceError('config_invalid', `${out} cannot be written.`, { cause });
  });
  if (terminal.json) await terminal.answerJson({ catalog: out, tables: found.tables.length });
  else terminal.say(`Wrote ${printable(out)}: ${printCount(found.tables.length, 'table')}.`);
  return 0;
}

/** As JSON would give it back: what is undefined is not there. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
