/**
 * The two roles that `init` writes: one that reads everything with personal data masked, and one that also creates and updates.
 */
import type { Guess, GuessedTable } from './guess.js';
import type { PersonalColumn } from './personal.js';
import { columnKey, policyName } from './policy-name.js';
import { flowList, flowMap, remark, scalar } from './yaml-text.js';

export function writeRoles(guess: Guess): readonly string[] {
  const shown = guess.tables.filter((table) => table.keptFromRoles === null);
  const kept = guess.tables.filter((table) => table.keptFromRoles !== null);
  return [
    '# An agent has exactly one role at a time. Tables that a role does not name do not exist for it.',
    'roles:',
    '  viewer:',
    '    description: Reads everything that belongs to its tenant. Personal data is masked.',
    shown.length === 0 ? '    tables: {}' : '    tables:',
    ...shown.flatMap((table) => [
      `      ${scalar(policyName(guess, table.table))}: ${flowMap(maskEntry(table))}${maskRemark(table)}`,
      ...unmaskedRemarks(table.unmasked),
    ]),
    ...kept.map(
      (table) =>
        `      # ${scalar(policyName(guess, table.table))}: {} # guess: kept out, because ${remark(table.keptFromRoles ?? '')}`,
    ),
    ...editor(guess, shown),
  ];
}

function editor(guess: Guess, shown: readonly GuessedTable[]): readonly string[] {
  const creates = shown.some(({ write }) => (write?.create.length ?? 0) > 0);
  const updates = shown.some(({ write }) => (write?.update.length ?? 0) > 0);
  if (!creates && !updates)
    return [
      '',
      '  # guess: no table could be written without leaking through a key, so there is no role that writes.',
    ];
  const tools = [
    'describe_schema',
    'query',
    'get',
    'aggregate',
    ...(creates ? ['create'] : []),
    ...(updates ? ['update'] : []),
  ];
  return [
    '',
    '  # guess: what can be written without a leak. Left out: keys, the tenant, masked columns, columns of a unique key over all',
    '  # tenants, and keys to tables outside this policy. Take away what agents have no reason to change.',
    '  editor:',
    '    description: Reads what viewer reads, and creates and updates.',
    `    tools: ${flowList(tools)}`,
    '    tables:',
    ...shown.flatMap((table) => editorEntry(guess, table)),
  ];
}

function editorEntry(guess: Guess, table: GuessedTable): readonly string[] {
  const key = scalar(policyName(guess, table.table));
  const { write, hindering } = table;
  const hindered =
    hindering.length === 0
      ? []
      : [
          `      # guess: not all of ${key} is offered for writing: ${remark(hindering.join(', '))} runs as the agent and uses tables it cannot reach.`,
        ];
  if (write === null) return [...hindered, `      ${key}: ${flowMap(maskEntry(table))}`];
  const stamps = write.stamps.map(
    ({ column, onUpdate }) =>
      [
        columnKey(column),
        onUpdate
          ? flowMap([
              ['value', '$now'],
              ['on', 'update'],
            ])
          : '$now',
      ] as const,
  );
  return [
    ...hindered,
    `      ${key}:`,
    ...maskEntry(table).map(([name, value]) => `        ${name}: ${value}`),
    ...(write.create.length === 0 ? [] : [`        create: ${flowList(write.create.map(columnKey))}`]),
    ...(write.update.length === 0 ? [] : [`        update: ${flowList(write.update.map(columnKey))}`]),
    ...(stamps.length === 0 ? [] : [`        presets: ${flowMap(stamps)}`]),
  ];
}

function maskEntry({ masks }: GuessedTable): readonly (readonly [string, string])[] {
  if (masks.length === 0) return [];
  return [['mask', flowMap(masks.map(({ column, mask }) => [columnKey(column), scalar(mask)] as const))]];
}

function maskRemark({ masks }: GuessedTable): string {
  return masks.length === 0 ? '' : ' # guess: personal by name';
}

const REMARKS: Readonly<Record<PersonalColumn['kind'], string>> = {
  contact: 'how to reach a person',
  identifier: 'identify a person',
  birth: 'when a person was born',
  name: 'names; mask with partial or hash to hide them',
  address: 'where a person is; mask with null to hide it',
  sensitive: 'sensitive; mask with null or hash unless the role needs it',
  'free text': 'free text that may hold personal data; mask with text to redact it',
  anything: 'may hold anything; mask with null unless the role needs it',
};

function unmaskedRemarks(unmasked: readonly PersonalColumn[]): readonly string[] {
  const kinds = new Map<PersonalColumn['kind'], string[]>();
  for (const { kind, column } of unmasked) kinds.set(kind, [...(kinds.get(kind) ?? []), column]);
  return [...kinds].map(
    ([kind, columns]) => `      #   unmasked: ${remark(columns.join(', '))} (${REMARKS[kind]})`,
  );
}
