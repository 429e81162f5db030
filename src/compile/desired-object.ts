/**
 * What a policy wants a database to hold, one object at a time.
 */

/** Where an object is found in PostgreSQL's catalog, by kind. Plain data: it is stored with what was made. */
export type ObjectAddress =
  | { readonly kind: 'role'; readonly role: string }
  | { readonly kind: 'membership'; readonly role: string; readonly member: string }
  | { readonly kind: 'schema'; readonly schema: string }
  /** A role's rights on schema `ringfence` and the functions in it. */
  | { readonly kind: 'function_grants'; readonly schema: string; readonly role: string }
  | { readonly kind: 'schema_grant'; readonly schema: string; readonly role: string }
  /** A role's right to execute one overload of a function of the product's: `total(integer)`. */
  | {
      readonly kind: 'function_grant';
      readonly schema: string;
      readonly function: string;
      readonly role: string;
    }
  /** A role's rights on a table or sequence, its columns included. */
  | { readonly kind: 'table_grant'; readonly schema: string; readonly name: string; readonly role: string }
  | { readonly kind: 'row_security'; readonly schema: string; readonly name: string }
  | { readonly kind: 'policy'; readonly schema: string; readonly name: string; readonly policy: string }
  | { readonly kind: 'function'; readonly schema: string; readonly name: string }
  | { readonly kind: 'view'; readonly schema: string; readonly name: string };

export type ObjectKind = ObjectAddress['kind'];

export interface DesiredObject {
  readonly address: ObjectAddress;
  /** For people, and unique within its kind: `public.customer: ringfence_support_boundary`. */
  readonly identity: string;
  readonly create: readonly string[];
  readonly drop: readonly string[];
  /** Makes one that differs, or was altered by somebody, the wanted one. Where absent, it is dropped and created. */
  readonly repair?: readonly string[];
  /** The database roles whose rights it is about. */
  readonly for: readonly string[];
  /** What it is for, in one sentence. */
  readonly why: string;
}
