/** The column that says whose a row is: that it always does, that it names a tenant that exists, that it cannot be had by accident. */
import { quoteIdent } from '../../../../compile/quote.js';
import type { ShapeColumn } from '../../../../database/inspect/shape.js';
import { sameConcept } from '../../../../policy/guess/concepts.js';
import { holdSameKeys } from '../../../../policy/guess/guess.js';
import { keyStem } from '../../../../policy/guess/words.js';
import { lookId } from '../../rows.js';
import type { Found, Rule, World } from '../../rule.js';
import { alter, type Held, held, object } from './held.js';
import { label, nullable, sqlName, tablesOf } from './tables.js';

function hasNulls(world: World, { table, column: own }: Held): boolean {
  return world.rows.found.has(lookId('null', table, own.name));
}

const nullRows: Rule = {
  id: 'tenant_column.null_rows',
  title: 'rows without a tenant',
  why: 'A row of no tenant is hidden from everybody by one rule and shown to everybody by the next ("tenant_id is null or …"), and no tenant’s export, deletion or backup includes it.',
  severities: ['medium'],
  *find(world) {
    for (const one of held(world))
      if (hasNulls(world, one))
        yield {
          severity: 'medium',
          object: object(one),
          what: `${label(one.table)} has rows whose ${one.column.name} is null: they belong to no tenant.`,
          mend: [],
          advice: `Give each of those rows its tenant, move what belongs to everybody into a table of its own, then: ${alter(one.table, one.column.name)} set not null`,
        };
  },
  *unseen(world) {
    yield* missed(world, 'null', 'whether rows without a tenant are in it');
  },
};

const nullableColumn: Rule = {
  id: 'tenant_column.nullable',
  title: 'tenant columns that may be null',
  why: 'One statement that forgets the tenant makes a row that belongs to nobody; composite foreign keys do not check such a row at all, and unique keys let it repeat.',
  severities: ['medium'],
  *find(world) {
    for (const one of held(world)) {
      if (!nullable(one.table, one.column) || hasNulls(world, one) || isUnsetByKey(one)) continue;
      yield {
        severity: 'medium',
        object: object(one),
        what: `${one.column.name} of ${label(one.table)} says whose a row is and may be null.`,
        mend: [`${alter(one.table, one.column.name)} set not null`],
      };
    }
  },
};

/** A key that sets the column to null when its row goes is the fault to be told, and mends both. */
function isUnsetByKey({ table, column: own }: Held): boolean {
  return table.foreignKeys.some(
    ({ columns, sets, onDelete }) =>
      onDelete === 'set null' && (sets.length === 0 ? columns : sets).includes(own.name),
  );
}

const emptyRows: Rule = {
  id: 'tenant_column.empty_rows',
  title: 'rows whose tenant is the empty text',
  why: 'A setting that was never set, or was reset, reads as the empty text: a policy that compares with it shows these rows to whoever forgot to say who they are.',
  severities: ['high'],
  *find(world) {
    for (const one of held(world)) {
      if (!world.rows.found.has(lookId('empty', one.table, one.column.name))) continue;
      yield {
        severity: 'high',
        object: object(one),
        what: `${label(one.table)} has rows whose ${one.column.name} is the empty text.`,
        mend: [],
        advice: `Give each of those rows its tenant, then: alter table ${sqlName(one.table)} add check (${quoteIdent(one.column.name)} <> '')`,
      };
    }
  },
  *unseen(world) {
    yield* missed(world, 'empty', 'whether rows with an empty tenant are in it');
  },
};

const orphanRows: Rule = {
  id: 'tenant_column.orphan_rows',
  title: 'rows of tenants that do not exist',
  why: 'Such rows outlive their tenant, and belong to whoever is given the identifier next.',
  severities: ['medium'],
  *find(world) {
    for (const one of held(world)) {
      if (!world.rows.found.has(lookId('orphan', one.table, one.column.name))) continue;
      const root = world.tenancy.root;
      yield {
        severity: 'medium',
        object: object(one),
        what: `${label(one.table)} has rows whose ${one.column.name} names no row of ${root === null ? 'the tenants' : label(root)}.`,
        mend: [],
        advice:
          'Find out whose those rows were, delete or assign them, then declare the foreign key to the tenants.',
      };
    }
  },
  *unseen(world) {
    yield* missed(world, 'orphan', 'whether rows of absent tenants are in it');
  },
};

/** Looks that could not be taken, table by table. */
function* missed(
  world: World,
  what: Parameters<typeof lookId>[0],
  said: string,
): Generator<{ readonly object: string; readonly why: string }> {
  for (const { table, tenancy } of tablesOf(world, 'column')) {
    const why = world.rows.missed.get(lookId(what, table, tenancy.column));
    if (why !== undefined) yield { object: `table ${label(table)}`, why: `${said} is not known: ${why}` };
  }
}

const constantDefault: Rule = {
  id: 'tenant_column.default',
  title: 'tenant columns that fill themselves in',
  why: 'An insert that forgets the tenant is accepted and gives its row to whomever the default names: a fixed tenant sees rows of all who forgot, a random one belongs to nobody.',
  severities: ['medium', 'low'],
  *find(world) {
    for (const one of held(world)) {
      const { column: own, table } = one;
      const kind = own.generated ? null : defaultKind(own);
      if (kind === null) continue;
      yield {
        severity: kind === 'setting' ? 'low' : 'medium',
        object: object(one),
        what: `${own.name} of ${label(table)} ${DEFAULTS[kind]}.`,
        mend:
          own.identity === null
            ? [`${alter(table, own.name)} drop default`]
            : [`${alter(table, own.name)} drop identity`],
      };
    }
  },
};

const DEFAULTS = {
  constant: 'has a constant as its default: a row without a tenant becomes that tenant’s',
  fresh:
    'takes a fresh value as its default: a row without a tenant becomes that of a tenant that does not exist',
  setting:
    'is text and takes a setting as its default, which reads as the empty text where it was set before and is no longer',
};

/** What is bare or only cast is a constant; a call that makes values up is fresh; one of text that may be missing is empty. */
function defaultKind({ expression, identity, category }: ShapeColumn): keyof typeof DEFAULTS | null {
  if (identity !== null) return 'fresh';
  if (expression === null || /^null(::|$)/i.test(expression)) return null;
  if (/^\(*(E?'|-?\d|true|false)/i.test(expression) && !expression.includes('nextval(')) return 'constant';
  if (
    /^(nextval|(\w+\.)?(gen_random_uuid|uuid_generate_v\w+|uuidv\d|uuid_v\d|gen_ulid|random))\(/.test(
      expression,
    )
  )
    return 'fresh';
  if (category === 'S' && /^\(*current_setting\([^,()]+, true\)/.test(expression)) return 'setting';
  return null;
}

const updatable: Rule = {
  id: 'tenant_column.updatable',
  title: 'tenant columns that a role was granted to change',
  why: 'Whoever may write the column can move a row to another tenant, and WITH CHECK is the only thing that stands in between.',
  severities: ['low'],
  *find(world) {
    for (const { table, tenancy } of tablesOf(world, 'column')) {
      for (const grant of table.grants) {
        if (grant.privilege !== 'update' || grant.columns === null || !grant.columns.includes(tenancy.column))
          continue;
        if (grant.grantee === table.owner || grant.grantee.startsWith('ringfence_')) continue;
        const grantee = grant.grantee === 'public' ? 'public' : quoteIdent(grant.grantee);
        yield {
          severity: 'low',
          object: `column ${label(table, tenancy.column)}`,
          what: `${grant.grantee === 'public' ? 'PUBLIC' : grant.grantee} was granted UPDATE of ${tenancy.column} of ${label(table)} by name.`,
          mend: [`revoke update (${quoteIdent(tenancy.column)}) on ${sqlName(table)} from ${grantee}`],
        };
      }
    }
  },
};

const twoColumns: Rule = {
  id: 'tenant_column.ambiguous',
  title: 'tables with two columns that name the tenant',
  why: 'The two can disagree, and then one query takes the row for one tenant’s and the next for another’s.',
  severities: ['medium'],
  *find(world) {
    for (const one of held(world)) {
      const other = one.table.columns.find(
        (candidate) =>
          candidate.name !== one.column.name &&
          !candidate.generated &&
          sameConcept(keyStem(candidate.name), keyStem(one.column.name)) &&
          holdSameKeys(candidate, one.column),
      );
      if (other !== undefined) yield ambiguous(one, other.name);
    }
  },
};

function ambiguous({ table, column: own }: Held, other: string): Found {
  return {
    severity: 'medium',
    object: `table ${label(table)}`,
    what: `${label(table)} says twice whose a row is: by ${own.name} and by ${other}.`,
    mend: [],
    advice: `Drop the one that row security does not use, or hold them together: alter table ${sqlName(table)} add check (${quoteIdent(own.name)} = ${quoteIdent(other)})`,
  };
}

export const TENANT_COLUMN_RULES: readonly Rule[] = [
  nullRows,
  nullableColumn,
  emptyRows,
  orphanRows,
  constantDefault,
  updatable,
  twoColumns,
];
