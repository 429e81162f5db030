/**
 * The row rules of a role, checked: names, types, and that no rule asks for rows that its own table judges.
 */
import type { Relation, Scope } from './compiled.js';
import type { Filter } from './filter.js';
import { checkFilter, type FilterScope } from './filter-check.js';
import type { Findings } from './findings.js';
import type { ReadSlice } from './slice.js';

/** What is known of a role's tables when its row rules are checked. */
export interface RuledSlices {
  readonly slices: ReadonlyMap<string, ReadSlice>;
  readonly relations: ReadonlyMap<string, readonly Relation[]>;
  /** The scope of every table of the policy, by agent-facing name. */
  readonly scopes: ReadonlyMap<string, Scope>;
}

/**
 * The row rule of each table that has one, by agent-facing name.
 *
 * A rule may look at any column of the row, shown to the role or not: it is the operator's. `has` follows the relations of the
 * role. PostgreSQL refuses row-level security that comes back to its own table, so such a circle is a complaint here.
 */
export function rowRules(role: RuledSlices, findings: Findings): ReadonlyMap<string, Filter> {
  const rules = new Map<string, Filter>();
  const circles = new Circles(role);
  for (const [name, { entry, path }] of role.slices) {
    if (entry.rows === null || Object.keys(entry.rows).length === 0) continue;
    const complaints = checkFilter(entry.rows, filterScope(role, name), { boundaryValues: true });
    for (const complaint of complaints)
      findings.complain([...path, 'rows', ...complaint.path], complaint.message, complaint);
    if (complaints.length > 0) continue;
    const circle = circles.of(name, entry.rows);
    if (circle === undefined) rules.set(name, entry.rows);
    else
      findings.complain(
        [...path, 'rows'],
        `asks for rows of ${circle.asked}; which of them are seen depends on ${circle.back}, and PostgreSQL refuses such a circle`,
        { suggestion: 'put the rule on a column of the table itself' },
      );
  }
  return rules;
}

function filterScope(role: RuledSlices, name: string): FilterScope {
  const columns = role.slices.get(name)?.listed.source.columns ?? [];
  return {
    columns: new Map(columns.map((column) => [column.name, column])),
    relations: new Map(
      (role.relations.get(name) ?? []).map((relation) => [
        relation.name,
        () => filterScope(role, relation.table),
      ]),
    ),
  };
}

/** Follows which tables' row-level security is consulted when a row is read. */
class Circles {
  readonly #role: RuledSlices;

  constructor(role: RuledSlices) {
    this.#role = role;
  }

  /** The first relation of a rule that leads back to a table the rule is inside of. */
  of(name: string, rule: Filter): { readonly asked: string; readonly back: string } | undefined {
    return this.#lookIn([name], rule);
  }

  #lookIn(
    enclosing: readonly string[],
    rule: Filter,
  ): { readonly asked: string; readonly back: string } | undefined {
    for (const [table, inner] of this.#related(enclosing.at(-1) ?? '', rule)) {
      const consulted = this.#consulted(table);
      const back = enclosing.find((outer) => consulted.has(outer));
      if (back !== undefined) return { asked: table, back };
      const deeper = this.#lookIn([...enclosing, table], inner);
      if (deeper !== undefined) return deeper;
    }
    return undefined;
  }

  /** The tables consulted to read one: itself, its parents, and what its own rule and theirs ask. */
  #consulted(name: string, consulted = new Set<string>()): ReadonlySet<string> {
    if (consulted.has(name)) return consulted;
    consulted.add(name);
    const scope = this.#role.scopes.get(name);
    if (scope?.kind === 'scoped' && scope.via !== null) this.#consulted(scope.via.parent, consulted);
    const rule = this.#role.slices.get(name)?.entry.rows ?? null;
    if (rule !== null) this.#consultedByRule(name, rule, consulted);
    return consulted;
  }

  #consultedByRule(name: string, rule: Filter, consulted: Set<string>): void {
    for (const [table, inner] of this.#related(name, rule)) {
      this.#consulted(table, consulted);
      this.#consultedByRule(table, inner, consulted);
    }
  }

  /** Each table that a rule asks for related rows, with what it asks of them. Parts that are no filter are passed over. */
  #related(name: string, rule: unknown): readonly (readonly [string, Filter])[] {
    if (typeof rule !== 'object' || rule === null) return [];
    if (Array.isArray(rule)) return rule.flatMap((part) => this.#related(name, part));
    const { and, or, not, has } = rule as Filter;
    const here = Object.entries(typeof has === 'object' && has !== null ? has : {}).flatMap(
      ([relation, inner]) => {
        const found = this.#role.relations.get(name)?.find((one) => one.name === relation);
        return found === undefined ? [] : [[found.table, inner] as const];
      },
    );
    return [...here, ...[and, or, not].flatMap((part) => this.#related(name, part))];
  }
}
