/** Tables of tenants on which PostgreSQL does not judge rows, or not for everybody. */
import { isOurPolicy } from '../../../compile/names.js';
import { quoteName } from '../../../compile/quote.js';
import { printName } from '../../../policy/name.js';
import type { Severity } from '../finding.js';
import { few, type Lens, lensOf, relationObject, roleSql, type TenantTable } from '../lens.js';
import { fenceLike } from '../policy-template.js';
import type { Rule, World } from '../rule.js';

const USES = ['select', 'insert', 'update', 'delete'] as const;

const sqlName = ({ relation }: TenantTable): string => quoteName(relation.schema, relation.name);

const isPart = ({ relation }: TenantTable): boolean => relation.parents.length > 0;

/** A guess that is not sure is a degree milder: the table may be nobody’s. */
function judged(severity: Severity, { tenancy }: World): Severity {
  if (tenancy.confidence !== 'unsure') return severity;
  return severity === 'critical' ? 'high' : severity === 'high' ? 'medium' : 'low';
}

function whoUses(lens: Lens, { relation }: TenantTable): readonly string[] {
  return [...new Set([...lens.holders(relation.grants, USES), ...lens.roles.loginsOf([relation.owner])])];
}

/** `by app and reports`, or nothing where nobody is named. */
const by = (logins: readonly string[]): string => (logins.length === 0 ? '' : ` by ${few(logins)}`);

const NO_MODEL =
  'There is no table here to copy a policy from. Say how the database knows the tenant, best by a seal that SQL cannot forge: "ringfence init", "plan" and "apply" make one, and roles for agents, without changing what the product sees.';

const missing: Rule = {
  id: 'row_security.missing',
  title: 'tables of tenants without row security',
  why: 'Every query must remember its WHERE clause. One that forgets, one that is injected and any report or agent on the same login reads and changes the rows of every tenant.',
  severities: ['critical', 'high', 'medium', 'low'],
  *find(world) {
    const lens = lensOf(world);
    for (const table of lens.tenantTables) {
      const { relation, tenancy } = table;
      if (relation.rowSecurity || relation.extension !== null || lens.policies(relation).length > 0) continue;
      if (
        isPart(table) &&
        !relation.parents.some((parent) => lens.tenantTable(parent)?.relation.rowSecurity === false)
      )
        continue;
      // A part of a table that is found already is found with it, unless it can be reached by itself.
      if (isPart(table) && relation.grants.length === 0) continue;
      const logins = whoUses(lens, table);
      const fence = fenceLike(world, lens, table);
      yield {
        severity: judged(
          logins.length === 0 ? 'medium' : tenancy.kind === 'root' ? 'high' : 'critical',
          world,
        ),
        object: relationObject(relation),
        what: `${printName([relation.schema, relation.name])} holds rows of tenants (${because(table)}) and has no row security${logins.length === 0 ? '; no login may use it yet' : `; it is used${by(logins)}`}.`,
        mend:
          fence.length === 0
            ? []
            : [
                `alter table ${sqlName(table)} enable row level security`,
                `alter table ${sqlName(table)} force row level security`,
                ...fence,
              ],
        ...(fence.length === 0 ? { advice: NO_MODEL } : {}),
      };
    }
  },
};

function because({ tenancy, columns }: TenantTable): string {
  if (tenancy.kind === 'via') return `through ${printName([tenancy.parent.schema, tenancy.parent.name])}`;
  return tenancy.kind === 'root' ? 'each row is a tenant' : `by ${columns.join(', ')}`;
}

const disabled: Rule = {
  id: 'row_security.disabled',
  title: 'tables with policies whose row security is off',
  why: 'Policies say nothing while row security is off on their table: everything looks protected and nothing is.',
  severities: ['critical'],
  *find({ access }) {
    const tables = new Map<string, string[]>();
    for (const { schema, table, name } of access.policies) {
      const key = JSON.stringify([schema, table]);
      tables.set(key, [...(tables.get(key) ?? []), name]);
    }
    for (const relation of access.relations) {
      const policies = tables.get(JSON.stringify([relation.schema, relation.name]));
      if (relation.rowSecurity || policies === undefined) continue;
      const on = quoteName(relation.schema, relation.name);
      const ours = policies.every(isOurPolicy);
      yield {
        severity: 'critical',
        object: relationObject(relation),
        what: `Row security is off on ${printName([relation.schema, relation.name])}, which has ${policies.length === 1 ? `the policy ${policies[0]}` : `${policies.length} policies`}.`,
        mend: [
          `alter table ${on} enable row level security`,
          ...(ours || relation.forceRowSecurity ? [] : [`alter table ${on} force row level security`]),
        ],
      };
    }
  },
};

const notForced: Rule = {
  id: 'row_security.not_forced',
  title: 'tables whose owner passes row security by',
  why: 'Without FORCE the owner is not judged, nor are views and SECURITY DEFINER functions of the owner’s, nor is whoever becomes it.',
  severities: ['critical', 'medium'],
  *find(world) {
    const lens = lensOf(world);
    for (const table of lens.tenantTables) {
      const { relation } = table;
      if (!relation.rowSecurity || relation.forceRowSecurity || relation.extension !== null) continue;
      if (lens.fenced(relation) || (isPart(table) && relation.grants.length === 0)) continue;
      const owners = lens.roles.loginsOf([relation.owner]);
      yield {
        severity: owners.length > 0 ? 'critical' : 'medium',
        object: relationObject(relation),
        what: `Row security on ${printName([relation.schema, relation.name])} does not hold its owner ${relation.owner}${owners.length > 0 ? `, which ${few(owners)} ${owners.length === 1 ? 'is or can become' : 'are or can become'}` : ''}.`,
        mend: [`alter table ${sqlName(table)} force row level security`],
      };
    }
  },
};

const noPolicy: Rule = {
  id: 'row_security.no_policy',
  title: 'tables with row security and no policy',
  why: 'Nobody but the roles that pass row security by sees a row: safe, but seldom meant, and the next policy, in haste, is often USING (true).',
  severities: ['low'],
  *find(world) {
    const lens = lensOf(world);
    // A restrictive policy takes away; only a permissive one gives.
    const policied = new Set(
      world.access.policies
        .filter(({ permissive }) => permissive)
        .map(({ schema, table }) => JSON.stringify([schema, table])),
    );
    for (const relation of world.access.relations) {
      if (!relation.rowSecurity || relation.extension !== null) continue;
      if (policied.has(JSON.stringify([relation.schema, relation.name]))) continue;
      // A part that nobody reaches by itself is closed on purpose.
      if (relation.parents.length > 0 && relation.grants.length === 0) continue;
      const table = lens.tenantTable(relation);
      const fence = table === undefined ? [] : fenceLike(world, lens, table);
      yield {
        severity: 'low',
        object: relationObject(relation),
        what: `Row security is on for ${printName([relation.schema, relation.name])} and no policy lets anybody see a row.`,
        mend: fence,
        ...(fence.length === 0
          ? {
              advice:
                'Create a policy for those who should see rows, or take their rights on the table away.',
            }
          : {}),
      };
    }
  },
};

const parts: Rule = {
  id: 'row_security.part_open',
  title: 'partitions and children that can be read past their parent',
  why: 'The policies of a partitioned or inherited table are asked when it is named. Whoever may name a part of it directly is judged by the part’s own policies, of which there are none.',
  severities: ['critical'],
  *find(world) {
    const lens = lensOf(world);
    for (const table of lens.tenantTables) {
      const { relation } = table;
      if (relation.rowSecurity || !isPart(table)) continue;
      if (!relation.parents.some((parent) => lens.relation(parent)?.rowSecurity === true)) continue;
      const logins = lens.holders(relation.grants, USES);
      if (logins.length === 0) continue;
      const grantees = [
        ...new Set(
          relation.grants.filter(({ privilege }) => privilege !== 'maintain').map(({ grantee }) => grantee),
        ),
      ];
      yield {
        severity: 'critical',
        object: relationObject(relation),
        what: `${printName([relation.schema, relation.name])} is a part of a table with row security, has none itself, and can be used directly by ${few(logins)}.`,
        mend: [`revoke all on table ${sqlName(table)} from ${grantees.map(roleSql).join(', ')}`],
      };
    }
  },
};

export const ROW_SECURITY_RULES: readonly Rule[] = [missing, disabled, notForced, noPolicy, parts];
