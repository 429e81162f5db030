/**
 * What a product's own row security says of whose rows are whose: the columns that its policies compare with the session.
 *
 * PostgreSQL prints the columns of a policy's own table bare, and inside a sub-select qualifies every column. The text is read
 * by PostgreSQL's own parser; an expression that it cannot read says nothing.
 */
import { isBoundaryPolicy, isOurPolicy } from '../../../compile/names.js';
import type { ShapeTable, TableName } from '../../../database/inspect/shape.js';
import { parseSelect } from '../../../guard/parse.js';

/** What the policies of one table compare. */
export interface Hint {
  readonly table: ShapeTable;
  /** Own columns that must equal something the session says. */
  readonly session: readonly string[];
  /** Own columns that must be among what another table lists. */
  readonly looked: readonly Link[];
}

export interface Link {
  readonly column: string;
  readonly parent: TableName;
  readonly parentColumn: string;
}

type Tree = Readonly<Record<string, unknown>>;

/** The restrictive policies of Ringfence's that are in force; null where there are none. */
export function appliedHints(tables: readonly ShapeTable[]): readonly Hint[] | null {
  const hints = hintsOf(tables, isBoundaryPolicy, isTenantCall);
  return hints.length === 0 ? null : hints;
}

/** The product's own policies. */
export function rowSecurityHints(tables: readonly ShapeTable[]): readonly Hint[] {
  return hintsOf(
    tables,
    (name) => !isOurPolicy(name),
    () => true,
  );
}

function hintsOf(
  tables: readonly ShapeTable[],
  wanted: (policy: string) => boolean,
  says: (value: unknown) => boolean,
): readonly Hint[] {
  return tables.flatMap((table) => {
    const found = new Comparisons(table, says);
    for (const { name, using, check } of table.policies)
      if (wanted(name)) for (const text of [using, check]) if (text !== null) found.read(text);
    const { session, looked } = found;
    return session.size + looked.length === 0 ? [] : [{ table, session: [...session], looked }];
  });
}

/** Whether a value is what Ringfence's seal says of the tenant, and not of the workspace or the user. */
function isTenantCall(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([kind, inner]) =>
    kind === 'FuncCall'
      ? texts((inner as Tree).funcname).join('.') === 'ringfence.tenant'
      : isTenantCall(inner),
  );
}

class Comparisons {
  readonly session = new Set<string>();
  readonly looked: Link[] = [];
  readonly #table: ShapeTable;
  readonly #says: (value: unknown) => boolean;
  readonly #own: ReadonlySet<string>;

  constructor(table: ShapeTable, says: (value: unknown) => boolean) {
    this.#table = table;
    this.#says = says;
    this.#own = new Set(table.columns.map(({ name }) => name));
  }

  read(expression: string): void {
    const parsed = parseSelect(`select (${expression})`);
    if (!('select' in parsed)) return;
    this.#aliases(parsed.select);
    this.#walk(parsed.select, true);
  }

  /** @param decides whether what stands here is a condition by itself, and not an operand */
  #walk(node: unknown, decides: boolean): void {
    if (typeof node !== 'object' || node === null) return;
    for (const [kind, inner] of Object.entries(node)) {
      const tree = inner as Tree;
      if (kind === 'A_Expr' && isEquality(tree)) {
        this.#compared(tree.lexpr, tree.rexpr);
        this.#compared(tree.rexpr, tree.lexpr);
      } else if (kind === 'SubLink') this.#sublink(tree);
      else if (kind === 'FuncCall' && decides) this.#asked(tree);
      this.#walk(inner, decides && kind !== 'A_Expr' && kind !== 'FuncCall');
    }
  }

  /** `is_member(org_id)`. */
  #asked({ args }: Tree): void {
    if (!Array.isArray(args) || !this.#says(args)) return;
    const [name, ...others] = args.flatMap((arg) => this.#ownColumn(arg) ?? []);
    if (name !== undefined && others.length === 0) this.session.add(name);
  }

  #compared(column: unknown, value: unknown): void {
    const name = this.#ownColumn(column);
    if (name === null) {
      const outer = this.#outerColumn(column);
      if (outer !== null) this.#linked(outer, value);
    } else if (!hasBareColumn(value) && this.#says(value)) this.session.add(name);
  }

  /** `column in (select key from parent …)`. */
  #sublink(tree: Tree): void {
    if (tree.subLinkType !== 'ANY_SUBLINK') return;
    const name = this.#ownColumn(tree.testexpr) ?? this.#outerColumn(tree.testexpr);
    const select = (tree.subselect as Tree | undefined)?.SelectStmt as Tree | undefined;
    const target = (select?.targetList as readonly Tree[] | undefined)?.[0]?.ResTarget as Tree | undefined;
    if (name === null || select === undefined) return;
    const path = columnPath(target?.val);
    if (path === null) {
      if (this.#says(select)) this.session.add(name);
      return;
    }
    this.#link(name, path);
  }

  readonly #relations = new Map<string, TableName>();

  #linked(column: string, other: unknown): void {
    const path = columnPath(other);
    if (path !== null && path.length > 1 && path[0] !== this.#table.name) this.#link(column, path);
  }

  #link(column: string, path: readonly string[]): void {
    const parent = this.#relations.get(path.at(-2) ?? '');
    const parentColumn = path.at(-1);
    if (parent !== undefined && parentColumn !== undefined)
      this.looked.push({ column, parent, parentColumn });
  }

  #aliases(node: unknown): void {
    if (typeof node !== 'object' || node === null) return;
    for (const [kind, inner] of Object.entries(node)) {
      if (kind === 'RangeVar') {
        const { schemaname, relname, alias } = inner as Tree;
        const name = (alias as Tree | undefined)?.aliasname ?? relname;
        this.#relations.set(String(name), { schema: String(schemaname), name: String(relname) });
      } else this.#aliases(inner);
    }
  }

  /** A column of the policy's own table, whatever it is cast to. */
  #ownColumn(node: unknown): string | null {
    const path = columnPath(node);
    return path?.length === 1 && this.#own.has(path[0] ?? '') ? (path[0] ?? null) : null;
  }

  /** The same from inside a sub-select. */
  #outerColumn(node: unknown): string | null {
    const path = columnPath(node);
    const [last, before] = [path?.at(-1) ?? '', path?.at(-2)];
    return before === this.#table.name && this.#own.has(last) ? last : null;
  }
}

function isEquality({ kind, name }: Tree): boolean {
  return (
    (kind === 'AEXPR_OP' || kind === 'AEXPR_OP_ANY' || kind === 'AEXPR_IN') && texts(name).at(-1) === '='
  );
}

/** The names of a column reference, below casts and collations; null for anything else. */
function columnPath(node: unknown): readonly string[] | null {
  if (typeof node !== 'object' || node === null) return null;
  const { ColumnRef, TypeCast, CollateClause } = node as Readonly<Record<string, Tree | undefined>>;
  if (TypeCast !== undefined) return columnPath(TypeCast.arg);
  if (CollateClause !== undefined) return columnPath(CollateClause.arg);
  return ColumnRef === undefined ? null : texts(ColumnRef.fields);
}

/** Whether a value looks at the row: then a comparison with it says nothing of the session. */
function hasBareColumn(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return Object.entries(node).some(([kind, inner]) =>
    kind === 'ColumnRef' ? texts((inner as Tree).fields).length === 1 : hasBareColumn(inner),
  );
}

function texts(names: unknown): readonly string[] {
  if (!Array.isArray(names)) return [];
  return names.flatMap((name: unknown) => {
    const text = ((name as Tree).String as Tree | undefined)?.sval;
    return typeof text === 'string' ? [text] : [];
  });
}
