/**
 * Two lookalike tenants in a database of any schema: rows that satisfy its constraints, in the order of its references, the same on
 * both sides but for one letter, with a canary in every text that takes one. One transaction, its journal within.
 */
import { randomUUID } from 'node:crypto';
import { quoteIdent, quoteName } from '../../compile/quote.js';
import type { Administrator } from '../../database/administrator.js';
import { RingfenceError } from '../../errors.js';
import type { Catalog } from '../../policy/catalog.js';
import type { CompiledPolicy } from '../../policy/compiled.js';
import { kindOf } from '../../policy/value.js';
import { readConstraints } from './constraints.js';
import { holdBatch, note } from './journal.js';
import { type TenantPair, tenantPairs } from './lookalike.js';
import { isMarked, newCanary } from './marks.js';
import { type Bed, bedsOf, type Reference } from './order.js';
import { type Constraint, plantRow, type Stored } from './seedling.js';

export interface PlantedTenant {
  readonly tenant: string;
  /** Stands in every text of its rows that takes one. */
  readonly canary: string;
  /** Its rows, by the policy's name of the table. */
  readonly rows: ReadonlyMap<string, readonly Stored[]>;
}

export interface Planting {
  readonly batch: string;
  readonly ours: PlantedTenant;
  readonly theirs: PlantedTenant;
  readonly rows: number;
  /** Tables that took no row. */
  readonly unplanted: readonly { readonly table: string; readonly why: string }[];
  /** Columns of text that took no canary. */
  readonly unmarked: readonly string[];
  /** Triggers of the product's on tables that rows were planted in: they fired, and fire again when the rows go. */
  readonly triggers: readonly string[];
  /** Tables in which something else wrote while rows were planted: a trigger's rows are not taken away. */
  readonly writtenBeside: readonly string[];
  /** Plants one more row of the other tenant's in each table that takes one. */
  grow(): Promise<number>;
}

type SideName = 'ours' | 'theirs';
/** Unequal, so that a count tells whose it is. */
const ROWS: Readonly<Record<SideName, number>> = { ours: 2, theirs: 3 };

/**
 * Plants.
 *
 * @param administrator a connection of its own, which stays open until the rows are taken away: while it is open, nobody else clears them
 * @throws {RingfenceError} `config_invalid` where no tenant can be planted, `policy_unapplied` where the journal is not there.
 */
export async function plant(
  administrator: Pick<Administrator, 'query'>,
  policy: CompiledPolicy,
  catalog: Catalog,
): Promise<Planting> {
  const here = await administrator.query(
    "select pg_catalog.to_regclass('ringfence.planted') is not null as here",
  );
  if (here.rows[0]?.here !== true) {
    throw new RingfenceError('policy_unapplied', 'The journal of planted rows is not in this database.', {
      suggestion: 'Run "ringfence apply" of this version first.',
    });
  }
  const batch = randomUUID();
  await holdBatch(administrator, batch);
  const garden = new Garden(administrator, policy, catalog, batch);
  await garden.inTransaction(() => garden.plantAll());
  return garden.planting();
}

class Garden {
  readonly #administrator: Pick<Administrator, 'query'>;
  readonly #catalog: Catalog;
  readonly #batch: string;
  readonly #beds: readonly Bed[];
  readonly #pairs: readonly TenantPair[];
  readonly #canaries: Readonly<Record<SideName, string>> = { ours: newCanary(), theirs: newCanary() };
  readonly #rows: Readonly<Record<SideName | 'common', Map<string, Stored[]>>> = {
    ours: new Map(),
    theirs: new Map(),
    common: new Map(),
  };
  readonly #examples = new Map<string, Stored | null>();
  readonly #unplanted = new Map<string, string>();
  readonly #beside = new Set<string>();
  readonly #persons: Readonly<Record<'workspace' | 'user', string>> = {
    workspace: randomUUID(),
    user: randomUUID(),
  };
  #tenants: TenantPair = ['', ''];
  #constraints = new Map<string, Constraint[]>();
  #position = 0;

  constructor(
    administrator: Pick<Administrator, 'query'>,
    policy: CompiledPolicy,
    catalog: Catalog,
    batch: string,
  ) {
    this.#administrator = administrator;
    this.#catalog = catalog;
    this.#batch = batch;
    this.#beds = bedsOf(policy, catalog);
    this.#pairs = tenantPairs(policy, catalog);
  }

  async inTransaction<T>(work: () => Promise<T>): Promise<T> {
    await this.#administrator.query('begin');
    try {
      await this.#administrator.query("set local lock_timeout = '10s'");
      const value = await work();
      await this.#administrator.query('commit');
      return value;
    } catch (error) {
      await this.#administrator.query('rollback').catch(() => undefined);
      throw error;
    }
  }

  async plantAll(): Promise<void> {
    this.#constraints = await readConstraints(this.#administrator);
    for (const pair of this.#pairs) {
      await this.#administrator.query('savepoint pair');
      this.#tenants = pair;
      for (const bed of this.#beds) await this.#plantBed(bed);
      // Where the tenants themselves are refused, so is all that refers to them.
      const refused = this.#beds.filter(({ tenantColumn }) => tenantColumn !== null);
      if (refused.some(({ id }) => (this.#rows.theirs.get(id)?.length ?? 0) > 0)) {
        await this.#noticeOthers();
        return;
      }
      await this.#administrator.query('rollback to savepoint pair');
      for (const rows of Object.values(this.#rows)) rows.clear();
      this.#position = 0;
    }
    const [why] = this.#unplanted.values();
    throw new RingfenceError(
      'config_invalid',
      `No table took a row of a planted tenant: ${why ?? 'there is none'}.`,
      {
        suggestion: 'Probe two tenants that are there: --tenant A --tenant B, without --plant.',
      },
    );
  }

  /** One more row of the other tenant's wherever there is room. */
  async grow(): Promise<number> {
    let grown = 0;
    await this.inTransaction(async () => {
      for (const bed of this.#beds) {
        const before = this.#rows.theirs.get(bed.id)?.length ?? 0;
        if (bed.common || before === 0) continue;
        if (await this.#plantOne(bed, 'theirs', before + 1)) grown += 1;
      }
    });
    return grown;
  }

  planting(): Planting {
    const tenant = (side: SideName, at: 0 | 1): PlantedTenant => ({
      tenant: this.#tenants[at],
      canary: this.#canaries[side],
      rows: new Map(
        this.#beds.flatMap(({ id, policy }) => {
          const rows = this.#rows[side].get(id);
          return policy === null || rows === undefined ? [] : [[policy.name, rows] as const];
        }),
      ),
    });
    const planted = this.#beds.filter(({ id }) =>
      Object.values(this.#rows).some((rows) => (rows.get(id)?.length ?? 0) > 0),
    );
    return {
      batch: this.#batch,
      ours: tenant('ours', 0),
      theirs: tenant('theirs', 1),
      rows: this.#position,
      unplanted: [...this.#unplanted].map(([table, why]) => ({ table, why })),
      unmarked: this.#unmarked(),
      triggers: planted.flatMap(({ table }) =>
        table.triggers.map(({ name }) => `${table.schema}.${table.name}: ${name}`),
      ),
      writtenBeside: [...this.#beside].sort(),
      grow: () => this.grow(),
    };
  }

  async #plantBed(bed: Bed): Promise<void> {
    if (bed.common) {
      const example = await this.#example(bed);
      if (example !== null) this.#rows.common.set(bed.id, [example]);
      else await this.#plantOne(bed, 'common', 1);
      return;
    }
    for (const side of ['ours', 'theirs'] as const) {
      for (let number = 1; number <= ROWS[side]; number += 1) {
        if (!(await this.#plantOne(bed, side, number))) break;
      }
    }
  }

  /** Plants one row; false where the table does not take it. */
  async #plantOne(bed: Bed, side: SideName | 'common', number: number): Promise<boolean> {
    const name = `${bed.table.schema}.${bed.table.name}`;
    const rows = this.#rows[side].get(bed.id) ?? [];
    const fixed = this.#fixed(bed, side, number);
    const planted =
      'why' in fixed
        ? fixed
        : await plantRow(this.#administrator, {
            table: bed.table,
            fixed: fixed.values,
            number,
            canary: side === 'common' ? this.#canaries.ours : this.#canaries[side],
            constraints: this.#constraints.get(bed.id) ?? [],
            example: await this.#example(bed),
          });
    if ('why' in planted) {
      // One row of a tenant is what a table of tenants takes.
      if (rows.length === 0) this.#unplanted.set(name, planted.why);
      return false;
    }
    this.#position += 1;
    await note(this.#administrator, this.#batch, this.#position, bed.table, planted);
    this.#rows[side].set(bed.id, [...rows, planted]);
    return true;
  }

  /** The values that are not the row's to choose, or why there can be none. */
  #fixed(
    bed: Bed,
    side: SideName | 'common',
    number: number,
  ): { readonly values: ReadonlyMap<string, string | null> } | { readonly why: string } {
    const values = new Map<string, string | null>();
    const tenant = this.#tenants[side === 'theirs' ? 1 : 0];
    if (bed.tenantColumn !== null) values.set(bed.tenantColumn, tenant);
    const scope = bed.policy?.scope;
    for (const { axis, column } of scope?.kind === 'scoped' ? scope.columns : []) {
      if (axis !== 'tenant') values.set(column, this.#person(bed, axis, column));
    }
    for (const reference of bed.references) {
      const filled = this.#referTo(bed, reference, side, number);
      if (filled !== null) for (const [column, value] of filled) values.set(column, value);
      else if (reference.hard && !reference.columns.every((column) => values.has(column)))
        return { why: 'it refers to a row that could not be planted' };
      else if (!reference.hard)
        for (const column of reference.columns) if (!values.has(column)) values.set(column, null);
    }
    return { values };
  }

  #referTo(
    bed: Bed,
    { to, columns, toColumns }: Reference,
    side: SideName | 'common',
    number: number,
  ): readonly (readonly [string, string | null])[] | null {
    const own = side === 'common' ? [] : (this.#rows[side].get(to) ?? []);
    const rows = own.length > 0 || to === bed.id ? own : (this.#rows.common.get(to) ?? []);
    const row = rows[(number - 1) % Math.max(1, rows.length)];
    if (row === undefined) return null;
    return columns.map((column, at) => [column, row.get(toColumns[at] ?? '') ?? null] as const);
  }

  /** The one workspace and the one user that planted rows belong to, of the column's type. */
  #person(bed: Bed, axis: 'workspace' | 'user', name: string): string {
    const column = bed.table.columns.find((one) => one.name === name);
    const kind = column === undefined ? 'text' : kindOf(column);
    if (kind === 'uuid') return this.#persons[axis];
    if (kind === 'integer' || kind === 'number') return axis === 'user' ? '1900000001' : '1900000002';
    if (kind === 'enum') return column?.enumLabels?.[0] ?? '';
    return `planted-${axis}`;
  }

  /** A row that is there already: what its table's constraints are content with. */
  async #example({ id, table }: Bed): Promise<Stored | null> {
    const known = this.#examples.get(id);
    if (known !== undefined) return known;
    const cells = table.columns.map(({ name }) => `${quoteIdent(name)}::text`).join(', ');
    await this.#administrator.query('savepoint example');
    const found = await this.#administrator
      .query(`select array[${cells}]::text[] as cells from ${quoteName(table.schema, table.name)} limit 1`)
      .catch(() => null);
    await this.#administrator.query('rollback to savepoint example');
    const row = found?.rows[0]?.cells as readonly (string | null)[] | undefined;
    const example =
      row === undefined ? null : new Map(table.columns.map(({ name }, at) => [name, row[at] ?? null]));
    this.#examples.set(id, example);
    return example;
  }

  /** Tables in which this transaction wrote, though nothing was planted there. */
  async #noticeOthers(): Promise<void> {
    const { rows } = await this.#administrator.query(
      `select schemaname || '.' || relname as name from pg_catalog.pg_stat_xact_user_tables
       where n_tup_ins + n_tup_upd + n_tup_del > 0 and schemaname <> 'ringfence'`,
    );
    const sown = new Set(this.#beds.map(({ table }) => `${table.schema}.${table.name}`));
    const children = new Set(
      this.#catalog.tables.filter(({ isChild }) => isChild).map((one) => `${one.schema}.${one.name}`),
    );
    for (const { name } of rows)
      if (!sown.has(String(name)) && !children.has(String(name))) this.#beside.add(String(name));
  }

  /** Columns of text, in the slices' tables, that hold no canary on the other side. */
  #unmarked(): readonly string[] {
    return this.#beds.flatMap(({ id, table, policy, references }) => {
      const [row] = this.#rows.theirs.get(id) ?? [];
      if (policy === null || row === undefined) return [];
      const given = new Set(references.flatMap(({ columns }) => columns));
      const scope = policy.scope.kind === 'scoped' ? policy.scope.columns.map(({ column }) => column) : [];
      return table.columns
        .filter(
          (column) =>
            kindOf(column) === 'text' &&
            !column.generated &&
            !given.has(column.name) &&
            !scope.includes(column.name),
        )
        .filter(({ name }) => !isMarked(row.get(name) ?? null, this.#canaries.theirs))
        .map(({ name }) => `${policy.name}.${name}`);
    });
  }
}
