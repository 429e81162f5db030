/** The facts as rules ask for them: by name, with who reaches what worked out once. */

import { isOurPolicy } from '../../compile/names.js';
import { quoteIdent, quoteName } from '../../compile/quote.js';
import type {
  AccessFacts,
  FunctionFact,
  Grant,
  PolicyFact,
  RelationFact,
  RelationName,
} from '../../database/inspect/access.js';
import { type Expression, partsOf, readExpression } from '../../guard/expression.js';
import { printName } from '../../policy/name.js';
import { type RoleGraph, roleGraph } from './role-graph.js';
import type { World } from './rule.js';
import { codeWordsOf, wordsOf } from './source-words.js';
import { type TableTenancy, tenancyOf } from './tenancy.js';

export interface Lens {
  readonly roles: RoleGraph;
  relation(name: RelationName): RelationFact | undefined;
  functionsCalled(name: readonly string[]): readonly FunctionFact[];
  /** The product's policies on a table; Ringfence's own are left out. */
  policies(table: RelationName): readonly PolicyFact[];
  readonly productPolicies: readonly PolicyFact[];
  /** Tables and views of the product's whose names stand in a text, a function's. */
  tableWords(source: string): readonly RelationFact[];
  /** The same, texts within it left out. */
  tablesNamed(source: string): readonly RelationFact[];
  /** Whether Ringfence fences the table. */
  fenced(table: RelationName): boolean;
  /** An expression of a policy, read; undefined for none, and for one that cannot be read. */
  expression(text: string | null): Expression | undefined;
  /** Tables whose rows belong to tenants, partitions and children among them. */
  readonly tenantTables: readonly TenantTable[];
  tenantTable(name: RelationName): TenantTable | undefined;
  /** Whether something that is made of relations reads rows of tenants, at any depth of views. */
  readsTenants(reads: readonly RelationName[]): readonly RelationFact[];
  /** The logins that hold one of these privileges on something. */
  holders(grants: readonly Grant[], privileges: readonly string[]): readonly string[];
  /** Whether rows of the table pass a role by unjudged: nothing judges them, or not for it. */
  passesBy(role: string, table: RelationFact): boolean;
  /** The names of functions that an expression calls. */
  callsIn(text: string): readonly string[];
  /** The logins that may create in a schema, its owner left out. */
  schemaCreators(schema: string): readonly string[];
  /** Whether there is one. */
  creatable(schema: string): boolean;
  /** Whether some login may make temporary tables. */
  readonly mayMakeTemporary: boolean;
  /** Whether a role owns tables of tenants. */
  ownsTenants(role: string): boolean;
}

export interface TenantTable {
  readonly relation: RelationFact;
  readonly tenancy: TableTenancy;
  /** The columns that say whose a row is. */
  readonly columns: readonly string[];
}

const lenses = new WeakMap<AccessFacts, Lens>();

export function lensOf(world: World): Lens {
  const known = lenses.get(world.access);
  if (known !== undefined) return known;
  const made = makeLens(world);
  lenses.set(world.access, made);
  return made;
}

const keyOf = ({ schema, name }: RelationName): string => JSON.stringify([schema, name]);

function makeLens(world: World): Lens {
  const { access, tenancy } = world;
  const roles = roleGraph(access);
  const relations = new Map(access.relations.map((relation) => [keyOf(relation), relation]));
  const policies = new Map<string, PolicyFact[]>();
  for (const policy of access.policies) {
    const key = keyOf({ schema: policy.schema, name: policy.table });
    policies.set(key, [...(policies.get(key) ?? []), policy]);
  }
  const functions = new Map<string, FunctionFact[]>();
  for (const one of access.functions)
    for (const key of [one.name, JSON.stringify([one.schema, one.name])])
      functions.set(key, [...(functions.get(key) ?? []), one]);
  const expressions = new Map<string, Expression | undefined>();
  const tables = new Map<string, TenantTable>();
  for (const relation of access.relations) {
    if (relation.kind !== 'table' && relation.kind !== 'partitioned table') continue;
    const of = tenancyOf(tenancy, relation);
    const columns =
      of.kind === 'column'
        ? [of.column]
        : of.kind === 'root'
          ? [of.key]
          : of.kind === 'via'
            ? of.columns
            : [];
    if (columns.length > 0) tables.set(keyOf(relation), { relation, tenancy: of, columns });
  }
  const byName = new Map<string, RelationFact[]>();
  for (const relation of access.relations) {
    if (relation.kind === 'sequence') continue;
    byName.set(relation.name, [...(byName.get(relation.name) ?? []), relation]);
  }
  const holds = new Map<string, readonly string[]>();
  const holders: Lens['holders'] = (grants, privileges) => {
    const grantees = [
      ...new Set(
        grants.filter(({ privilege }) => privileges.includes(privilege)).map(({ grantee }) => grantee),
      ),
    ].sort();
    const key = grantees.join('\0');
    const known = holds.get(key);
    if (known !== undefined) return known;
    const found = roles.loginsOf(grantees);
    holds.set(key, found);
    return found;
  };
  const named = (words: ReadonlySet<string>): readonly RelationFact[] =>
    [...words].flatMap((word) => byName.get(word) ?? []);
  const lens: Lens = {
    roles,
    relation: (name) => relations.get(keyOf(name)),
    functionsCalled: (name) =>
      functions.get(name.length === 1 ? (name[0] ?? '') : JSON.stringify(name.slice(-2))) ?? [],
    policies: (table) => (policies.get(keyOf(table)) ?? []).filter(({ name }) => !isOurPolicy(name)),
    productPolicies: access.policies.filter(({ name }) => !isOurPolicy(name)),
    tableWords: (source) => named(wordsOf(source)),
    tablesNamed: (source) => named(codeWordsOf(source)),
    fenced: (table) => (policies.get(keyOf(table)) ?? []).some(({ name }) => isOurPolicy(name)),
    expression: (text) => {
      if (text === null) return undefined;
      if (!expressions.has(text)) expressions.set(text, readExpression(text));
      return expressions.get(text);
    },
    tenantTables: [...tables.values()],
    tenantTable: (name) => tables.get(keyOf(name)),
    readsTenants: (reads) => {
      const seen = new Set<string>();
      const found: RelationFact[] = [];
      const visit = (names: readonly RelationName[]): void => {
        for (const name of names) {
          const key = keyOf(name);
          if (seen.has(key)) continue;
          seen.add(key);
          const table = tables.get(key);
          if (table !== undefined) found.push(table.relation);
          const relation = relations.get(key);
          // A view with its reader's rights reads for whoever reads the view over it.
          if (relation?.kind === 'view' || relation?.kind === 'materialized view') visit(relation.reads);
        }
      };
      visit(reads);
      return found;
    },
    holders,
    passesBy: (role, table) =>
      !table.rowSecurity ||
      roles.unbound(role) ||
      (!table.forceRowSecurity && roles.rights(role).has(table.owner)),
    callsIn: (text) => {
      const expression = lens.expression(text);
      if (expression === undefined) return [];
      return [...partsOf(expression)].flatMap(({ part }) =>
        part.kind === 'call' ? [part.name.at(-1) ?? ''] : [],
      );
    },
    schemaCreators: (name) =>
      holders(access.schemas.find((one) => one.name === name)?.grants ?? [], ['create']),
    creatable: (name) => lens.schemaCreators(name).length > 0,
    mayMakeTemporary: holders(access.database.grants, ['temporary']).length > 0,
    ownsTenants: (role) => [...tables.values()].some(({ relation }) => relation.owner === role),
  };
  return lens;
}

/** A relation as a finding names it: `table shop.invoice`. Partitioned tables are tables. */
export function relationObject({ kind, schema, name }: RelationFact): string {
  return `${kind === 'partitioned table' ? 'table' : kind} ${printName([schema, name])}`;
}

/** `policy tenant on shop.invoice`. */
export function policyObject({ schema, table, name }: PolicyFact): string {
  return `policy ${printName([name])} on ${printName([schema, table])}`;
}

/** `function shop.total(integer)`. */
export function functionObject({ kind, schema, name, arguments: types }: FunctionFact): string {
  return `${kind} ${printName([schema, name])}(${types})`;
}

/** A function in a statement: `function "shop"."total"(integer)`. */
export function functionSql({ kind, schema, name, arguments: types }: FunctionFact): string {
  return `${kind} ${quoteName(schema, name)}(${types})`;
}

/** A role in GRANT and REVOKE, where PUBLIC is a word. */
export function roleSql(name: string): string {
  return name === 'public' ? 'public' : quoteIdent(name);
}

/** Names for a sentence, cut where there are many. */
export function few(names: readonly string[]): string {
  const shown = names.slice(0, 4);
  return names.length > shown.length
    ? `${shown.join(', ')} and ${names.length - shown.length} more`
    : shown.join(', ');
}
