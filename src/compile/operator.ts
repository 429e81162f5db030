/**
 * Types and operators, named so that no search path can change which one is meant.
 */
import { RingfenceError } from '../errors.js';
import { quoteIdent } from './quote.js';

/** What decides where a type's operators live. `CatalogColumn` has it. */
export interface OperandType {
  /** Schema-qualified and quoted. */
  readonly castType: string;
  readonly category: string;
}

/** Enums, arrays, composites and ranges are compared by PostgreSQL's own polymorphic operators, wherever the type lives. */
const POLYMORPHIC = new Set(['A', 'C', 'E', 'R']);

/** The two parts of a schema-qualified name as PostgreSQL quotes it: `public."Order Seq"`. */
export function splitQualified(name: string): readonly [schema: string, name: string] {
  const parts = /^(?:"((?:[^"]|"")+)"|([^".]+))\.(?:"((?:[^"]|"")+)"|([^".]+))$/.exec(name);
  const schema = parts?.[1]?.replaceAll('""', '"') ?? parts?.[2];
  const last = parts?.[3]?.replaceAll('""', '"') ?? parts?.[4];
  if (schema === undefined || last === undefined) {
    throw new RingfenceError(
      'policy_invalid',
      `Expected a schema-qualified name, got ${JSON.stringify(name)}.`,
    );
  }
  return [schema, last];
}

/** The schema a type lives in. */
export function typeSchema(castType: string): string {
  return splitQualified(castType.replace(/(\[\])+$/, ''))[0];
}

/** Whether the operators of a type are PostgreSQL's own. */
export function hasCoreOperators(type: OperandType): boolean {
  return POLYMORPHIC.has(type.category) || typeSchema(type.castType) === 'pg_catalog';
}

/** A comparison operator for a type: `=` itself is found in pg_catalog, an extension's type brings its own: `operator("public".=)`. */
export function comparison(symbol: '=' | '<>' | '<' | '<=' | '>' | '>=', type: OperandType): string {
  return hasCoreOperators(type) ? symbol : `operator(${quoteIdent(typeSchema(type.castType))}.${symbol})`;
}

/**
 * Whether a text holds another as a part, in any case. Letters fold as the database's own collation says on both sides; the search itself is bytewise, which every collation allows.
 */
export function containing(sql: string, part: string): string {
  const folded = (text: string) =>
    `pg_catalog.lower(${text} collate pg_catalog."default") collate pg_catalog."C"`;
  return `pg_catalog.strpos(${folded(`${sql}::pg_catalog.text`)}, ${folded(part)}) > 0`;
}
