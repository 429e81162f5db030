/**
 * Equivalence: compares what tenants are answered among others with what they would be answered alone.
 *
 *   npm run equivalence -- --statements 20000 --seed 1
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runCrew } from './crew.js';
import { SERVERS } from './servers.js';
import type { Found } from './tally.js';
import { missingFor, WORLDS } from './worlds.js';

const HELP = `Compares what tenants are answered among others with what they would be answered alone.

  npm run equivalence -- [options]

  --statements N     how many, over all worlds and servers; default 1000
  --seed S           the same seed, the same statements; default one by chance, which is printed
  --world NAME       ${WORLDS.map(({ name }) => name).join(', ')}; may be repeated; default all whose data is at hand
  --server MAJOR     ${SERVERS.map(({ major }) => major).join(', ')}; may be repeated; default all that are installed
  --lanes N          calls under way at a time in each of two processes; default 3
  --scanned-rows N   in the second half, a limit that estimates reach; what then becomes too_broad is counted
  --features         prints how often each construct was made and refused
  --json             the closing line alone, on standard output

Exit code 0: no difference. 1: a difference, or none could be looked for. 64: usage.`;

const OPTIONS = {
  statements: { type: 'string', default: '1000' },
  seed: { type: 'string' },
  world: { type: 'string', multiple: true },
  server: { type: 'string', multiple: true },
  lanes: { type: 'string', default: '3' },
  'scanned-rows': { type: 'string' },
  features: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const statements = wholeNumber('statements', values.statements);
  const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : wholeNumber('seed', values.seed);
  const lanes = wholeNumber('lanes', values.lanes);
  const scannedRows =
    values['scanned-rows'] === undefined ? null : wholeNumber('scanned-rows', values['scanned-rows']);
  const say = (text: string): void => {
    if (!values.json) console.error(text);
  };
  const worlds = (values.world ?? WORLDS.map(({ name }) => name)).filter((name) => {
    const world = WORLDS.find((one) => one.name === name);
    if (world === undefined) throw new Usage(`There is no world ${name}.`);
    const missing = missingFor(world);
    if (missing === undefined) return true;
    if (values.world !== undefined)
      throw new Usage(`The world ${name} needs ${missing}; set RINGFENCE_CORPORA.`);
    console.error(`Without the world ${name}: there is no ${missing}. Set RINGFENCE_CORPORA.`);
    return false;
  });
  const majors =
    values.server?.map((server) => wholeNumber('server', server)) ?? SERVERS.map(({ major }) => major);
  for (const major of majors)
    if (!SERVERS.some((one) => one.major === major)) throw new Usage(`There is no PostgreSQL ${major} here.`);

  say(
    `${statements} statements over ${worlds.join(', ')} on PostgreSQL ${majors.join(' and ')}, seed ${seed}`,
  );
  const startedAt = Date.now();
  const { tally, others } = await runCrew({
    statements,
    seed,
    worlds,
    majors,
    lanes,
    scannedRows,
    onProgress: progress(statements, startedAt, values.json),
  });
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  for (const found of tally.found) console.error(told(found));
  for (const { asked, when, difference } of others.found)
    console.error(
      `\nAnother answer once others' rows had ${when}: ${difference.what}\n  ${asked}\n  before  ${difference.alone}\n  after   ${difference.shared}`,
    );
  if (values.features) {
    for (const [feature, [made, refused]] of Object.entries(tally.features).sort(
      ([, [one]], [, [other]]) => other - one,
    ))
      console.error(`${String(made).padStart(8)} ${String(refused).padStart(7)} refused  ${feature}`);
  }
  const { answered, withRows, rows, refused, failed, skipped } = tally;
  const closing = {
    statements: tally.statements,
    differences: tally.differences + others.differences,
    seed,
    ...{ answered, withRows, rows, refused, failed, skipped },
    others: { asked: others.asked, differences: others.differences, tooBroadFlips: others.flips },
    ms: Date.now() - startedAt,
  };
  console.log(JSON.stringify(closing));
  return closing.differences === 0 && tally.statements > 0 ? 0 : 1;
}

function told(found: Found): string {
  const { world, server, role, tenant, seed, number, tried, shrunk, asked, difference } = found;
  return `
A difference in ${difference.what}: world ${world}, PostgreSQL ${server}, role ${role}, tenant ${tenant}, seed ${seed}, question ${number}
  ${shrunk}
  inside  ${difference.shared}
  alone   ${difference.alone}
The smallest of ${tried} tried; first it was
  ${asked}`;
}

/** On a terminal, a line that is written over; elsewhere nothing, but for a word a minute. */
function progress(statements: number, startedAt: number, quiet: boolean) {
  let said = startedAt;
  return (done: number, differences: number): void => {
    const seconds = (Date.now() - startedAt) / 1000;
    const line = `${done} of ${statements}, ${Math.round(done / seconds)} a second, ${differences} differences`;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
    else if (!quiet && Date.now() - said > 60_000) {
      said = Date.now();
      console.error(line);
    }
  };
}

class Usage extends Error {}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Usage(`--${name} takes a whole number, not ${text}.`);
  return Number(text);
}

try {
  process.exitCode = await main();
} catch (error) {
  const usage =
    error instanceof Usage ||
    (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  if (!usage) throw error;
  console.error(`${error.message}\n\n${HELP}`);
  process.exitCode = 64;
}
