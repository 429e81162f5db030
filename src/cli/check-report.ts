/** What `check` found, for people: rule by rule, worst first, with the first objects of each and what mends them. */
import type { CheckReport } from '../probes/check/check.js';
import { type Finding, SEVERITIES, type Severity } from '../probes/check/finding.js';
import { RULES } from '../probes/check/rules.js';
import { printable, printCount } from './columns.js';
import type { Terminal } from './terminal.js';

interface RenderOptions {
  readonly terminal: Pick<Terminal, 'paint'>;
  /** Whether every object is listed. */
  readonly all: boolean;
  /** How many findings are milder than was asked for. */
  readonly hidden: number;
}

/** Objects of one rule that are listed. */
const LISTED = 5;

const STYLE: Readonly<Record<Severity, Parameters<Terminal['paint']>[0]>> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
  low: 'dim',
};

export function* renderCheck(
  report: CheckReport,
  { terminal, all, hidden }: RenderOptions,
): Generator<string> {
  const { paint } = terminal;
  yield paint(
    'bold',
    `${printable(report.database)}, PostgreSQL ${report.server}, seen as ${printable(report.login)}`,
  );
  yield tenancyLine(report);
  for (const [rule, findings] of byRule(report.findings)) {
    const [first] = findings;
    if (first === undefined) continue;
    const title = RULES.find(({ id }) => id === rule)?.title ?? rule;
    yield '';
    yield `${paint(STYLE[first.severity], first.severity.toUpperCase())}  ${paint('bold', `${printCount(findings.length, 'finding')}: ${title}`)}  ${paint('dim', rule)}`;
    yield `  ${first.why}`;
    const shown = all ? findings : findings.slice(0, LISTED);
    for (const [at, { severity, object, what, mend, advice }] of shown.entries()) {
      const mark = severity === first.severity ? '' : `${paint(STYLE[severity], severity)} `;
      yield `  ${paint('cyan', '·')} ${mark}${printable(object)}: ${printable(what)}`;
      // One shows how; the others are mended alike, and --sql prints all of it.
      if (at > 0 && !all) continue;
      for (const sql of mend) yield `      ${paint('green', `${printable(cut(sql))};`)}`;
      if (advice !== undefined) yield `      ${mend.length === 0 ? 'To decide: ' : ''}${printable(advice)}`;
    }
    if (findings.length > shown.length)
      yield `  … and ${findings.length - shown.length} more: --all lists them`;
  }
  yield* asides(report, terminal);
  yield '';
  yield summary(report, hidden, terminal);
}

function tenancyLine({ tenancy }: CheckReport): string {
  const { tables, source, confidence } = tenancy;
  const held = (tables.column ?? 0) + (tables.via ?? 0) + (tables.root ?? 0);
  const all = Object.values(tables).reduce((sum, count) => sum + count, 0);
  const how =
    source === 'policy'
      ? 'as the policy says'
      : `guessed${confidence === 'unsure' ? ', and not sure: --tenant table.column says it better' : ''}`;
  return `${held} of ${printCount(all, 'table')} hold rows of tenants, ${how}: ${printable(tenancy.why)}${/[.]$/.test(tenancy.why) ? '' : '.'}`;
}

function* asides(
  { allowed, notChecked, notes }: CheckReport,
  { paint }: Pick<Terminal, 'paint'>,
): Generator<string> {
  if (allowed.length > 0) {
    yield '';
    yield paint('bold', `Allowed: ${printCount(allowed.length, 'finding')}`);
    for (const { rule, object, reason, expires } of allowed)
      yield `  · ${printable(object)} (${rule}) until ${expires}: ${printable(reason)}`;
  }
  if (notChecked.length > 0) {
    yield '';
    yield paint('bold', 'Not checked');
    for (const { rule, object, why } of notChecked)
      yield `  · ${rule}${object === null ? '' : ` for ${printable(object)}`}: ${printable(why)}`;
  }
  for (const note of notes) yield `${paint('yellow', 'note:')} ${printable(note)}`;
}

function summary(
  { findings, rules, ms }: CheckReport,
  hidden: number,
  { paint }: Pick<Terminal, 'paint'>,
): string {
  const counts = SEVERITIES.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [paint(STYLE[severity], `${count} ${severity}`)];
  });
  const milder = hidden === 0 ? '' : ` (${hidden} milder left out)`;
  const asked = `${rules} rules in ${(ms / 1000).toFixed(1)} s`;
  return counts.length === 0
    ? `${paint('green', 'Nothing found')}${milder} by ${asked}.`
    : `${counts.join(', ')}${milder}, by ${asked}. What mends it: --sql. What is accepted: --allow.`;
}

/** Findings by rule, in the order in which the worst of each comes. */
function byRule(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.rule);
    if (group === undefined) groups.set(finding.rule, [finding]);
    else group.push(finding);
  }
  return groups;
}

const LONGEST = 400;

const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`);
