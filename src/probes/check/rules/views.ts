/** Views and materialised views that show rows of tenants past the row security of the tables beneath. */

import { isOurRole } from '../../../compile/names.js';
import { quoteIdent, quoteName } from '../../../compile/quote.js';
import type { RelationFact } from '../../../database/inspect/access.js';
import { printName } from '../../../policy/name.js';
import type { Severity } from '../finding.js';
import { few, type Lens, lensOf, relationObject, roleSql } from '../lens.js';
import type { Rule } from '../rule.js';

const USES = ['select', 'insert', 'update', 'delete'] as const;

const nameOf = ({ schema, name }: RelationFact): string => printName([schema, name]);

function readersOf(lens: Lens, relation: RelationFact): readonly string[] {
  return lens.holders(relation.grants, USES).filter((login) => !lens.roles.rights(login).has(relation.owner));
}

const ownerView: Rule = {
  id: 'view.owner_rights',
  title: 'views over tables of tenants that read with their owner’s rights',
  why: 'Row security asks whose view it is, not who reads it. An owner whom no policy binds shows every tenant’s rows; one whom policies bind shows what they would show the owner.',
  severities: ['critical', 'medium', 'low'],
  *find(world) {
    const lens = lensOf(world);
    for (const view of world.access.relations) {
      if (view.kind !== 'view' || view.securityInvoker || view.extension !== null || isOurRole(view.owner))
        continue;
      const tables = lens.readsTenants(view.reads);
      if (tables.length === 0) continue;
      const past = tables.filter((table) => lens.passesBy(view.owner, table));
      const readers = readersOf(lens, view);
      // Where the table itself has no row security, that is the fault and the view adds none.
      const opened = past.filter((table) => table.rowSecurity);
      if (past.length > 0 && opened.length === 0) continue;
      const severity: Severity = readers.length === 0 ? 'low' : opened.length > 0 ? 'critical' : 'medium';
      yield {
        severity,
        object: relationObject(view),
        what: `${nameOf(view)} reads ${few((opened.length > 0 ? opened : tables).map(nameOf))} with the rights of its owner ${view.owner}${opened.length > 0 ? ', whom no policy binds there' : ''}${readers.length === 0 ? '; nobody else may read it yet' : `, for ${few(readers)}`}.`,
        mend: [`alter view ${quoteName(view.schema, view.name)} set (security_invoker = true)`],
      };
    }
  },
};

const materialized: Rule = {
  id: 'materialized_view.holds_tenants',
  title: 'materialised views with rows of tenants that logins may read',
  why: 'A materialised view is a copy that its owner made, and PostgreSQL has no row security for it: whoever may read it reads every tenant, and pg_stats shows its most frequent values.',
  severities: ['critical'],
  *find(world) {
    const lens = lensOf(world);
    for (const view of world.access.relations) {
      if (view.kind !== 'materialized view' || view.extension !== null) continue;
      if (lens.readsTenants(view.reads).length === 0) continue;
      const readers = readersOf(lens, view);
      if (readers.length === 0) continue;
      const grantees = [...new Set(view.grants.map(({ grantee }) => grantee))];
      yield {
        severity: 'critical',
        object: relationObject(view),
        what: `${nameOf(view)} holds what its owner read of ${few(lens.readsTenants(view.reads).map(nameOf))}, and ${few(readers)} may read all of it.`,
        mend: [
          `revoke all on table ${quoteName(view.schema, view.name)} from ${grantees.map(roleSql).join(', ')}`,
        ],
        advice:
          'Then give readers a view over it that compares its tenant column with the tenant, and that its owner owns.',
      };
    }
  },
};

const rewriteRule: Rule = {
  id: 'rewrite_rule.present',
  title: 'rewrite rules on tables of tenants',
  why: 'What a rule adds to a statement runs with the rights of the table’s owner: rows can be copied or changed past the policies of other tables.',
  severities: ['high'],
  *find(world) {
    const lens = lensOf(world);
    for (const { schema, table, name, event } of world.access.rewriteRules) {
      const relation = lens.relation({ schema, name: table });
      const isTenants =
        lens.tenantTable({ schema, name: table }) !== undefined ||
        (relation !== undefined && lens.readsTenants(relation.reads).length > 0);
      if (!isTenants) continue;
      yield {
        severity: 'high',
        object: `rule ${printName([name])} on ${printName([schema, table])}`,
        what: `The rule ${name} rewrites ${event} on ${printName([schema, table])}, and what it does runs with the rights of the owner ${relation?.owner ?? ''}.`,
        mend: [`drop rule ${quoteIdent(name)} on ${quoteName(schema, table)}`],
        advice: 'Use a trigger, which runs with the rights of whoever writes.',
      };
    }
  },
};

export const VIEW_RULES: readonly Rule[] = [ownerView, materialized, rewriteRule];
