#!/usr/bin/env node
/**
 * npm run bench [-- --json] [--quick]
 *
 * Prints DESIGN's figures as ratios to floors measured in the same run. Exit code 0 also where a target is missed: a figure is a
 * fact, not a test. --quick: a tenth of the data, for a first look.
 */
import { parseArgs, styleText } from 'node:util';
import { canaryRows } from './canaries.mjs';
import { checkRows } from './check.mjs';
import { executorRows } from './executor.mjs';
import { guardRows } from './guard.mjs';
import { ledgerRows } from './ledger.mjs';
import { sealedRows } from './sealed.mjs';
import { shapeRows } from './shapes.mjs';
import { tenantRows } from './tenants.mjs';
import { decisionRows, recordedRows } from './tool-calls.mjs';
import { openWorld } from './world.mjs';

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, quick: { type: 'boolean' } } });
const size = options.quick ? 10 : 1;
const say = (what) => process.stderr.write(`  ${what} …\n`);

const world = await openWorld(
  { tenants: 1_000, documents: 1_000_000 / size, accounts: 100_000 / size, entries: 1_000_000 / size },
  say,
);
const rows = [];
try {
  for (const [name, measure] of [
    ['sealed reads', sealedRows],
    ['recorded calls', recordedRows],
    ['decisions', decisionRows],
    ['the guard', guardRows],
    ['canaries', canaryRows],
    ['the ledger', ledgerRows],
    ['agent-written SQL', executorRows],
    ['plans under row-level security', shapeRows],
    ['ten to ten thousand tenants', tenantRows],
    ['check', checkRows],
  ]) {
    say(name);
    rows.push(...(await measure(world)));
  }
} finally {
  await world.close();
}

if (options.json) process.stdout.write(`${JSON.stringify({ node: process.version, rows })}\n`);
else print(rows);

function print(lines) {
  const number = (value, unit) =>
    value === undefined
      ? '–'
      : `${value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(value < 10 ? 2 : 0)} ${unit}`;
  const table = lines.map((line) => [
    line.what,
    number(line.value, line.unit),
    line.floor,
    number(line.floorValue, line.unit),
    line.ratio === undefined ? '–' : `${line.ratio.toFixed(2)}×`,
    line.target,
  ]);
  const head = ['what', 'here', 'floor', 'floor', 'ratio', 'target or reason'];
  const widths = head.map((title, at) => Math.max(title.length, ...table.map((row) => row[at].length)));
  const line = (cells) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at]))
      .join('  ')
      .trimEnd();
  console.log(line(head));
  console.log(widths.map((width) => '─'.repeat(width)).join('  '));
  for (const [at, row] of table.entries()) {
    const text = line(row);
    console.log(process.stdout.isTTY && !lines[at].ok ? styleText('yellow', text) : text);
  }
}
