/** What the guard knows of a slice: the names that agent-written SQL may use, and what stands for them in the statement that is sent. */

/** A table of the slice. */
export interface GuardTable {
  /** What agents call it. */
  readonly name: string;
  /** The product's own name, accepted as `schema.table` as well, since models know it from elsewhere. */
  readonly schema: string;
  readonly table: string;
  /** The columns that it has for an agent, in the order of `*`. */
  readonly columns: readonly string[];
  /** Columns that tie its rows to the boundary: never the agent's to name. */
  readonly scopeColumns: readonly string[];
  /**
   * The SELECT that stands for the table wherever a statement names it: the agent's columns of the slice's view, and the boundary's
   * own values as conditions. Their parameters are $1 for the tenant, $2 for the workspace, $3 for the user, each as text and cast:
   * `select t."id", t."name" from "slice_support"."customer" t where t."organization_id" = $1::pg_catalog.text::pg_catalog.uuid`.
   */
  readonly scoped: string;
}

/** A name in a schema of the product's. */
export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/** Everything that agent-written SQL may name. Server-made. */
export interface GuardSlice {
  /** By agent-facing name. */
  readonly tables: ReadonlyMap<string, GuardTable>;
  /** Types of the slice's columns that are not PostgreSQL's own: the agent may cast to them, by name alone or with the schema. */
  readonly types: readonly QualifiedName[];
  /** Functions of the product's that the policy names: the agent may call them, by name alone or with the schema. */
  readonly functions: readonly QualifiedName[];
  readonly limits: {
    /** Rows in one answer. The statement is made to fetch one more, to see whether there are more. */
    readonly rows: number;
    /** Joins in one FROM, subqueries within it included. */
    readonly joinDepth: number;
  };
  /** The major version of the server that runs the statement: 15, 16, 17, 18. */
  readonly serverMajor: number;
  /** `roles.support`: where a refusal's rule points. */
  readonly rule: string;
}
