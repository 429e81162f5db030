/** A coverage report for people: the worst first, and what is sound in a line each. */
import { percentText } from '../probes/coverage/markdown.js';
import { type CoverageReport, STANDINGS, type Standing, standingText } from '../probes/coverage/report.js';
import { printable, printColumns, printCount } from './columns.js';
import type { Terminal } from './terminal.js';

const STYLE: Readonly<Record<Standing, Parameters<Terminal['paint']>[0]>> = {
  protected: 'green',
  through_parent: 'green',
  shared: 'dim',
  application: 'yellow',
  unprotected: 'red',
};

export function* renderCoverage(
  report: CoverageReport,
  { paint }: Pick<Terminal, 'paint'>,
): Generator<string> {
  const { database, server, login, at, policyHash, tenancy, coverage, totals, bypasses, tables, notes } =
    report;
  yield paint('bold', `${printable(database)}, PostgreSQL ${server}, read by ${printable(login)} at ${at}`);
  yield `Policy: ${policyHash ?? 'none given'}. Whose rows are whose: ${tenancy.source === 'policy' ? 'as the policy says' : `guessed (${tenancy.confidence})`}.`;
  yield '';
  yield `${paint('bold', percentText(report))}  ${coverage.held} of ${coverage.of}`;
  yield paint('dim', coverage.definition);
  for (const standing of STANDINGS.toReversed()) {
    const own = tables.filter((table) => table.standing === standing);
    if (own.length === 0) continue;
    yield '';
    yield `${paint(STYLE[standing], standingText(standing))}: ${printCount(totals[standing], 'table')}`;
    for (const line of printColumns(
      ['table', 'whose a row is', 'decided by', 'not bound'],
      own.map(({ schema, name, tenant, decidedBy, unbound }) => [
        `${schema}.${name}`,
        tenant ?? '–',
        decidedBy,
        unbound.join(', ') || '–',
      ]),
    ))
      yield `  ${line}`;
  }
  yield '';
  yield paint('bold', `Roles that row security does not bind: ${bypasses.length}`);
  for (const { role, login: may, why, tables: on } of bypasses)
    yield `  · ${printable(role)}${may ? '' : ' (no login)'}: ${printable(why)}; ${on === null ? 'every table' : printCount(on.length, 'table')}`;
  for (const note of notes) yield `${paint('yellow', 'note:')} ${printable(note)}`;
}
