/**
 * The compiled policy: the file joined with a catalog, every name resolved, every default filled in.
 * Frozen. Everything downstream (compile, tools, gate) reads this and never the file.
 */
import type { Filter } from './filter.js';

/** Ringfence's own tools. */
export type ToolName =
  | 'describe_schema'
  | 'query'
  | 'get'
  | 'aggregate'
  | 'sql'
  | 'create'
  | 'update'
  | 'delete';

export type MaskKind = 'partial' | 'email' | 'last4' | 'hash' | 'null' | 'year' | 'text';

/** The axes of a boundary that a row can belong to. */
export type ScopeAxis = 'tenant' | 'workspace' | 'user';

export interface CompiledPolicy {
  readonly version: 1;
  /** `sha256:` and 64 hex digits over the canonical form (RFC 8785) of the policy with its preset filled in. The catalog is not part of it. */
  readonly hash: string;
  readonly preset: 'production' | 'development';
  readonly tenancy: 'multi' | 'single';
  /** Where the file's unqualified names live, and where a product's own triggers expect to find theirs. */
  readonly defaultSchema: string;
  readonly owners: {
    readonly tenant: string;
    readonly role: string;
    readonly secrets: string;
    readonly audit: string;
  };
  /** Every table the policy gives a tenancy, by its policy name. */
  readonly tables: ReadonlyMap<string, PolicyTable>;
  readonly roles: ReadonlyMap<string, CompiledRole>;
  /** Which tools a plan may use; a plan that is not named may use what its role may. */
  readonly plans: ReadonlyMap<string, { readonly tools: ReadonlySet<string> }>;
  /** The product's own tools, by name. */
  readonly ownTools: ReadonlyMap<string, OwnToolRules>;
  /** Which calls wait for people. A call waits for each rule that it matches. */
  readonly approvals: readonly ApprovalRule[];
  /** What is planted, and may be seen nowhere else: see `tools/canaries.ts`. */
  readonly canaries: ReadonlyMap<string, CanaryRules>;
  readonly crossTenant: CrossTenantPolicy;
  /** What is within reach of the tool `sql` beside the slices, and accepted: see `compile/reach.ts`. */
  readonly acknowledgedReach: ReadonlySet<string>;
  /** What a person should know and the policy does not forbid. */
  readonly warnings: readonly PolicyNote[];
}

export interface PolicyNote {
  readonly path: string;
  readonly message: string;
  readonly line?: number;
}

export interface CrossTenantPolicy {
  readonly actingFor: readonly {
    readonly agent: string;
    readonly roles: readonly string[];
    readonly tenants: '*' | readonly string[];
  }[];
  readonly grants: ReadonlyMap<
    string,
    { readonly role: string; readonly tenants: '*' | readonly string[]; readonly expires: Date }
  >;
}

/** A base table and how its rows belong to a boundary. */
export interface PolicyTable {
  /** The agent-facing name, also the view's name: unique in the policy. */
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  /** A materialized view has no row security: its slice views hold the boundary themselves. */
  readonly kind: 'table' | 'materialized_view';
  /** How old a materialized view's rows may be before Ringfence refreshes it; null where it does not. */
  readonly refreshMinutes: number | null;
  readonly scope: Scope;
}

/**
 * How a table's rows belong to a boundary.
 * `shared` is reference data without an owner, read-only. `single` is any table under `tenancy: single` that no column narrows.
 * `scoped` has own columns, a parent, or both; all of them must match.
 */
export type Scope =
  | { readonly kind: 'shared' }
  | { readonly kind: 'single' }
  | {
      readonly kind: 'scoped';
      readonly columns: readonly ScopeColumn[];
      readonly via: ScopeVia | null;
    };

export interface ScopeColumn {
  readonly axis: ScopeAxis;
  readonly column: string;
  /** See `CatalogColumn.castType`. */
  readonly castType: string;
}

export interface ScopeVia {
  /** The parent's policy name. */
  readonly parent: string;
  readonly columns: readonly string[];
  readonly parentColumns: readonly string[];
}

export interface CompiledRole {
  readonly name: string;
  readonly description: string;
  /** `ringfence_slice_<name>`, `ringfence_view_<name>`, `slice_<name>`, `scope_<name>`. */
  readonly sliceRole: string;
  readonly viewRole: string;
  readonly sliceSchema: string;
  readonly scopeSchema: string;
  /** How far the role sees: its own rows, its workspace's or its tenant's. Scope columns of narrower axes are not applied. */
  readonly reach: ScopeAxis;
  /** By name: Ringfence's, and those of {@link CompiledPolicy.ownTools}. */
  readonly tools: ReadonlySet<string>;
  /** What agent-written SQL may do beside reading the slice; null where the role has no tool `sql`. */
  readonly sql: SqlRules | null;
  readonly limits: Limits;
  /** By agent-facing name. */
  readonly tables: ReadonlyMap<string, SliceTable>;
}

/** A tool of the product's own, as the policy accepts it. */
export interface OwnToolRules {
  readonly effect: 'read' | 'write' | 'external';
  readonly risk: 'low' | 'medium' | 'high';
  /** The digest of the definition that was accepted; null where any definition is. See `manifestOf`. */
  readonly manifest: string | null;
}

/** A rule of which calls wait for people. null does not narrow. */
export interface ApprovalRule {
  readonly name: string;
  /** 64 hex digits over what the file says of it. */
  readonly digest: string;
  readonly tools: ReadonlySet<string>;
  /** By agent-facing name; of calls of create, update and delete. */
  readonly tables: ReadonlySet<string> | null;
  /** The same, by table. */
  readonly columns: ReadonlyMap<string, ReadonlySet<string>> | null;
  /** Of whoever calls. */
  readonly roles: ReadonlySet<string> | null;
  /** Roles of those who may decide, and which of them reach every workspace. */
  readonly approvers: readonly string[];
  readonly tenantWide: readonly string[];
  /** How many must approve. */
  readonly cosigners: number;
  /** Until the call is denied by the clock. */
  readonly minutes: number;
}

/** `tenant`: each tenant's own value, at home inside its boundaries. `nobody`: one value, at home nowhere. */
export interface CanaryRules {
  readonly belongs: 'tenant' | 'nobody';
}

export interface SqlRules {
  /** The product's own functions that a statement may call. */
  readonly functions: readonly ProductFunction[];
}

/** A function of the product's, all of its overloads. */
export interface ProductFunction {
  readonly schema: string;
  readonly name: string;
}

export interface Limits {
  /** Rows in one answer. */
  readonly rows: number;
  /** Rows the database may have to visit for one call, as the planner estimates. */
  readonly scannedRows: number;
  readonly timeoutMs: number;
  /** Levels of include or relation filter below the first table. */
  readonly joinDepth: number;
}

/** One table as one role sees it. */
export interface SliceTable {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly comment: string | null;
  /** As far as the role is held to it: columns of axes narrower than its reach are not here, and are ordinary columns then. */
  readonly scope: Scope;
  /** What the agent may read, in table order. Scope columns are not among them: they are the boundary's. */
  readonly columns: readonly SliceColumn[];
  /**
   * The columns of the primary key that the boundary leaves open: scope columns are not among them. They tell one row from every
   * other inside the boundary. Empty where a part of it is outside the slice or masked.
   */
  readonly primaryKey: readonly string[];
  readonly relations: readonly Relation[];
  /** The row rule, beside the boundary. */
  readonly rows: Filter | null;
  readonly write: WriteRules;
  /** Columns whose values `describe_schema` may show a few of. */
  readonly samples: readonly string[];
  /** Column sets of indexes that can serve a condition under row-level security, in key order. */
  readonly indexes: readonly (readonly string[])[];
}

/** A column as the slice shows it: under a mask that writes text (all but `null` and `year`) its type is `text`. */
export interface SliceColumn {
  readonly name: string;
  readonly type: string;
  readonly castType: string;
  readonly typeOid: number;
  readonly category: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly mask: MaskKind | null;
  readonly enumLabels: readonly string[] | null;
  readonly comment: string | null;
}

export interface WriteRules {
  /** Columns that create may set; null where it may not create. */
  readonly create: readonly string[] | null;
  readonly update: readonly string[] | null;
  readonly delete: boolean;
  /** Columns set from the boundary on create, and on update where `onUpdate`. */
  readonly presets: readonly Preset[];
  readonly reasonRequired: boolean;
  /** Foreign keys that a write can set and whose parent must be inside the boundary. */
  readonly guardedKeys: readonly GuardedKey[];
}

export type PresetSource = 'tenant' | 'workspace' | 'user' | 'role' | 'run' | 'actor' | 'now';

export interface Preset {
  readonly column: string;
  readonly castType: string;
  readonly source: PresetSource;
  readonly onUpdate: boolean;
}

export interface GuardedKey {
  readonly columns: readonly string[];
  /** The parent's policy name. */
  readonly parent: string;
  readonly parentColumns: readonly string[];
}

export interface Relation {
  /**
   * What the agent calls it, unique in the table: the other table's name. Where that is taken, `table_column` towards one row and
   * `table_by_column` towards many: see `relationsOf` in `relations.ts`.
   */
  readonly name: string;
  readonly kind: 'one' | 'many';
  /** The other side's agent-facing name. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly otherColumns: readonly string[];
}
