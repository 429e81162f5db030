/** Rows that leave by replication, which row security does not filter, and rows that come in by it. */
import { quoteIdent, quoteLiteral, quoteName } from '../../../compile/quote.js';
import type { RelationName } from '../../../database/inspect/access.js';
import { printName } from '../../../policy/name.js';
import { few, lensOf } from '../lens.js';
import type { Rule } from '../rule.js';

const publication: Rule = {
  id: 'publication.tenant_tables',
  title: 'publications of tables with rows of tenants',
  why: 'Whoever subscribes gets every tenant’s rows and every later change. Row security is not asked; only a row filter of the publication’s own narrows it.',
  severities: ['high'],
  *find(world) {
    const lens = lensOf(world);
    const name = (table: RelationName): string => printName([table.schema, table.name]);
    for (const { name: publication, allTables, tables, schemas } of world.access.publications) {
      const whole = lens.tenantTables
        .map(({ relation }) => relation)
        .filter(({ schema }) => allTables || schemas.includes(schema));
      const single = tables.filter((table) => !table.filtered && lens.tenantTable(table) !== undefined);
      if (whole.length + single.length === 0) continue;
      const mend =
        allTables || whole.length > 0
          ? [`drop publication ${quoteIdent(publication)}`]
          : single.map(
              (table) =>
                `alter publication ${quoteIdent(publication)} drop table ${quoteName(table.schema, table.name)}`,
            );
      yield {
        severity: 'high',
        object: `publication ${printName([publication])}`,
        what: `${publication} publishes ${allTables ? 'all tables' : few([...single, ...whole].map(name))}, with the rows of every tenant.`,
        mend,
        advice:
          'Where it is wanted, filter it by tenant (… where (tenant_id = …)), or allow it with the reason, and guard the subscriber like this database.',
      };
    }
  },
};

const slot: Rule = {
  id: 'replication_slot.logical',
  title: 'logical replication slots',
  why: 'A logical slot hands out every change of every tenant to whoever may replicate, and keeps the server’s log until it is read.',
  severities: ['medium'],
  *find({ access }) {
    for (const { name, kind, plugin, active } of access.slots) {
      if (kind !== 'logical') continue;
      yield {
        severity: 'medium',
        object: `replication slot ${printName([name])}`,
        what: `${name} decodes the changes of the whole database (${plugin ?? 'no plugin'})${active ? ', and somebody is reading it' : ''}.`,
        mend: [`select pg_catalog.pg_drop_replication_slot(${quoteLiteral(name)})`],
        advice: 'Where somebody reads it on purpose, allow it with the reason.',
      };
    }
  },
};

const subscription: Rule = {
  id: 'subscription.present',
  title: 'subscriptions',
  why: 'Rows that a subscription brings in are written past row security, with whatever tenant the other side gave them.',
  severities: ['medium'],
  unseen({ access }) {
    return access.unseen
      .filter(({ subject }) => subject === 'subscriptions')
      .map(({ why }) => ({ object: null, why }));
  },
  *find({ access }) {
    for (const { name, owner, enabled } of access.subscriptions)
      yield {
        severity: 'medium',
        object: `subscription ${printName([name])}`,
        what: `${name}, which ${owner} owns, writes rows from another server${enabled ? '' : ' once it is enabled'}.`,
        mend: [],
        advice: `Where it is not wanted: alter subscription ${quoteIdent(name)} disable; alter subscription ${quoteIdent(name)} set (slot_name = none); drop subscription ${quoteIdent(name)}. Where it is, allow it with the reason.`,
      };
  },
};

export const REPLICATION_RULES: readonly Rule[] = [publication, slot, subscription];
