/** One statement being judged: what is known of it so far, and how its tree is walked. */
import type { FuncCall, Node, RangeVar, SelectStmt, TypeName } from 'libpg-query';
import { type DenialCode, deny } from '../../errors.js';
import { refuseWith } from '../../refusal.js';
import { harmlessFunctions } from '../functions/for-server.js';
import { LEVELS, tooDeep } from '../nesting.js';
import type { GuardSlice, GuardTable, QualifiedName } from '../slice.js';
import { construct } from './constructs.js';
import { LIST, NODES, TABLES } from './limits.js';
import { placeOfByte } from './place.js';
import type { Columns, Scope } from './scope.js';
import { type NodeName, type NodeOf, shapeOf, since } from './shapes.js';

/** The rule of one kind of node. It walks the node's parts itself, or has {@link Judging.parts} do so. */
type Rule<Name extends NodeName> = (judging: Judging, node: NodeOf<Name>, scope: Scope) => void;

/** Rules of the nodes that need more than being allowed. */
export type Rules = { readonly [Name in NodeName]?: Rule<Name> };

/** The rules by name. Each is only ever called with nodes of the name that it is kept under. */
export type RuleBook = ReadonlyMap<string, Rule<NodeName>>;

export function ruleBook(rules: Rules): RuleBook {
  return new Map(Object.entries(rules)) as ReadonlyMap<string, Rule<NodeName>>;
}

/** What is known of a SELECT from outside. */
export interface SelectResult extends Columns {
  /** Joins in its FROM clauses, set operations and subqueries in FROM included. */
  readonly joins: number;
}

/** A node of any kind, as the walk sees it. */
type Anything = Readonly<Record<string, unknown>>;

export class Judging {
  readonly slice: GuardSlice;
  readonly tables = new Map<RangeVar, GuardTable>();
  readonly functions = new Map<FuncCall, QualifiedName>();
  readonly types = new Map<TypeName, QualifiedName>();
  readonly touchedTables = new Set<string>();
  readonly touchedColumns = new Set<string>();
  /** What each SELECT gives, once it is judged. */
  readonly results = new Map<SelectStmt, SelectResult>();
  references = 0;
  /** SELECTs around the current node. */
  subqueries = 0;
  cacheable = true;

  readonly #rules: RuleBook;
  readonly #text: string;
  readonly #harmless: ReadonlySet<string>;
  #nodes = 0;
  #level = 0;

  constructor(slice: GuardSlice, text: string, rules: RuleBook) {
    this.slice = slice;
    this.#text = text;
    this.#harmless = harmlessFunctions(slice.serverMajor);
    this.#rules = rules;
  }

  /** Whether a function in `pg_catalog` may be called. */
  isHarmless(name: string): boolean {
    return this.#harmless.has(name);
  }

  /** The same functions, for suggestions. */
  get harmless(): Iterable<string> {
    return this.#harmless;
  }

  /** Judges a wrapped node by its kind: `{ FuncCall: … }`. */
  node(wrapped: Node, scope: Scope): void {
    let inner: unknown;
    let name: string | undefined;
    for (const key in wrapped) {
      if (name !== undefined) this.refuseConstruct('Node', undefined, wrapped);
      name = key;
      inner = (wrapped as Anything)[key];
    }
    // A gap in a list: the grammar leaves some, and the rules of those lists see to them.
    if (name === undefined) this.refuseConstruct('Node', undefined, wrapped);
    this.unwrapped(name, inner as Anything, scope);
  }

  /** The same for a list. */
  nodes(list: readonly Node[] | undefined, scope: Scope): void {
    if (list === undefined) return;
    this.countList(list);
    for (const node of list) this.node(node, scope);
  }

  /** Judges a node that is not wrapped: its shape, then its own rule or, where it has none, its parts. */
  unwrapped(name: string, inner: object, scope: Scope): void {
    this.#level += 1;
    if (this.#level > LEVELS) refuseWith(tooDeep());
    this.shape(name, inner);
    const rule = this.#rules.get(name);
    if (rule === undefined) this.parts(name, inner, scope);
    else rule(this, inner as NodeOf<NodeName>, scope);
    this.#level -= 1;
  }

  /** Judges the wrapping and the shape of a node whose parts the caller judges itself. */
  alone(name: NodeName, wrapped: Node): void {
    for (const key in wrapped) if (key !== name) this.refuseConstruct('Node', undefined, wrapped);
    this.shape(name, (wrapped as Anything)[name] as object);
  }

  /** Refuses a node of a kind, or with a field, that nobody has judged. */
  shape(name: string, inner: object): void {
    this.#nodes += 1;
    if (this.#nodes > NODES) {
      this.refuseLimit('nodes', `The statement has more than ${NODES} parts.`, 'Ask in parts.');
    }
    const shape = shapeOf(name);
    if (shape === undefined) this.refuseConstruct(name, undefined, inner);
    if (since(name) > this.slice.serverMajor) {
      this.refuse(
        'sql_refused',
        'sql.version',
        inner,
        `This SQL/JSON expression needs PostgreSQL ${since(name)}, and the server has ${this.slice.serverMajor}`,
        'Use the functions and operators of json and jsonb.',
      );
    }
    for (const key in inner) {
      const field = shape.get(key);
      const value = (inner as Anything)[key];
      if (field === undefined || (field === 'plain' && typeof value === 'object')) {
        this.refuseConstruct(name, key, [value, inner]);
      }
    }
  }

  /** Judges what a node is made of. */
  parts(name: string, inner: object, scope: Scope): void {
    const shape = shapeOf(name);
    for (const key in inner) {
      const field = shape?.get(key);
      if (field === 'plain' || field === 'names' || field === undefined) continue;
      const value = (inner as Anything)[key];
      if (field !== 'nodes') this.unwrapped(field, value as object, scope);
      else if (Array.isArray(value)) this.nodes(value, scope);
      else this.node(value as Node, scope);
    }
  }

  /** A list of names, as the grammar gives it; anything else in it is refused. */
  names(list: readonly Node[] | undefined, near: object): string[] {
    if (list === undefined) return [];
    this.countList(list);
    return list.map((item) => {
      if (!('String' in item) || item.String.sval === undefined)
        this.refuseConstruct('Name', undefined, near);
      this.alone('String', item);
      return item.String.sval;
    });
  }

  /** Notes a column for the ledger. */
  touch(origin: string | undefined): void {
    if (origin !== undefined) this.touchedColumns.add(origin);
  }

  /** Counts references to tables, each as often as the planner sees it. */
  countReferences(count: number): void {
    this.references += count;
    if (this.references <= TABLES) return;
    this.refuseLimit('tables', `The statement names tables more than ${TABLES} times.`, 'Ask in parts.');
  }

  countList(list: readonly unknown[]): void {
    if (list.length <= LIST) return;
    this.refuseLimit('list', `A list in the statement has ${list.length} entries, and may have ${LIST}.`);
  }

  refuseLimit(
    what: string,
    reason: string,
    suggestion = 'Ask in parts, or for fewer values at once.',
  ): never {
    refuseWith(deny('limit_exceeded', `sql.${what}`, reason, suggestion));
  }

  refuseConstruct(name: string, field: string | undefined, near: object): never {
    const { name: words, instead } = construct(name, field);
    this.refuse('sql_refused', 'sql.statement', near, `${words} is not allowed`, instead);
  }

  /** Ends the judging. `reason` is a sentence without its full stop: the place of `near` is added. `blocked` is for the ledger. */
  refuse(
    code: DenialCode,
    rule: string,
    near: object,
    reason: string,
    suggestion?: string,
    blocked?: readonly string[],
  ): never {
    const location = locationOf(near);
    const where = location === undefined ? '' : ` (${placeOfByte(this.#text, location)})`;
    const denial = deny(code, rule, `${reason}${where}.`, suggestion);
    refuseWith(blocked === undefined ? denial : { ...denial, blocked });
  }
}

/** Where a node stands in the text, in bytes: it says so, or the first of its parts that does. */
function locationOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const { location } = node as { readonly location?: unknown };
  if (typeof location === 'number' && location >= 0) return location;
  for (const part of Object.values(node)) {
    const found = locationOf(part);
    if (found !== undefined) return found;
  }
  return undefined;
}
