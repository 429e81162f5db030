/** Who may do what in a database: what `check` and `coverage` know of roles, ownership, row security, code and replication. Plain data. */
import type { CatalogPolicy } from '../../../policy/catalog.js';

export interface AccessFacts {
  readonly server: ServerFacts;
  readonly database: DatabaseFacts;
  readonly roles: readonly RoleFact[];
  readonly memberships: readonly MembershipFact[];
  /** Settings of roles and databases that hold here. */
  readonly settings: readonly SettingFact[];
  readonly schemas: readonly SchemaFact[];
  /** Every table, view, sequence of the product's: not the system's, and not Ringfence's own. */
  readonly relations: readonly RelationFact[];
  readonly policies: readonly PolicyFact[];
  readonly functions: readonly FunctionFact[];
  readonly triggers: readonly TriggerFact[];
  readonly eventTriggers: readonly EventTriggerFact[];
  readonly rewriteRules: readonly RewriteRuleFact[];
  readonly publications: readonly PublicationFact[];
  readonly slots: readonly SlotFact[];
  readonly subscriptions: readonly SubscriptionFact[];
  readonly foreignServers: readonly ForeignServerFact[];
  readonly extensions: readonly ExtensionFact[];
  readonly defaultPrivileges: readonly DefaultPrivilegeFact[];
  /** Settings that PostgreSQL keeps to superusers, and who else may set them. */
  readonly parameters: readonly { readonly name: string; readonly grantees: readonly string[] }[];
  /** What the login that looks may not see, each with what would show it. */
  readonly unseen: readonly UnseenFact[];
}

export interface ServerFacts {
  /** `server_version_num`. */
  readonly version: number;
  /** The login that looks. */
  readonly currentUser: string;
  readonly superuser: boolean;
  readonly settings: Readonly<Record<WatchedSetting, string>>;
  /** Logins whose password is stored as MD5; null where it may not be seen. */
  readonly md5Logins: readonly string[] | null;
  /** Lines of pg_hba.conf that let somebody in over the network without proof; null where they may not be seen. */
  readonly trusting: readonly string[] | null;
}

/** Settings of the server that rules look at. */
export type WatchedSetting = (typeof WATCHED_SETTINGS)[number];

export const WATCHED_SETTINGS = [
  'listen_addresses',
  'lo_compat_privileges',
  'log_min_duration_statement',
  'log_parameter_max_length',
  'log_statement',
  'password_encryption',
  'ssl',
] as const;

export interface DatabaseFacts {
  readonly name: string;
  readonly owner: string;
  /** Whether somebody has granted or revoked anything on it: null means PostgreSQL's defaults. */
  readonly hasOwnGrants: boolean;
  readonly grants: readonly Grant[];
}

/** `grantee` is a role's name, or `public` for PUBLIC. */
export interface Grant {
  readonly grantee: string;
  /** In lower case: `select`, `create`, `temporary`. */
  readonly privilege: string;
}

export interface RoleFact {
  readonly name: string;
  readonly superuser: boolean;
  /** The superuser that initdb made, which cannot be anything else. */
  readonly bootstrap: boolean;
  readonly bypassRls: boolean;
  readonly canLogin: boolean;
  readonly createRole: boolean;
  readonly replication: boolean;
}

export interface MembershipFact {
  readonly role: string;
  readonly member: string;
  readonly admin: boolean;
  /** Whether the member has the role's rights without doing anything. */
  readonly inherit: boolean;
  /** Whether the member may become the role. */
  readonly set: boolean;
}

export interface SettingFact {
  /** Null for every role. */
  readonly role: string | null;
  /** Null for every database. */
  readonly database: string | null;
  readonly name: string;
  readonly value: string;
}

export interface SchemaFact {
  readonly name: string;
  readonly owner: string;
  readonly extension: string | null;
  readonly grants: readonly Grant[];
}

export type RelationFactKind =
  | 'table'
  | 'partitioned table'
  | 'view'
  | 'materialized view'
  | 'foreign table'
  | 'sequence';

export interface RelationFact {
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationFactKind;
  readonly owner: string;
  readonly extension: string | null;
  readonly rowSecurity: boolean;
  readonly forceRowSecurity: boolean;
  /** A view that reads with its reader's rights. */
  readonly securityInvoker: boolean;
  /** The tables that it is a partition or an inheritance child of. */
  readonly parents: readonly RelationName[];
  /** What a view or materialised view reads, directly. */
  readonly reads: readonly RelationName[];
  /** Of everybody but its owner, on the whole or on a column. */
  readonly grants: readonly Grant[];
}

export interface RelationName {
  readonly schema: string;
  readonly name: string;
}

export interface PolicyFact extends CatalogPolicy {
  readonly schema: string;
  readonly table: string;
}

export interface FunctionFact {
  readonly schema: string;
  readonly name: string;
  /** The types of its arguments, as PostgreSQL prints them: `integer, text`. */
  readonly arguments: string;
  readonly kind: 'function' | 'procedure' | 'aggregate';
  readonly returns: 'trigger' | 'event_trigger' | 'value';
  readonly owner: string;
  readonly language: string;
  /** Whether rights bind what is written in its language. */
  readonly trusted: boolean;
  readonly definer: boolean;
  readonly leakproof: boolean;
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  /** What it sets search_path to, or null. */
  readonly searchPath: string | null;
  /** Its text; for one whose body was parsed when it was made, that body printed. */
  readonly source: string;
  /** Whether names in it were resolved when it was made, so that no search path matters. */
  readonly resolved: boolean;
  /** What PostgreSQL knows that it reads or writes, which is something for a resolved one alone. */
  readonly uses: readonly RelationName[];
  readonly extension: string | null;
  /** Who may execute it, its owner left out. */
  readonly grantees: readonly string[];
}

export interface TriggerFact {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  /** `enabled` in ordinary sessions; `replica` fires in replication alone. */
  readonly state: 'enabled' | 'disabled' | 'replica' | 'always';
  /** Whether PostgreSQL made it for a foreign key. */
  readonly internal: boolean;
  readonly function: { readonly schema: string; readonly name: string; readonly arguments: string };
}

export interface EventTriggerFact {
  readonly name: string;
  readonly event: string;
  readonly enabled: boolean;
  readonly function: { readonly schema: string; readonly name: string };
  readonly extension: string | null;
}

export interface RewriteRuleFact {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly event: 'select' | 'update' | 'insert' | 'delete';
}

export interface PublicationFact {
  readonly name: string;
  readonly allTables: boolean;
  readonly tables: readonly (RelationName & { readonly filtered: boolean })[];
  readonly schemas: readonly string[];
}

export interface SlotFact {
  readonly name: string;
  readonly kind: 'logical' | 'physical';
  readonly plugin: string | null;
  readonly active: boolean;
}

export interface SubscriptionFact {
  readonly name: string;
  readonly owner: string;
  readonly enabled: boolean;
}

export interface ForeignServerFact {
  readonly name: string;
  readonly wrapper: string;
  readonly owner: string;
  readonly grants: readonly Grant[];
  /** For whom there is a mapping: role names, `public` for PUBLIC. */
  readonly mappings: readonly string[];
}

export interface ExtensionFact {
  readonly name: string;
  /** Names of its functions that somebody beside their owner may execute, and who, `public` for PUBLIC. */
  readonly executable: readonly { readonly function: string; readonly grantees: readonly string[] }[];
}

export interface DefaultPrivilegeFact {
  /** Whose objects. */
  readonly owner: string;
  /** Where, or null for any schema. */
  readonly schema: string | null;
  readonly objects: 'tables' | 'sequences' | 'functions' | 'types' | 'schemas' | 'large objects';
  readonly grants: readonly Grant[];
}

export interface UnseenFact {
  /** What it is about: `passwords`, `pg_hba.conf`. */
  readonly subject: 'passwords' | 'pg_hba.conf' | 'subscriptions' | 'replication slots' | 'user mappings';
  /** What would let it be seen. */
  readonly why: string;
}
