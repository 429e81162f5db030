/** A coverage report as Markdown: to be filed, signed and compared with the last one. Nothing in it depends on the order of reading. */
import { type CoverageReport, type CoveredTable, STANDINGS, standingText } from './report.js';

/** The same report gives the same text. */
export function coverageMarkdown(report: CoverageReport): string {
  const { database, server, login, at, policyHash, appliedHash, tenancy, totals, coverage, bypasses, notes } =
    report;
  return `${[
    `# Tenant isolation of ${text(database)}`,
    '',
    ...rows(
      ['', ''],
      [
        ['Database', text(database)],
        ['Server', `PostgreSQL ${server}`],
        ['Read by', text(login)],
        ['Read at', at],
        ['Policy', policyHash === null ? 'none given' : code(policyHash)],
        ['Policy applied', appliedHash === null ? 'none, or not visible' : code(appliedHash)],
        [
          'Whose rows are whose',
          text(
            tenancy.source === 'policy'
              ? 'as the policy says'
              : `guessed (${tenancy.confidence}): ${tenancy.why}`,
          ),
        ],
      ],
    ),
    '',
    '## Coverage',
    '',
    `**${percentText(report)}** (${coverage.held} of ${coverage.of}). ${coverage.definition}`,
    '',
    ...rows(
      ['Rows kept apart', 'Tables'],
      [
        ...STANDINGS.map((standing) => [standingText(standing), String(totals[standing])]),
        ['all', String(totals.tables)],
      ],
    ),
    '',
    '## Roles that row security does not bind',
    '',
    ...(bypasses.length === 0
      ? ['None.']
      : rows(
          ['Role', 'Login', 'Why', 'Tables'],
          bypasses.map(({ role, login: may, why, tables }) => [
            code(role),
            may ? 'yes' : 'no',
            text(why),
            tables === null ? 'all' : tables.map(code).join(', '),
          ]),
        )),
    '',
    '## Tables',
    '',
    ...rows(
      ['Table', 'Rows kept apart', 'Whose a row is', 'Decided by', 'Why', 'Bound', 'Not bound'],
      report.tables.map((table) => [
        code(`${table.schema}.${table.name}`) + (table.kind === 'table' ? '' : ` (${table.kind})`),
        standingText(table.standing),
        table.tenant === null ? '' : code(table.tenant),
        text(table.decidedBy),
        text(reasonText(table)),
        table.bound.map(code).join(', '),
        table.unbound.map(code).join(', '),
      ]),
    ),
    '',
    '## Notes',
    '',
    ...notes.map((note) => `- ${text(note)}`),
  ].join('\n')}\n`;
}

/** `97.5 %`. */
export function percentText({ coverage: { percent } }: CoverageReport): string {
  return percent === null ? 'No table to protect' : `${percent} %`;
}

function reasonText({ why, partOf }: CoveredTable): string {
  return partOf === null ? why : `part of ${partOf}; ${why}`;
}

function rows(header: readonly string[], body: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...body.map(line)];
}

/** Names are the database's, and may hold anything. */
function text(value: string): string {
  return plain(value).replace(/[\\`*_{}[\]<>|#]/g, '\\$&');
}

function code(value: string): string {
  return `<code>${plain(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('|', '&#124;').replaceAll('`', '&#96;')}</code>`;
}

function plain(value: string): string {
  return value.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '·');
}
