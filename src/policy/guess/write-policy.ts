/**
 * A guess as a policy file that a person can read, correct and apply.
 */
import type { CatalogTable } from '../catalog.js';
import { printName } from '../name.js';
import type { Guess, GuessedTable, Tenancy, WithheldRelation } from './guess.js';
import { columnKey, policyName } from './policy-name.js';
import { writeRoles } from './write-roles.js';
import { flowList, flowMap, remark, scalar } from './yaml-text.js';

/** Names of one group of relations that are written out before the rest is only counted. */
const NAMED = 20;

/**
 * Writes a guess as `ringfence.policy.yaml`: every guess marked `# guess`, with how sure it is and why, and what stays out with the
 * reason. The file compiles as it stands against the catalog it was guessed from.
 *
 * @example
 * ```ts
 * await writeFile('ringfence.policy.yaml', writePolicy(guessPolicy(catalog)));
 * ```
 */
export function writePolicy(guess: Guess): string {
  const lines = [
    ...header(guess),
    'version: 1',
    'preset: production # or development: reasons optional, wider limits',
    '',
    '# guess: nobody has been asked. Name who answers for each axis.',
    'owners: { tenant: platform-team, role: product, secrets: security, audit: compliance }',
    '',
    ...tenancyLines(guess),
    ...(guess.schema === 'public'
      ? []
      : ['', '# Names without a schema live here.', `schema: ${scalar(guess.schema)}`]),
    '',
    '# Every table an agent may reach, and whose its rows are.',
    'tables:',
    ...tableLines(guess),
    ...withheldLines(guess),
    '',
    ...denyLines(guess),
    ...writeRoles(guess),
  ];
  return `${lines.join('\n')}\n`;
}

function header(guess: Guess): readonly string[] {
  return [
    '# yaml-language-server: $schema=./node_modules/ringfence/schema/policy.schema.json',
    '#',
    `# Ringfence policy for the database ${remark(guess.database)}, guessed from its schema. Nothing of it is in force yet.`,
    '# Each guess is marked "guess", with how sure it is (high, medium, low) and why.',
    '#',
    '# Check, the costliest mistakes first:',
    ...(guess.tenancy === 'multi'
      ? [
          '#   1. the tenant column: does it say whose a row is?',
          '#   2. every table that is shared: all tenants see all of its rows',
          '#   3. every guess of low or medium confidence under tables, and the tables left out below them',
          '#   4. the masks under roles, and the columns noted there as unmasked',
          '#   5. the owners',
        ]
      : [
          '#   1. that one tenant does own every row of this database',
          '#   2. the tables left out below tables',
          '#   3. the masks under roles, and the columns noted there as unmasked',
          '#   4. the owners',
        ]),
    '# Then:',
    '#   ringfence plan     says what would change in the database, and for whom',
    '#   ringfence apply    does exactly that',
    '',
  ];
}

function tenancyLines({ tenancy, tenant, schema }: Guess): readonly string[] {
  if (tenant === null) return ['tenancy: single'];
  const { root } = tenant;
  const target =
    root === null
      ? ''
      : `, a key to ${printName(root.table.schema === schema ? [root.table.name] : [root.table.schema, root.table.name])}`;
  return [
    `# guess, ${tenant.confidence}: the tenant is told by ${remark(`${tenant.column}${target}`)}.`,
    `# Why: ${remark(tenant.why)}.`,
    `tenancy: ${tenancy}`,
  ];
}

const KIND_ORDER = ['column', 'via', 'single', 'shared'] as const;

function bySchema(guess: Guess): readonly (readonly [schema: string, tables: readonly GuessedTable[]])[] {
  const schemas = new Map<string, GuessedTable[]>();
  for (const table of guess.tables) {
    const group = schemas.get(table.table.schema);
    if (group === undefined) schemas.set(table.table.schema, [table]);
    else group.push(table);
  }
  const rank = (schema: string): string => (schema === guess.schema ? '' : schema);
  return [...schemas]
    .sort((a, b) => (rank(a[0]) < rank(b[0]) ? -1 : 1))
    .map(([schema, tables]) => [
      schema,
      tables.toSorted((a, b) => KIND_ORDER.indexOf(a.tenancy.kind) - KIND_ORDER.indexOf(b.tenancy.kind)),
    ]);
}

function tableLines(guess: Guess): readonly string[] {
  const groups = bySchema(guess);
  return groups.flatMap(([schema, tables], index) => [
    ...(groups.length === 1 ? [] : [...(index === 0 ? [] : ['']), `  # schema ${remark(schema)}`]),
    ...tables.flatMap((table) => tableEntry(guess, table)),
  ]);
}

function tableEntry(guess: Guess, guessed: GuessedTable): readonly string[] {
  const { table, tenancy, as, why, confidence, alternatives, narrower } = guessed;
  const key = scalar(policyName(guess, table));
  const said = tenancy.kind === 'single' ? '' : ` # guess, ${confidence}: ${remark(why)}`;
  return [
    `  ${key}: ${entryValue(guess, as, tenancy)}${said}`,
    ...alternatives.map((other) => `  #   or ${entryValue(guess, as, other)}`),
    ...narrower.map(
      ({ axis, column }) =>
        `  #   to narrow it to its ${axis}, add: ${axis}: ${flowMap([['column', scalar(columnKey(column))]])}`,
    ),
  ];
}

function entryValue(guess: Guess, as: string | null, tenancy: Tenancy): string {
  const name: readonly (readonly [string, string])[] = as === null ? [] : [['as', scalar(as)]];
  return flowMap(tenancy.kind === 'single' ? name : [...name, ['tenant', tenancyValue(guess, tenancy)]]);
}

function tenancyValue(guess: Guess, tenancy: Exclude<Tenancy, { kind: 'single' }>): string {
  if (tenancy.kind === 'shared') return 'shared';
  if (tenancy.kind === 'column') return flowMap([['column', scalar(columnKey(tenancy.column))]]);
  const on = tenancy.columns.map(
    (column, index) => [columnKey(column), scalar(columnKey(tenancy.parentColumns[index] ?? ''))] as const,
  );
  const parent = ['via', scalar(policyName(guess, tenancy.parent))] as const;
  return flowMap(tenancy.explicit ? [parent, ['on', flowMap(on)]] : [parent]);
}

function withheldLines(guess: Guess): readonly string[] {
  if (guess.withheld.length === 0) return [];
  const judged = guess.withheld.filter(({ table }) => isOrdinary(table));
  const groups = new Map<string, WithheldRelation[]>();
  for (const relation of guess.withheld.filter(({ table }) => !isOrdinary(table)))
    groups.set(relation.why, [...(groups.get(relation.why) ?? []), relation]);
  return [
    '',
    '  # guess: left out, so no agent can reach them. To let one in, give it a tenancy here and add it to a role.',
    ...judged.map(({ table, why, suggestion }) => {
      const value = suggestion === undefined ? '' : ` ${entryValue(guess, null, suggestion)} #`;
      return `  #   ${scalar(policyName(guess, table))}:${value} ${remark(why)}`;
    }),
    ...[...groups].map(([why, relations]) => {
      const names = relations.slice(0, NAMED).map(({ table }) => policyName(guess, table));
      const rest = relations.length - names.length;
      return `  #   ${remark(`${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}: ${why}`)}`;
    }),
  ];
}

function isOrdinary(table: CatalogTable): boolean {
  return (table.kind === 'table' || table.kind === 'partitioned') && !table.isChild;
}

function denyLines(guess: Guess): readonly string[] {
  const patterns = ['*password*', '*secret*', '*token*', '*api_key*', ...guess.denyPatterns];
  const caught = guess.secrets.map(
    ({ table, column }) => `${policyName(guess, table)}.${printName([column])}`,
  );
  const exceptions = guess.denyExceptions.map(
    ({ table, column }) => `${policyName(guess, table)}.${printName([column])}`,
  );
  return [
    '# Columns that no agent ever sees, by pattern: case and underscores do not count.',
    ...(guess.denyPatterns.length === 0
      ? []
      : [`# guess: beside the default four, ${remark(guess.denyPatterns.join(', '))}.`]),
    ...(caught.length === 0
      ? ['# They catch nothing in these tables today.']
      : ['# They catch:', ...caught.map((name) => `#   ${remark(name)}`)]),
    'deny:',
    `  columns: [${patterns.map((pattern) => `'${pattern}'`).join(', ')}]`,
    ...(exceptions.length === 0
      ? []
      : ['  # guess: these count something.', `  except: ${flowList(exceptions)}`]),
    '',
  ];
}
