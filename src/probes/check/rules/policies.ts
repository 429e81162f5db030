/** Policies that let rows of other tenants through, or let rows be written into other tenants. */
import { quoteIdent, quoteName } from '../../../compile/quote.js';
import type { PolicyFact } from '../../../database/inspect/access.js';
import { printName } from '../../../policy/name.js';
import { few, type Lens, lensOf, policyObject, type TenantTable } from '../lens.js';
import { isTrue, type JudgedRow, keepsToTenant } from '../policy-scope.js';
import { ruleFor } from '../policy-template.js';
import type { Found, Rule, World } from '../rule.js';

type Command = 'select' | 'insert' | 'update' | 'delete';
const COMMANDS: readonly Command[] = ['select', 'insert', 'update', 'delete'];
const READS: readonly Command[] = ['select', 'update', 'delete'];
const WRITES: readonly Command[] = ['insert', 'update'];

const concerns = ({ command }: PolicyFact, of: Command): boolean => command === 'all' || command === of;

/** What a policy asks of rows that are written: USING where it has no WITH CHECK of its own. */
const checkOf = ({ check, using }: PolicyFact): string | null => check ?? using;

const rowOf = ({ relation, columns }: TenantTable): JudgedRow => ({
  table: relation.name,
  tenantColumns: columns,
});

/** Whether an expression keeps to the tenant. One that cannot be read is taken to: it is told of as not checked. */
function keeps(lens: Lens, text: string | null, table: TenantTable): boolean {
  if (text === null) return false;
  const expression = lens.expression(text);
  return expression === undefined || keepsToTenant(expression, rowOf(table));
}

/** Whether a restrictive policy keeps what `policy` lets through to the tenant: for the same command, and all of the same roles. */
function isHeld(lens: Lens, table: TenantTable, policy: PolicyFact, of: Command, writing: boolean): boolean {
  return lens
    .policies(table.relation)
    .some(
      (other) =>
        !other.permissive &&
        concerns(other, of) &&
        (other.roles.includes('public') || policy.roles.every((role) => other.roles.includes(role))) &&
        keeps(lens, writing ? checkOf(other) : other.using, table),
    );
}

/** The commands for which a permissive policy lets rows of any tenant through, and nothing holds them. */
function openCommands(
  lens: Lens,
  table: TenantTable,
  policy: PolicyFact,
  writing: boolean,
): readonly Command[] {
  const text = writing ? checkOf(policy) : policy.using;
  if (!policy.permissive || text === null || keeps(lens, text, table)) return [];
  const among = writing ? WRITES : READS;
  return among.filter(
    (command) => concerns(policy, command) && !isHeld(lens, table, policy, command, writing),
  );
}

/** The logins that a policy is asked for, of those that use the table. */
function loginsOf(lens: Lens, table: TenantTable, { roles }: PolicyFact): readonly string[] {
  const users = new Set(lens.holders(table.relation.grants, COMMANDS));
  return lens.roles.loginsOf(roles).filter((login) => users.has(login) || !roles.includes('public'));
}

function* judgedPolicies(
  of: World,
): Generator<{ readonly lens: Lens; readonly table: TenantTable; readonly policy: PolicyFact }> {
  const lens = lensOf(of);
  for (const table of lens.tenantTables) {
    if (!table.relation.rowSecurity) continue;
    for (const policy of lens.policies(table.relation)) yield { lens, table, policy };
  }
}

/** Whether another permissive policy gives the same roles what they need, so that this one can simply go. */
function isSpare(lens: Lens, table: TenantTable, policy: PolicyFact): boolean {
  const others = lens.policies(table.relation).filter((other) => other !== policy && other.permissive);
  return COMMANDS.filter((command) => concerns(policy, command)).every((command) =>
    others.some(
      (other) =>
        concerns(other, command) &&
        (other.roles.includes('public') ||
          policy.roles.some((role) => role === 'public' || other.roles.includes(role))) &&
        (command === 'insert' || keeps(lens, other.using, table)) &&
        (!WRITES.includes(command) || keeps(lens, checkOf(other), table)),
    ),
  );
}

/** How a policy that lets too much through is put right. */
function mend(
  of: World,
  lens: Lens,
  table: TenantTable,
  policy: PolicyFact,
): { mend: readonly string[]; advice?: string } {
  const on = quoteName(policy.schema, policy.table);
  if (isSpare(lens, table, policy)) return { mend: [`drop policy ${quoteIdent(policy.name)} on ${on}`] };
  const expression = rightExpression(of, lens, table, policy);
  if (expression === undefined)
    return {
      mend: [],
      advice: `Compare ${table.columns.join(', ')} with the tenant whom the database knows, in USING and in WITH CHECK.`,
    };
  const using = policy.command === 'insert' ? '' : ` using ${expression}`;
  const check =
    policy.command === 'all' || WRITES.includes(policy.command as Command) ? ` with check ${expression}` : '';
  return { mend: [`alter policy ${quoteIdent(policy.name)} on ${on}${using}${check}`] };
}

/** What the policy should say: as its own better half, another policy of the table, or the table’s neighbours. */
function rightExpression(of: World, lens: Lens, table: TenantTable, policy: PolicyFact): string | undefined {
  const own = [policy, ...lens.policies(table.relation)]
    .flatMap(({ using, check }) => [using, check])
    .find((text) => text !== null && keeps(lens, text, table) && lens.expression(text)?.kind !== 'constant');
  const text = own ?? ruleFor(of, lens, table)?.expression;
  return text === undefined || text === null ? undefined : text.startsWith('(') ? text : `(${text})`;
}

interface OpenPolicy {
  readonly policy: PolicyFact;
  readonly commands: readonly Command[];
  readonly logins: readonly string[];
  /** The table, as SQL names it. */
  readonly on: string;
}

/** Policies that let rows of any tenant through: every row there is, or those for which something else holds. */
function* openPolicies(of: World, every: boolean, tell: (found: OpenPolicy) => string): Iterable<Found> {
  for (const { lens, table, policy } of judgedPolicies(of)) {
    const expression = lens.expression(policy.using);
    if (expression === undefined || isTrue(expression) !== every) continue;
    const commands = openCommands(lens, table, policy, false);
    if (commands.length === 0) continue;
    const logins = loginsOf(lens, table, policy);
    yield {
      severity: logins.length > 0 ? 'critical' : 'low',
      object: policyObject(policy),
      what: tell({ policy, commands, logins, on: printName([policy.schema, policy.table]) }),
      ...mend(of, lens, table, policy),
    };
  }
}

const alwaysTrue: Rule = {
  id: 'policy.always_true',
  title: 'policies that let every row through',
  why: 'Permissive policies are OR-ed: one that is always true makes all the others beside it worth nothing.',
  severities: ['critical', 'low'],
  find: (of) =>
    openPolicies(of, true, ({ logins, policy, commands, on }) => {
      const who = logins.length > 0 ? few(logins) : `${few(policy.roles)}, whom no login can be,`;
      return `The policy ${policy.name} lets ${who} ${few(commands)} every row of ${on}.`;
    }),
};

const withoutTenant: Rule = {
  id: 'policy.without_tenant',
  title: 'policies that do not ask whose row it is',
  why: 'What such a policy lets through, it lets through of every tenant. An OR beside the comparison with the tenant is enough, as in “or the setting is not there”.',
  severities: ['critical', 'low'],
  find: (of) =>
    openPolicies(
      of,
      false,
      ({ policy, commands, on }) =>
        `What the policy ${policy.name} on ${on} lets through for ${few(commands)} need not belong to the tenant: ${policy.using}.`,
    ),
};

const weakCheck: Rule = {
  id: 'policy.check_weak',
  title: 'policies that let rows be written into other tenants',
  why: 'WITH CHECK is what keeps an INSERT, or an UPDATE of the tenant’s column, inside. Rows can be planted with another tenant, and handed to it.',
  severities: ['high', 'low'],
  *find(of) {
    for (const { lens, table, policy } of judgedPolicies(of)) {
      const commands = openCommands(lens, table, policy, true);
      // Where USING lets everything through already, that is what is told.
      if (commands.length === 0 || (policy.check === null && policy.command !== 'insert')) continue;
      if (openCommands(lens, table, policy, false).length > 0) continue;
      const logins = loginsOf(lens, table, policy);
      yield {
        severity: logins.length > 0 ? 'high' : 'low',
        object: policyObject(policy),
        what: `The policy ${policy.name} on ${printName([policy.schema, policy.table])} does not keep rows that are written (${few(commands)}) to the tenant: ${checkOf(policy)}.`,
        ...mend(of, lens, table, policy),
      };
    }
  },
};

const impliedCheck: Rule = {
  id: 'policy.check_missing',
  title: 'policies without WITH CHECK',
  why: 'PostgreSQL then asks USING of rows that are written. The day somebody widens USING, to show shared rows say, every tenant may write them.',
  severities: ['low'],
  *find(of) {
    for (const { lens, table, policy } of judgedPolicies(of)) {
      if (policy.check !== null || policy.using === null) continue;
      if (policy.command !== 'all' && policy.command !== 'update') continue;
      if (!keeps(lens, policy.using, table)) continue;
      const writers = lens.holders(
        table.relation.grants,
        policy.command === 'all' ? ['insert', 'update'] : ['update'],
      );
      if (writers.length === 0) continue;
      yield {
        severity: 'low',
        object: policyObject(policy),
        what: `The policy ${policy.name} on ${printName([policy.schema, policy.table])} says nothing of rows that are written, and ${few(writers)} may write.`,
        mend: [
          `alter policy ${quoteIdent(policy.name)} on ${quoteName(policy.schema, policy.table)} with check ${policy.using.startsWith('(') ? policy.using : `(${policy.using})`}`,
        ],
      };
    }
  },
};

const uncovered: Rule = {
  id: 'policy.command_uncovered',
  title: 'commands that no policy lets through',
  why: 'PostgreSQL refuses or finds no rows, which is safe. But a right that cannot be used invites a hasty policy, and looks like a fault of the product’s.',
  severities: ['low'],
  *find(of) {
    const lens = lensOf(of);
    for (const table of lens.tenantTables) {
      const { relation } = table;
      const permissive = lens.policies(relation).filter((policy) => policy.permissive);
      if (!relation.rowSecurity || permissive.length === 0) continue;
      const missing = COMMANDS.filter((command) => {
        const grantees = relation.grants.filter(({ privilege }) => privilege === command);
        // Each is looked at by itself: another role’s policies are no help.
        return grantees.some(
          ({ grantee }) =>
            lens.roles.loginsOf([grantee]).length > 0 &&
            !lens.roles.unbound(grantee) &&
            !grantee.startsWith('ringfence_') &&
            !permissive.some(
              (policy) =>
                concerns(policy, command) &&
                (policy.roles.includes('public') ||
                  [...lens.roles.rights(grantee)].some((role) => policy.roles.includes(role))),
            ),
        );
      });
      if (missing.length === 0) continue;
      const grantees = [
        ...new Set(
          relation.grants
            .filter(
              ({ privilege, grantee }) => missing.includes(privilege as Command) && grantee !== 'public',
            )
            .map(({ grantee }) => grantee),
        ),
      ];
      yield {
        severity: 'low',
        object: `table ${printName([relation.schema, relation.name])}`,
        what: `${few(grantees.length === 0 ? ['PUBLIC'] : grantees)} may ${few(missing)} on ${printName([relation.schema, relation.name])}, and no policy lets a row through for that.`,
        mend: [
          `revoke ${missing.join(', ')} on table ${quoteName(relation.schema, relation.name)} from ${grantees.length === 0 ? 'public' : grantees.map(quoteIdent).join(', ')}`,
        ],
        advice: 'Or create the policy that is missing, with the tenant in USING and in WITH CHECK.',
      };
    }
  },
};

export const POLICY_RULES: readonly Rule[] = [alwaysTrue, withoutTenant, weakCheck, impliedCheck, uncovered];
