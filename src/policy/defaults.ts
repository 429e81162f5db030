/**
 * What a policy means where it says nothing: the presets, filled in.
 */
import type { CanaryRules, MaskKind, Preset, ToolName } from './compiled.js';
import type { PolicyDocument } from './schema.js';

/** The limits as the file writes them. */
interface PolicyLimits {
  readonly rows: number;
  readonly scanned_rows: number;
  readonly timeout_ms: number;
  readonly join_depth: number;
}

/** How a table's rows belong to a tenant, as the file writes it. */
export type TablePolicyTenancy =
  | 'shared'
  | { readonly column: string }
  | { readonly via: string; readonly on: Readonly<Record<string, string>> | null };

/** One table of the file, with nothing left out. */
export interface TablePolicy {
  readonly as: string | null;
  readonly tenant: TablePolicyTenancy | null;
  readonly workspace: string | null;
  readonly user: string | null;
  readonly refresh_minutes: number | null;
}

/** One table of one role, with nothing left out. */
export interface SlicePolicy {
  readonly columns: 'all' | readonly string[];
  readonly mask: Readonly<Record<string, MaskKind>>;
  readonly rows: Readonly<Record<string, unknown>> | null;
  readonly create: 'all' | readonly string[] | null;
  readonly update: 'all' | readonly string[] | null;
  readonly samples: readonly string[];
  readonly delete: boolean;
  readonly presets: Readonly<
    Record<string, { readonly source: Preset['source']; readonly onUpdate: boolean }>
  >;
  readonly reasonRequired: boolean;
}

export interface RolePolicy {
  readonly description: string;
  readonly reach: 'tenant' | 'workspace' | 'user';
  readonly tools: readonly string[];
  readonly sql: { readonly functions: readonly string[] };
  readonly limits: PolicyLimits;
  readonly tables: Readonly<Record<string, SlicePolicy>>;
}

/** A tool of the product's own. */
export interface OwnToolPolicy {
  readonly effect: 'read' | 'write' | 'external';
  readonly risk: 'low' | 'medium' | 'high';
  readonly manifest: string | null;
}

/** A rule of which calls wait for people; null where it does not narrow. */
export interface ApprovalPolicy {
  readonly tools: readonly string[] | null;
  readonly tables: readonly string[] | null;
  readonly columns: readonly string[] | null;
  readonly risk: 'low' | 'medium' | 'high' | null;
  readonly roles: readonly string[] | null;
  readonly approvers: { readonly roles: readonly string[] };
  readonly cosigners: number;
  readonly minutes: number;
}

export interface CrossTenantEntry {
  readonly agent: string;
  readonly roles: readonly string[];
  readonly tenants: '*' | readonly string[];
}

/** The policy with its preset filled in: keys and names as written, no field missing. */
export interface Policy {
  readonly version: 1;
  readonly preset: 'production' | 'development';
  readonly owners: {
    readonly tenant: string;
    readonly role: string;
    readonly secrets: string;
    readonly audit: string;
  };
  readonly tenancy: 'multi' | 'single';
  readonly schema: string;
  readonly tables: Readonly<Record<string, TablePolicy>>;
  readonly deny: {
    readonly columns: readonly string[];
    readonly except: readonly string[];
    readonly tables: readonly string[];
  };
  readonly roles: Readonly<Record<string, RolePolicy>>;
  readonly tools: Readonly<Record<string, OwnToolPolicy>>;
  readonly plans: Readonly<Record<string, { readonly tools: readonly string[] }>>;
  readonly canaries: Readonly<Record<string, CanaryRules>>;
  readonly approvals: Readonly<Record<string, ApprovalPolicy>>;
  readonly acknowledge: {
    readonly unique: readonly string[];
    readonly foreign_keys: readonly string[];
    readonly reach: readonly string[];
  };
  readonly cross_tenant: {
    readonly acting_for: readonly CrossTenantEntry[];
    readonly grants: Readonly<
      Record<
        string,
        { readonly role: string; readonly tenants: '*' | readonly string[]; readonly expires: string }
      >
    >;
  };
}

/** The axes that have an owner, in the order the file writes them. */
export const OWNED_AXES = ['tenant', 'role', 'secrets', 'audit'] as const;

const DENIED_COLUMNS = ['*password*', '*secret*', '*token*', '*api_key*'];
const READING_TOOLS: readonly ToolName[] = ['describe_schema', 'query', 'get', 'aggregate'];

/** What a wrong call may cost where the file does not say. */
const USUAL_RISK = { read: 'low', write: 'medium', external: 'high' } as const;

const PRESETS = {
  production: {
    limits: { rows: 200, scanned_rows: 100_000, timeout_ms: 5_000, join_depth: 3 },
    reasonRequired: true,
  },
  development: {
    limits: { rows: 1_000, scanned_rows: 1_000_000, timeout_ms: 30_000, join_depth: 5 },
    reasonRequired: false,
  },
} as const;

/** Fills in what a document leaves out, by its preset. */
export function fillIn(document: PolicyDocument): Policy {
  const preset = document.preset ?? 'production';
  const limits = { ...PRESETS[preset].limits, ...given(document.limits) };
  const owners = document.owners ?? {};
  return {
    version: 1,
    preset,
    owners: {
      tenant: owners.tenant ?? 'unassigned',
      role: owners.role ?? 'unassigned',
      secrets: owners.secrets ?? 'unassigned',
      audit: owners.audit ?? 'unassigned',
    },
    tenancy: document.tenancy ?? 'multi',
    schema: document.schema ?? 'public',
    tables: mapValues(document.tables, (table) => ({
      as: table.as ?? null,
      tenant: tenancyOf(table.tenant),
      workspace: table.workspace?.column ?? null,
      user: table.user?.column ?? null,
      refresh_minutes: table.refresh_minutes ?? null,
    })),
    deny: {
      columns: document.deny?.columns ?? DENIED_COLUMNS,
      except: document.deny?.except ?? [],
      tables: document.deny?.tables ?? [],
    },
    roles: mapValues(document.roles, (role) => ({
      description: role.description ?? '',
      reach: role.reach ?? 'user',
      tools: role.tools ?? READING_TOOLS,
      sql: { functions: role.sql?.functions ?? [] },
      limits: { ...limits, ...given(role.limits) },
      tables: mapValues(role.tables, (table) => fillInSlice(table, PRESETS[preset].reasonRequired)),
    })),
    tools: mapValues(document.tools ?? {}, ({ effect, risk, manifest }) => ({
      effect,
      risk: risk ?? USUAL_RISK[effect],
      manifest: manifest ?? null,
    })),
    plans: document.plans ?? {},
    canaries: document.canaries ?? {},
    approvals: mapValues(document.approvals ?? {}, (rule) => ({
      tools: rule.tools ?? null,
      tables: rule.tables ?? null,
      columns: rule.columns ?? null,
      risk: rule.risk ?? null,
      roles: rule.roles ?? null,
      approvers: rule.approvers,
      cosigners: rule.cosigners ?? 1,
      minutes: rule.minutes ?? 60,
    })),
    acknowledge: {
      unique: document.acknowledge?.unique ?? [],
      foreign_keys: document.acknowledge?.foreign_keys ?? [],
      reach: document.acknowledge?.reach ?? [],
    },
    cross_tenant: {
      acting_for: document.cross_tenant?.acting_for ?? [],
      grants: document.cross_tenant?.grants ?? {},
    },
  };
}

function fillInSlice(
  table: PolicyDocument['roles'][string]['tables'][string],
  reasonRequired: boolean,
): SlicePolicy {
  return {
    columns: table.columns ?? 'all',
    mask: mapValues(table.mask ?? {}, (mask) => mask ?? 'null'),
    rows: table.rows ?? null,
    create: table.create ?? null,
    update: table.update ?? null,
    samples: table.samples ?? [],
    delete: table.delete ?? false,
    presets: mapValues(table.presets ?? {}, (preset) => {
      const { value, on } = typeof preset === 'string' ? { value: preset, on: undefined } : preset;
      return { source: value.slice(1) as Preset['source'], onUpdate: on === 'update' };
    }),
    reasonRequired: table.reason === undefined ? reasonRequired : table.reason === 'required',
  };
}

function tenancyOf(tenant: PolicyDocument['tables'][string]['tenant']): TablePolicyTenancy | null {
  if (tenant === undefined || tenant === 'shared') return tenant ?? null;
  return 'via' in tenant ? { via: tenant.via, on: tenant.on ?? null } : tenant;
}

/** The fields that are there; zod keeps a field that was written as undefined. */
function given(limits: PolicyDocument['limits']): Partial<PolicyLimits> {
  return Object.fromEntries(Object.entries(limits ?? {}).filter(([, value]) => value !== undefined));
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
