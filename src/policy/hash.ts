/**
 * The identity of a policy: a hash over what it means, not over how it is written.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { ApprovalPolicy, CrossTenantEntry, Policy, SlicePolicy } from './defaults.js';
import { parseName, printName } from './name.js';

/**
 * `sha256:` and 64 hex digits over the canonical JSON (RFC 8785) of a policy.
 *
 * Equal under: order of keys, comments, layout, defaults written out or left out, order and repetition in lists
 * that are sets (columns, tools, patterns, tenants), and a table's name with or without its default schema or needless quotes.
 */
export function hashPolicy(policy: Policy): string {
  const canonical = canonicalize(canonicalForm(policy));
  return `sha256:${createHash('sha256')
    .update(canonical ?? '')
    .digest('hex')}`;
}

/** 64 hex digits over the canonical JSON of one rule under `approvals`: what people agreed to is agreed under this rule and no other. */
export function hashApproval(rule: ApprovalPolicy): string {
  return createHash('sha256')
    .update(canonicalize(canonicalApproval(rule, same)) ?? '')
    .digest('hex');
}

function canonicalForm(policy: Policy): unknown {
  const nameOf = canonicalNames(policy);
  return {
    ...policy,
    tables: mapEntries(policy.tables, nameOf, (table) => ({
      ...table,
      tenant:
        table.tenant !== null && typeof table.tenant === 'object' && 'via' in table.tenant
          ? { ...table.tenant, via: nameOf(table.tenant.via) }
          : table.tenant,
    })),
    deny: mapEntries(policy.deny, same, sorted),
    roles: mapEntries(policy.roles, same, (role) => ({
      ...role,
      tools: sorted(role.tools),
      sql: { functions: sorted(role.sql.functions) },
      tables: mapEntries(role.tables, nameOf, canonicalSlice),
    })),
    plans: mapEntries(policy.plans, same, (plan) => ({ tools: sorted(plan.tools) })),
    approvals: mapEntries(policy.approvals, same, (rule) => canonicalApproval(rule, nameOf)),
    acknowledge: mapEntries(policy.acknowledge, same, sorted),
    cross_tenant: {
      acting_for: sorted(policy.cross_tenant.acting_for.map(canonicalEntry)),
      grants: mapEntries(policy.cross_tenant.grants, same, (grant) => ({
        ...grant,
        tenants: setOrWord(grant.tenants),
        expires: new Date(grant.expires).toISOString(),
      })),
    },
  };
}

function canonicalSlice(slice: SlicePolicy): unknown {
  return {
    ...slice,
    columns: setOrWord(slice.columns),
    create: slice.create === null ? null : setOrWord(slice.create),
    update: slice.update === null ? null : setOrWord(slice.update),
    samples: sorted(slice.samples),
  };
}

function canonicalApproval(rule: ApprovalPolicy, nameOf: (name: string) => string): unknown {
  const set = (names: readonly string[] | null): readonly string[] | null =>
    names === null ? null : sorted(names);
  return {
    ...rule,
    tools: set(rule.tools),
    tables: set(rule.tables?.map(nameOf) ?? null),
    columns: set(rule.columns),
    roles: set(rule.roles),
    approvers: { roles: sorted(rule.approvers.roles) },
  };
}

/** As text, so that entries sort like any other set. */
function canonicalEntry(entry: CrossTenantEntry): string {
  return canonicalize({ ...entry, roles: sorted(entry.roles), tenants: setOrWord(entry.tenants) }) ?? '';
}

/** Every way of naming a table of the policy, to `schema.table`; a name that leads nowhere stays as it is. */
function canonicalNames(policy: Policy): (name: string) => string {
  const byAlias = new Map<string, string>();
  const full = (name: string): string | undefined => {
    const parsed = parseName(name);
    if ('problem' in parsed || parsed.parts.length > 2) return undefined;
    const parts = parsed.parts.map((part) => part.name);
    return printName(parts.length === 1 ? [policy.schema, ...parts] : parts);
  };
  const known = new Set(Object.keys(policy.tables).map(full));
  for (const [name, table] of Object.entries(policy.tables)) {
    const target = full(name);
    if (table.as !== null && target !== undefined) byAlias.set(table.as, target);
  }
  return (name) => {
    const direct = full(name);
    return direct !== undefined && known.has(direct) ? direct : (byAlias.get(name) ?? name);
  };
}

function mapEntries<From, To>(
  record: Readonly<Record<string, From>>,
  key: (name: string) => string,
  value: (from: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, from]) => [key(name), value(from)]));
}

function same(name: string): string {
  return name;
}

function setOrWord<Word extends string>(value: Word | readonly string[]): Word | readonly string[] {
  return typeof value === 'string' ? value : sorted(value);
}

function sorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
