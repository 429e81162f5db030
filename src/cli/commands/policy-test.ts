/** `ringfence policy test`: calls and what must be decided about them, decided. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { introspect } from '../../database/introspect.js';
import { RingfenceError } from '../../errors.js';
import { compilePolicy } from '../../policy/compile.js';
import { type JUnitReport, junitXml } from '../../probes/junit.js';
import { type CatalogSnapshot, readSnapshot } from '../../probes/policy-test/catalog-snapshot.js';
import { decideTests, type PolicyTestResult } from '../../probes/policy-test/decide-tests.js';
import { parsePolicyTests } from '../../probes/policy-test/file.js';
import { administer } from '../administer.js';
import { printable, printCount } from '../columns.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { loadOwnTools, type OwnToolsOption, withOwnTools } from '../own-tools.js';
import type { Start } from '../program.js';
import { readPolicy } from '../settings.js';
import { UsageError } from '../usage-error.js';

interface PolicyTestOptions extends OwnToolsOption {
  readonly catalog?: string;
  readonly junit?: string;
}

const EXAMPLES = `
Examples:
  $ ringfence policy test policy-tests.yaml                          against the database
  $ ringfence policy test tests/*.yaml --catalog catalog.json        without one

A test:
  - name: support does not see card numbers
    as: { role: support }
    call: query
    input: { table: payment, columns: [card_number] }
    expect: { decision: denied, code: unknown_column }

Decided is what the gate decides before it asks the database. Exit code 0: all as expected; 10: some not.`;

export function addPolicyTest(policy: Command, start: Start): void {
  withOwnTools(policy.command('test'))
    .description('decide calls from files of tests, and compare with what they expect')
    .argument('<files...>', 'files of tests, in YAML')
    .option('--catalog <file>', 'decide against this snapshot of a catalog in place of the database')
    .option('--junit <file>', 'write the results as JUnit XML')
    .addHelpText('after', EXAMPLES)
    .action(start(test));
}

async function test(
  context: CommandContext,
  options: PolicyTestOptions,
  files: readonly string[],
): Promise<ExitCode> {
  const { terminal } = context;
  const startedAt = new Date();
  const tests = (
    await Promise.all(files.map(async (file) => parsePolicyTests(await read(file), file)))
  ).flat();
  const file = await readPolicy(context.options.policy);
  const { takenAt, catalog } = await catalogOf(context, options.catalog);
  const policy = compilePolicy(file, catalog);
  const results = await decideTests(policy, catalog, await loadOwnTools(options), tests);
  const failed = results.filter(({ outcome }) => outcome === 'failed').length;
  if (options.junit !== undefined) await write(options.junit, junitXml(junitOf(results, startedAt)));
  const against = { database: catalog.database, snapshot: options.catalog === undefined ? null : takenAt };
  if (terminal.json) {
    await terminal.answerJson({
      passed: results.length - failed,
      failed,
      policyHash: policy.hash,
      against,
      tests: results,
    });
    return failed === 0 ? 0 : 10;
  }
  for (const result of results.filter(({ outcome }) => outcome === 'failed'))
    for (const line of failureLines(context, result)) await terminal.answer(line);
  const where =
    against.snapshot === null
      ? ''
      : `, against the catalog of ${printable(against.database)} as of ${against.snapshot}`;
  await terminal.answer(
    terminal.paint(
      failed === 0 ? 'green' : 'red',
      `${printCount(results.length - failed, 'test')} passed, ${failed} failed${where}.`,
    ),
  );
  return failed === 0 ? 0 : 10;
}

async function catalogOf(context: CommandContext, path: string | undefined): Promise<CatalogSnapshot> {
  if (path !== undefined) return readSnapshot(await read(path), path);
  const catalog = await administer(context, ({ client }) => introspect(client));
  return { takenAt: new Date().toISOString(), catalog };
}

function failureLines(
  { terminal }: CommandContext,
  { file, line, name, differences, reason }: PolicyTestResult,
): string[] {
  return [
    terminal.paint('bold', printable(`${file}:${line}  ${name}`)),
    ...differences.flatMap(({ what, expected, got }) => [
      terminal.paint('red', printable(`  - ${what}: ${expected}`)),
      terminal.paint('green', printable(`  + ${what}: ${got}`)),
    ]),
    ...(reason === null ? [] : [printable(`    ${reason}`)]),
    '',
  ];
}

function junitOf(results: readonly PolicyTestResult[], startedAt: Date): JUnitReport {
  const files = [...new Set(results.map(({ file }) => file))];
  return {
    name: 'ringfence policy test',
    startedAt,
    suites: files.map((file) => ({
      name: file,
      cases: results
        .filter((result) => result.file === file)
        .map(({ name, line, ms, differences, reason }) => {
          const shared = { name, classname: 'ringfence.policy', seconds: ms / 1000 };
          if (differences.length === 0) return shared;
          const told = differences.map(
            ({ what, expected, got }) => `${what}: expected ${expected}, got ${got}`,
          );
          const text = [`${file}:${line}`, ...told, ...(reason === null ? [] : [reason])].join('\n');
          return { ...shared, failure: { type: 'decision', message: told[0] ?? 'failed', text } };
        }),
    })),
  };
}

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new UsageError(`${path} cannot be read.`, 'Check its name, and that you may read it.');
  });
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((cause: unknown) => {
    throw new RingfenceError('config_invalid', `${path} cannot be written.`, {
      cause,
      suggestion: 'Check the folder and your rights in it, or name another place.',
    });
  });
}
