/** Code that runs by itself: triggers on tables of tenants, and event triggers. */
import { quoteIdent, quoteName } from '../../../compile/quote.js';
import type { FunctionFact, TriggerFact } from '../../../database/inspect/access.js';
import { printName } from '../../../policy/name.js';
import { few, functionSql, type Lens, lensOf, type TenantTable } from '../lens.js';
import type { Rule, World } from '../rule.js';
import { mentionsWord } from '../source-words.js';

const object = ({ schema, table, name }: TriggerFact): string =>
  `trigger ${printName([name])} on ${printName([schema, table])}`;

interface Fired {
  readonly lens: Lens;
  readonly trigger: TriggerFact;
  readonly table: TenantTable;
  readonly fact: FunctionFact;
}

/** The product’s triggers on tables of tenants, with their functions. */
function* fired(world: World): Generator<Fired> {
  const lens = lensOf(world);
  for (const trigger of world.access.triggers) {
    if (trigger.internal) continue;
    const table = lens.tenantTable({ schema: trigger.schema, name: trigger.table });
    const fact = lens
      .functionsCalled([trigger.function.schema, trigger.function.name])
      .find(({ arguments: types }) => types === trigger.function.arguments);
    if (table !== undefined && fact !== undefined) yield { lens, trigger, table, fact };
  }
}

const writes = ({ source }: FunctionFact): boolean =>
  ['insert', 'update', 'delete', 'merge', 'execute'].some((word) => mentionsWord(source, word));

const copies: Rule = {
  id: 'trigger.copies_rows',
  title: 'triggers that copy rows of tenants to where row security does not hold',
  why: 'What a trigger writes elsewhere is judged by the row security of that place. An audit or search table without any is every tenant’s data once more.',
  severities: ['critical', 'medium'],
  *find(world) {
    for (const { lens, trigger, fact } of fired(world)) {
      if (!['insert', 'merge'].some((word) => mentionsWord(fact.source, word))) continue;
      const open = lens.tableWords(fact.source).filter(
        (target) =>
          (target.kind === 'table' || target.kind === 'partitioned table') &&
          target.name !== trigger.table &&
          !target.rowSecurity &&
          // A table of tenants without row security is told of as one.
          lens.tenantTable(target) === undefined,
      );
      for (const target of open) {
        const readers = lens
          .holders(target.grants, ['select'])
          .filter((login) => !lens.roles.rights(login).has(target.owner));
        const grantees = [
          ...new Set(
            target.grants.filter(({ privilege }) => privilege === 'select').map(({ grantee }) => grantee),
          ),
        ];
        if (readers.length === 0) continue;
        yield {
          severity: 'critical',
          object: object(trigger),
          what: `${trigger.name} writes what happens in ${printName([trigger.schema, trigger.table])} to ${printName([target.schema, target.name])}, which has no row security and which ${few(readers)} may read.`,
          mend: [
            `revoke select on table ${quoteName(target.schema, target.name)} from ${grantees.map((grantee) => (grantee === 'public' ? grantee : quoteIdent(grantee))).join(', ')}`,
          ],
          advice: 'Or give that table the tenant’s column and row security as well.',
        };
      }
    }
  },
};

const definer: Rule = {
  id: 'trigger.definer',
  title: 'triggers that act past row security',
  why: 'A SECURITY DEFINER function of an owner whom no policy binds acts on every tenant’s rows, driven by what one tenant writes.',
  severities: ['medium'],
  *find(world) {
    const told = new Set<string>();
    for (const { lens, trigger, fact } of fired(world)) {
      if (!fact.definer || fact.extension !== null || !writes(fact)) continue;
      const past = lens
        .readsTenants(fact.resolved ? fact.uses : lens.tableWords(fact.source))
        .filter((table) => table.rowSecurity && lens.passesBy(fact.owner, table));
      if (past.length === 0 || told.has(object(trigger))) continue;
      told.add(object(trigger));
      yield {
        severity: 'medium',
        object: object(trigger),
        what: `${trigger.name} runs ${printName([fact.schema, fact.name])} as ${fact.owner}, whom no policy binds, and it uses ${few(past.map(({ schema, name }) => printName([schema, name])))}.`,
        mend: [`alter ${functionSql(fact)} security invoker`],
        advice:
          'Where it must run as its owner, compare with the tenant of the row in each of its statements, and allow this with that reason.',
      };
    }
  },
};

const disabled: Rule = {
  id: 'trigger.disabled',
  title: 'triggers on tables of tenants that do not fire',
  why: 'A trigger that is switched off, or that fires in replication alone, checks and fills in nothing. For a foreign key it means that rows may point anywhere, into other tenants too.',
  severities: ['medium', 'low'],
  *find(world) {
    const lens = lensOf(world);
    const keys = new Set<string>();
    for (const trigger of world.access.triggers) {
      const { schema, table, name, state, internal } = trigger;
      if (state !== 'disabled' && state !== 'replica') continue;
      if (lens.tenantTable({ schema, name: table }) === undefined) continue;
      const on = quoteName(schema, table);
      if (!internal) {
        yield {
          severity: 'low',
          object: object(trigger),
          what: `${name} on ${printName([schema, table])} ${state === 'disabled' ? 'is switched off' : 'fires in replication alone'}.`,
          mend: [`alter table ${on} enable trigger ${quoteIdent(name)}`],
        };
      } else if (!keys.has(on)) {
        keys.add(on);
        yield {
          severity: 'medium',
          object: `table ${printName([schema, table])}`,
          what: `Foreign keys of or to ${printName([schema, table])} are not checked: their triggers are switched off.`,
          mend: [`alter table ${on} enable trigger all`],
        };
      }
    }
  },
};

const eventTrigger: Rule = {
  id: 'event_trigger.present',
  title: 'event triggers',
  why: 'An event trigger runs in every session that changes the schema, a superuser’s too, with that session’s rights. Whoever owns its function acts as them.',
  severities: ['high', 'medium'],
  *find(world) {
    const lens = lensOf(world);
    for (const { name, event, enabled, function: of, extension } of world.access.eventTriggers) {
      if (!enabled || extension !== null) continue;
      const [fact] = lens.functionsCalled([of.schema, of.name]);
      const owner = fact?.owner;
      const logins = owner === undefined ? [] : lens.roles.loginsOf([owner]);
      yield {
        severity: logins.length > 0 ? 'high' : 'medium',
        object: `event trigger ${printName([name])}`,
        what: `${name} runs ${printName([of.schema, of.name])}${owner === undefined ? '' : `, which ${owner} owns,`} on ${event}${logins.length > 0 ? `; ${few(logins)} can change what it does` : ''}.`,
        mend: [`drop event trigger ${quoteIdent(name)}`],
        advice: 'Where it is wanted, let a superuser own its function and allow it with the reason.',
      };
    }
  },
};

export const TRIGGER_RULES: readonly Rule[] = [copies, definer, disabled, eventTrigger];
