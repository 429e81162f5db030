/**
 * What a database leaves open to a slice role beside its slice: to PUBLIC, of which every role is a part, and to the role itself.
 * Read by `database/introspect/exposure.ts`, judged by `compile/reach.ts`. Only what may matter is here, never every function there is.
 *
 * A grantee is the name of a slice role, or `public` for PUBLIC.
 */

export interface CatalogExposure {
  readonly schemas: readonly ExposedSchema[];
  /**
   * Functions that run with their owner's rights, that row security lets go first, or whose language no rights bind (those of extensions
   * left out); aggregates made of such; and PostgreSQL's own that are kept from PUBLIC by default and are not here.
   */
  readonly functions: readonly ExposedFunction[];
  /** Functions of extensions in a language that no rights bind, and relations of extensions that may be read. */
  readonly extensions: readonly ExposedExtension[];
  readonly relations: readonly ExposedRelation[];
  /** Roles that a slice role, or the role that owns its views, is a member of. */
  readonly memberships: readonly { readonly role: string; readonly member: string }[];
  /** Slice roles, and roles that own their views, whom row security does not bind: superusers, BYPASSRLS. */
  readonly unbound: readonly string[];
  /** Tables with row security on, and the roles that own views and whose boundary it holds. */
  readonly boundaries: readonly {
    readonly schema: string;
    readonly name: string;
    readonly roles: readonly string[];
  }[];
  readonly defaultPrivileges: readonly ExposedDefault[];
  /** Settings that grantees may set though PostgreSQL reserves them to superusers. */
  readonly parameters: readonly { readonly name: string; readonly grantees: readonly string[] }[];
  /** The gateway's login may be among those who may create schemas in it. */
  readonly database: { readonly name: string; readonly create: readonly string[] };
  readonly largeObjects: {
    /** Who may read one, whichever. */
    readonly grantees: readonly string[];
    /** `lo_compat_privileges`: nobody is asked for rights on them. */
    readonly unchecked: boolean;
  };
}

export interface ExposedSchema {
  readonly name: string;
  readonly usage: readonly string[];
  /** The gateway's login may be among them. */
  readonly create: readonly string[];
}

export interface ExposedFunction {
  readonly kind: 'function' | 'procedure' | 'aggregate';
  readonly schema: string;
  readonly name: string;
  /** The types of its arguments, as PostgreSQL prints them: `integer, text`. */
  readonly arguments: string;
  readonly owner: string;
  readonly language: string;
  /** SECURITY DEFINER. */
  readonly definer: boolean;
  /** LEAKPROOF, by somebody's word: row security lets it see rows first. */
  readonly leakproof: boolean;
  /** PostgreSQL's own. */
  readonly system: boolean;
  readonly extension: string | null;
  /** Who may execute it. */
  readonly grantees: readonly string[];
  /** What leads to it without naming it. */
  readonly ways: readonly FunctionWay[];
}

export interface FunctionWay {
  /** `operator public.=== (text, text)`, `cast (text as private.secret)`. */
  readonly by: string;
  /** The schema that must be usable for it, or null where none need be. */
  readonly schema: string | null;
  /** Whether PostgreSQL calls the function on this way without asking for the right to execute it. */
  readonly unasked: boolean;
}

export interface ExposedExtension {
  readonly name: string;
  readonly schema: string;
  readonly grantees: readonly string[];
  /** Names of its functions, without their arguments. */
  readonly functions: readonly string[];
  readonly relations: readonly string[];
  /** Whether something leads to one of the functions without naming a schema. */
  readonly everywhere: boolean;
}

export interface ExposedRelation {
  readonly kind: 'table' | 'view' | 'materialized view' | 'foreign table' | 'sequence';
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** PostgreSQL's own, and kept from PUBLIC by default. */
  readonly system: boolean;
  /** Who may read it, or a column of it. */
  readonly grantees: readonly string[];
  /** The columns that a grantee may read; empty for a sequence. */
  readonly columns: readonly string[];
  /** The roles that a row-security policy keeps off every row of it. */
  readonly closedTo: readonly string[];
}

/** What somebody's objects of one kind are open for from the moment they are made. */
export interface ExposedDefault {
  /** Whose. */
  readonly owner: string;
  /** Where, or null for any schema. */
  readonly schema: string | null;
  readonly objects: 'tables' | 'sequences' | 'schemas' | 'large objects';
  readonly grantees: readonly string[];
}
