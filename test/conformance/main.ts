/**
 * Proves the MCP face with clients that others wrote: the official conformance suite in every protocol version it knows, and the MCP
 * inspector's command line over both transports.
 *
 *   npm run conformance [-- --json]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { installClients } from './clients.js';
import { inspect } from './inspector.js';
import { openPlace } from './place.js';
import { type Check, compare, expectedFailures, PROTOCOLS, runSuite } from './suite.js';

const HELP = `Runs the official MCP conformance suite and the MCP inspector against "ringfence serve" and "ringfence mcp".

  npm run conformance [-- --json]

  --json   the closing line alone, on standard output

Needs Node 22 or later, as those clients do. Which checks may fail, and why: test/conformance/expected-failures.yaml.
Exit code 0: all is as expected. 1: not so. 64: usage.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (Number(process.versions.node.split('.')[0]) < 22) {
    console.error(`The suite needs Node 22 or later; this is ${process.versions.node}.`);
    return 64;
  }
  const say = (text: string): void => {
    if (!values.json) console.error(text);
  };
  const startedAt = performance.now();
  const clients = await installClients(say);
  const expected = await expectedFailures();
  const results = await mkdtemp(join(tmpdir(), 'ringfence-conformance-results-'));
  const place = await openPlace(say);
  try {
    const checks: Check[] = [];
    for (const protocol of PROTOCOLS) {
      const of = await runSuite(clients.suite, protocol, place.openUrl, results);
      const failed = of.filter(({ status }) => status === 'FAILURE').length;
      say(`Protocol of ${protocol}: ${of.length} checks, ${failed} failed`);
      checks.push(...of);
    }
    const { passed, expectedFailures: known, warnings, unexpected, stale } = compare(checks, expected);
    for (const { name, message } of warnings) say(`  warning: ${name}: ${message.slice(0, 200)}`);
    for (const { name, message } of unexpected) console.error(`FAILED: ${name}: ${message.slice(0, 400)}`);
    for (const name of stale) console.error(`FAILED: ${name} was expected to fail, and did not`);

    const wrong = await inspect(clients.inspector, place, say);
    for (const line of wrong.unexpected) console.error(`FAILED: inspector: ${line}`);
    const closing = {
      protocols: PROTOCOLS.length,
      passed,
      expectedFailures: known,
      warnings: warnings.length,
      unexpected: unexpected.length,
      stale: stale.length,
      inspectorRuns: wrong.runs,
      inspectorUnexpected: wrong.unexpected.length,
      ms: Math.round(performance.now() - startedAt),
    };
    console.log(JSON.stringify(closing));
    // A run that checked nothing proves nothing.
    const held = unexpected.length + stale.length + wrong.unexpected.length === 0;
    return held && passed > 50 && wrong.runs > 0 ? 0 : 1;
  } finally {
    await place.close();
    await rm(results, { recursive: true, force: true });
  }
}

process.exitCode = await main();
