/**
 * What a plan should tell beyond its steps: who passes the boundary by, what row security costs and breaks, what a table's own keys
 * and triggers tell of hidden rows. Each note says what to do about it.
 */
import type { Catalog, CatalogForeignKey, CatalogTable } from '../policy/catalog.js';
import type { CompiledPolicy, PolicyTable, SliceTable } from '../policy/compiled.js';
import { CatalogIndex, tableKey } from './catalog-index.js';
import { materializedNotes, viewsRead } from './materialized-notes.js';
import { existingGrantees, type ProtectedTable, protectedTables } from './row-security.js';
import { type Situation, withoutRingfence } from './situation.js';

type NoteSubject =
  | 'bypass'
  | 'index'
  | 'unique'
  | 'foreign_key'
  | 'cascade'
  | 'trigger'
  | 'policy'
  | 'force'
  | 'copy'
  | 'public'
  | 'samples'
  | 'materialized_view'
  | 'table';

export interface Note {
  readonly about: NoteSubject;
  /** The table it is about, as `schema.name`; null for the database. */
  readonly table: string | null;
  readonly text: string;
}

/** Every note on a policy and the database it is for. */
export function planNotes(policy: CompiledPolicy, catalog: Catalog, situation: Situation): readonly Note[] {
  const clean = withoutRingfence(catalog, situation);
  const index = new CatalogIndex(clean);
  const fenced = [...protectedTables(policy, index).values()];
  const members = new Set(clean.roles.flatMap((role) => role.memberOf));
  const slices = [...policy.roles.values()].flatMap((role) => [...role.tables.values()]);
  return [
    ...bypassNotes(clean, fenced, members),
    ...publicNotes(clean, fenced),
    ...fenced.flatMap((table) => {
      const own = slices.filter((slice) => slice.name === table.policyTable.name);
      return [
        ...tableNotes(table.table, members),
        ...indexNotes(table.table, own),
        ...writeNotes(policy, clean, table, own),
      ];
    }),
    ...viewsRead(policy, index).flatMap((read) => [
      ...materializedNotes(read, members),
      ...indexNotes(
        read.view,
        slices.filter(({ name }) => name === read.policyTable.name),
      ),
    ]),
    ...sampleNotes(policy),
  ];
}

const ACTS: ReadonlySet<CatalogForeignKey['onDelete']> = new Set(['cascade', 'set null', 'set default']);

const label = (table: { readonly schema: string; readonly name: string }): string =>
  `${table.schema}.${table.name}`;

function bypassNotes(
  catalog: Catalog,
  fenced: readonly ProtectedTable[],
  members: ReadonlySet<string>,
): readonly Note[] {
  const byRole = new Map<string, string[]>();
  for (const { table } of fenced) {
    if (table.rowSecurity) continue;
    for (const grantee of existingGrantees(table, members))
      byRole.set(grantee, [...(byRole.get(grantee) ?? []), label(table)]);
  }
  const notes: Note[] = [...byRole].sort().map(([role, tables]) => ({
    about: 'bypass',
    table: null,
    text: `${role === 'public' ? 'Every role' : role} used ${counted(tables, 'table')} before and still does, past the boundary (pass-through). Not for agents; take it away table by table when nothing depends on it.`,
  }));
  const above = catalog.roles.filter((role) => role.superuser || role.bypassRls).map(({ name }) => name);
  if (above.length > 0) {
    notes.push({
      about: 'bypass',
      table: null,
      text: `No row security binds ${above.join(', ')}: never serve agents as one of them.`,
    });
  }
  const owners = [...new Set(fenced.map(({ table }) => table.owner))].sort();
  if (owners.length > 0) {
    notes.push({
      about: 'bypass',
      table: null,
      text: `Row security is enabled, not forced: ${owners.join(', ')} (owner) and members of it read and write as before.`,
    });
  }
  if (fenced.some(({ table }) => !table.rowSecurity)) {
    notes.push(
      {
        about: 'table',
        table: null,
        text: 'A role that is granted one of these tables later sees no rows of it until "ringfence apply" has run again.',
      },
      {
        about: 'table',
        table: null,
        text: 'For roles other than the owner PostgreSQL estimates conditions on these tables without statistics where an operator is not leakproof (LIKE, numeric comparison): a plan may change, an answer cannot.',
      },
      {
        about: 'table',
        table: null,
        text: 'pg_dump as a role that is neither owner nor BYPASSRLS stops at these tables unless it is given --enable-row-security.',
      },
      {
        about: 'table',
        table: null,
        text: 'PostgreSQL refuses to drop or retype a column that a view or rule here reads: change the policy and apply it first.',
      },
    );
  }
  return notes;
}

function publicNotes(catalog: Catalog, fenced: readonly ProtectedTable[]): readonly Note[] {
  const inside = new Set(fenced.map(({ table }) => tableKey(table.schema, table.name)));
  const open = catalog.tables.filter(
    (table) =>
      !inside.has(tableKey(table.schema, table.name)) &&
      table.grants.some(
        ({ grantee, privilege }) =>
          grantee === 'public' && ['select', 'insert', 'update', 'delete'].includes(privilege),
      ),
  );
  if (open.length === 0) return [];
  return [
    {
      about: 'public',
      table: null,
      text: `PUBLIC has rights on ${counted(open.map(label), 'table')} outside this policy, and so has every login, the gateway's too. The tools never name them; revoke the rights to be sure.`,
    },
  ];
}

function tableNotes(table: CatalogTable, members: ReadonlySet<string>): readonly Note[] {
  const notes: Note[] = [];
  const add = (about: NoteSubject, text: string): void => {
    notes.push({ about, table: label(table), text });
  };
  if (table.grants.some(({ grantee, privilege }) => grantee === 'public' && privilege === 'truncate')) {
    add(
      'public',
      "PUBLIC may TRUNCATE it, which row security does not judge: every login can empty it for all tenants, the gateway's too. The tools never do; revoke the right to be sure.",
    );
  }
  for (const policy of table.policies) {
    if (!policy.roles.includes('public')) continue;
    add(
      'policy',
      policy.permissive
        ? `policy ${policy.name} of the product is for PUBLIC. It opens nothing to agents: the boundary is restrictive.`
        : `policy ${policy.name} of the product is for PUBLIC and binds agents too. If it asks for a setting of the product's, they see no rows; if it reads a table outside this policy, their calls fail.`,
    );
  }
  if (table.forceRowSecurity) {
    add(
      'force',
      table.rowSecurity
        ? 'row security is forced: it binds the owner as well. Nothing here changes that.'
        : 'row security is forced though it was off: switching it on would bind the owner, who therefore gets a pass-through.',
    );
  }
  if (!table.rowSecurity) {
    const writers = existingGrantees(table, members).filter(
      (role) =>
        role === 'pg_write_all_data' ||
        table.grants.some((grant) => grant.grantee === role && grant.privilege === 'insert'),
    );
    if (writers.length > 0) {
      add(
        'copy',
        `COPY FROM no longer works for ${writers.join(', ')}: PostgreSQL has none under row security. INSERT does, and COPY as the owner.`,
      );
    }
  }
  return notes;
}

function indexNotes(table: CatalogTable, slices: readonly SliceTable[]): readonly Note[] {
  const read = new Set(slices.flatMap(({ columns }) => columns.map(({ name }) => name)));
  return table.indexes
    .filter((index) => !index.leakproof && index.columns.every((name) => name === null || read.has(name)))
    .map((index) => ({
      about: 'index',
      table: label(table),
      text: `index ${index.name} (${index.method}) serves no condition of an agent's: its operators are not leakproof, so ${
        table.kind === 'materialized_view' ? 'the boundary' : 'row security'
      } goes first. ${
        index.method === 'btree'
          ? 'Put the tenant column first in it, or ask by a leakproof type (integer, text, uuid, date) or prefix.'
          : 'Expect agents to scan their own rows instead, or give them a leakproof column to ask by.'
      }`,
    }));
}

function sampleNotes(policy: CompiledPolicy): readonly Note[] {
  return [...policy.roles.values()].flatMap((role) =>
    [...role.tables.values()]
      .filter(({ samples }) => samples.length > 0)
      .map((slice) => ({
        about: 'samples',
        table: `${slice.schema}.${slice.table}`,
        text: `describe_schema shows role ${role.name} a few values of ${slice.samples.join(', ')}, from rows inside the boundary. Take out of samples what a model should not meet unasked.`,
      })),
  );
}

function writeNotes(
  policy: CompiledPolicy,
  catalog: Catalog,
  { table, policyTable }: ProtectedTable,
  slices: readonly SliceTable[],
): readonly Note[] {
  const creates = slices.some(({ write }) => write.create !== null);
  const updates = slices.some(({ write }) => write.update !== null);
  const deletes = slices.some(({ write }) => write.delete);
  if (!creates && !updates && !deletes) return [];
  const notes: Note[] = [];
  const add = (about: NoteSubject, text: string): void => {
    notes.push({ about, table: label(table), text });
  };
  const tenant =
    policyTable.scope.kind === 'scoped' ? policyTable.scope.columns.map(({ column }) => column) : [];
  const written = new Set(slices.flatMap(({ write }) => [...(write.create ?? []), ...(write.update ?? [])]));
  for (const key of table.uniqueKeys) {
    if (policy.tenancy === 'single' || tenant.includes(key.columns[0] ?? '')) continue;
    if (!key.columns.some((column) => written.has(column))) continue;
    add(
      'unique',
      `unique key ${key.name} (${key.columns.join(', ')}) does not begin with the tenant: a refused write tells that a hidden row has the value. Begin the key with the tenant, or do not let agents write it.`,
    );
  }
  for (const key of table.foreignKeys) {
    const parent = parentOf(policy, key);
    if (
      parent === undefined ||
      parent.scope.kind !== 'scoped' ||
      key.columns.some((column) => tenant.includes(column))
    )
      continue;
    if (!key.columns.some((column) => written.has(column))) continue;
    add(
      'foreign_key',
      `foreign key ${key.name} can lead to another tenant's ${parent.schema}.${parent.table}: PostgreSQL checks it as the owner. Agents' writes are checked against the boundary; a composite key with the tenant would hold for everybody.`,
    );
  }
  for (const trigger of table.triggers) {
    add(
      'trigger',
      trigger.definer
        ? `trigger ${trigger.name} runs ${trigger.function} with its owner's rights on agents' writes: what it does is outside the boundary.`
        : `trigger ${trigger.name} runs ${trigger.function} as the agent's slice role, which holds no right on base tables: if it reads or writes one, the agent's write fails.`,
    );
  }
  for (const child of deletes ? catalog.tables : []) {
    for (const key of child.foreignKeys) {
      if (key.refSchema !== table.schema || key.refTable !== table.name || !ACTS.has(key.onDelete)) continue;
      add(
        'cascade',
        `a delete by an agent also reaches rows of ${label(child)} (${key.name}, on delete ${key.onDelete}), as the owner and past the boundary.`,
      );
    }
  }
  return notes;
}

function parentOf(policy: CompiledPolicy, key: CatalogForeignKey): PolicyTable | undefined {
  return [...policy.tables.values()].find(
    (table) => table.schema === key.refSchema && table.table === key.refTable,
  );
}

function counted(names: readonly string[], noun: string): string {
  const shown = names.slice(0, 5).join(', ');
  return `${names.length} ${noun}${names.length === 1 ? '' : 's'} (${shown}${names.length > 5 ? ', …' : ''})`;
}
