/**
 * A plan in words and SQL, for people.
 */
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Plan, PlanStep } from './plan.js';

export interface RenderOptions {
  readonly color: boolean;
}

const NOUNS: Readonly<Record<PlanStep['kind'], string>> = {
  migration: 'migration',
  role: 'role',
  membership: 'membership',
  schema: 'schema',
  function_grants: 'grant',
  schema_grant: 'grant',
  function_grant: 'grant',
  table_grant: 'grant',
  row_security: 'row security',
  policy: 'policy',
  function: 'function',
  view: 'view',
  policy_record: 'record',
};

const COLORS = { '+': 'green', '~': 'yellow', '-': 'red' } as const;

/** The whole plan: each step with its reason, whom it affects and its SQL; then what to know; then the count and the digest. */
export function renderPlan(plan: Plan, { color }: RenderOptions): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const lines: string[] = [];
  for (const step of plan.steps) {
    lines.push(paint(COLORS[step.sign], `${step.sign} ${NOUNS[step.kind]} ${oneLine(step.identity)}`));
    lines.push(`    ${oneLine(step.words)}`);
    if (step.affects.length > 0) lines.push(`    for ${oneLine(step.affects.join(', '))}`);
    for (const statement of sqlOf(step)) lines.push(paint('dim', indent(printable(statement))));
  }
  if (plan.notes.length > 0) {
    lines.push(...(lines.length > 0 ? [''] : []), paint('bold', 'To know'));
    for (const { table, text } of plan.notes)
      lines.push(`  ${oneLine(table === null ? text : `${table}: ${text}`)}`);
  }
  lines.push('', summary(plan), `policy ${plan.policyHash}`, `plan   ${plan.digest}`);
  return lines.join('\n').replace(/^\n/, '');
}

function summary({ steps }: Plan): string {
  if (steps.length === 0) return 'Nothing to change: the database is as the policy says.';
  const count = (sign: PlanStep['sign']): number => steps.filter((step) => step.sign === sign).length;
  return `${count('+')} to make (+), ${count('~')} to make right (~), ${count('-')} to take out (-)`;
}

/** A migration is the same for everybody and long: it is named, and can be read in the package. */
function sqlOf({ kind, identity, sql }: PlanStep): readonly string[] {
  if (kind !== 'migration') return sql.map((statement) => `${statement};`);
  const length = sql.reduce((sum, text) => sum + text.trimEnd().split('\n').length, 0);
  return [`sql/${identity}.sql, ${length} lines`];
}

const indent = (text: string): string => text.replace(/^/gm, '      ');

const oneLine = (text: string): string => printable(text).replaceAll('\n', ' ');

/** Names are other people's: one with control characters must not drive the terminal. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '�');
}
