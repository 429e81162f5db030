/** Inputs of the structured tools, from a seed. Everything in them is allowed: a refusal is counted. */
import type { SliceColumn, SliceTable } from '../../src/policy/compiled.js';
import { literalOf, type Material, typeOf } from '../generate/material.js';
import type { Random } from '../random.js';
import type { AggregateInput, Include, StructuredCall, Unit, Where } from './input.js';

const UNITS: readonly Unit[] = ['day', 'week', 'month', 'quarter', 'year'];
const COMPARED: ReadonlySet<string> = new Set([
  'int',
  'numeric',
  'float',
  'text',
  'bool',
  'date',
  'timestamp',
  'timestamptz',
  'uuid',
  'enum',
]);

export function makeCall(random: Random, material: Material): StructuredCall {
  return new CallMaker(random, material).call();
}

class CallMaker {
  readonly #random: Random;
  readonly #material: Material;

  constructor(random: Random, material: Material) {
    this.#random = random;
    this.#material = material;
  }

  call(): StructuredCall {
    const { slice } = this.#random.pick(this.#material.tables);
    return this.#random.weighted<() => StructuredCall>([
      [6, () => this.#query(slice)],
      [slice.primaryKey.length > 0 ? 1.5 : 0, () => this.#get(slice)],
      [4, () => ({ tool: 'aggregate', input: this.#aggregate(slice) })],
    ])();
  }

  #query(slice: SliceTable): StructuredCall {
    const random = this.#random;
    const hasKey = slice.primaryKey.length > 0;
    const limit = hasKey && random.chance(0.7) ? random.pick([3, 5, 10, 10, 25]) : undefined;
    return {
      tool: 'query',
      input: {
        table: slice.name,
        ...this.#columns(slice),
        ...(random.chance(0.75) ? { where: this.#where(slice, 3) } : {}),
        ...this.#order(slice),
        ...(limit === undefined ? {} : { limit }),
        ...(limit !== undefined && random.chance(0.5) ? this.#include(slice, 1) : {}),
      },
    };
  }

  #get(slice: SliceTable): StructuredCall {
    const id = slice.primaryKey.map((name) => [name, this.#value(slice, name) ?? '0'] as const);
    const [[, only] = ['', '']] = id;
    return {
      tool: 'get',
      input: {
        table: slice.name,
        id: id.length === 1 && this.#random.chance(0.5) ? only : Object.fromEntries(id),
        ...this.#columns(slice),
        ...(this.#random.chance(0.4) ? this.#include(slice, 1) : {}),
      },
    };
  }

  #columns(slice: SliceTable): { columns?: string[] } {
    const some = this.#random.some(slice.columns.map(({ name }) => name));
    return some.length > 0 && this.#random.chance(0.5) ? { columns: some } : {};
  }

  #order(slice: SliceTable): { order?: string[] } {
    const names = slice.columns.filter((column) => this.#isOrdered(column)).map(({ name }) => name);
    const some = this.#random.shuffled(this.#random.some(names, 0.25)).slice(0, 3);
    if (some.length === 0) return {};
    return { order: some.map((name) => (this.#random.chance(0.4) ? `-${name}` : name)) };
  }

  /** Where lists have no order, nothing may be left out of them. */
  #include(slice: SliceTable, level: number): Pick<Include, 'include'> {
    const random = this.#random;
    const relations = random.some(slice.relations, 0.6).slice(0, 3);
    const entries = relations.flatMap((relation): [string, true | Include][] => {
      const other = this.#table(relation.table);
      if (other === undefined || (relation.kind === 'many' && other.primaryKey.length === 0 && level > 1))
        return [];
      if (level === 1 && random.chance(0.3) && other.primaryKey.length > 0) return [[relation.name, true]];
      const many = relation.kind === 'many' && other.primaryKey.length > 0;
      const include: Include = {
        ...this.#columns(other),
        ...(random.chance(0.4) ? { where: this.#where(other, 2) } : {}),
        ...this.#order(other),
        ...(many ? { limit: random.between(1, 3) } : {}),
        ...(level < 2 && (many || relation.kind === 'one') && random.chance(0.4)
          ? this.#include(other, level + 1)
          : {}),
      };
      return [[relation.name, include]];
    });
    return entries.length === 0 ? {} : { include: Object.fromEntries(entries) };
  }

  #where(slice: SliceTable, depth: number): Where {
    const random = this.#random;
    const columns = slice.columns.filter((column) => this.#isCompared(column));
    const entries: [string, unknown][] = random
      .shuffled(random.some(columns, 1.3 / Math.max(1, columns.length)))
      .map((column) => [column.name, this.#condition(slice, column)]);
    const some = (): Where[] =>
      Array.from({ length: random.between(1, 3) }, () => this.#where(slice, depth - 1));
    if (depth > 0) {
      if (random.chance(0.3)) entries.push(['or', some()]);
      if (random.chance(0.1)) entries.push(['and', some()]);
      if (random.chance(0.2)) entries.push(['not', this.#where(slice, depth - 1)]);
      const relations = slice.relations.filter(({ table }) => this.#table(table) !== undefined);
      if (relations.length > 0 && random.chance(0.2)) {
        const { name, table } = random.pick(relations);
        const other = this.#table(table);
        if (other !== undefined) entries.push(['has', { [name]: this.#where(other, depth - 2) }]);
      }
    }
    const [first] = columns;
    if (entries.length > 0 || first === undefined) return Object.fromEntries(entries);
    const column = random.pick(columns);
    return { [column.name]: this.#condition(slice, column) };
  }

  #condition(slice: SliceTable, column: SliceColumn): unknown {
    const random = this.#random;
    const value = (): unknown => this.#value(slice, column.name);
    const one = value();
    if (one === undefined || random.chance(0.08))
      return random.pick([null, { is_null: true }, { is_null: false }]);
    const kind = typeOf(column)?.kind;
    const list = [one, ...Array.from({ length: random.below(4) }, () => value() ?? one)];
    return random.weighted<() => unknown>([
      [3, () => one],
      [2, () => list],
      [2, () => ({ ne: one })],
      [1, () => ({ not_in: list })],
      [
        kind === 'bool' || kind === 'uuid' ? 0 : 4,
        () => ({ [random.pick(['gt', 'gte', 'lt', 'lte'])]: one }),
      ],
      [
        kind === 'text' && one !== '' ? 3 : 0,
        () => ({
          [random.pick(['prefix', 'contains'])]: [...String(one)].slice(0, random.between(1, 4)).join(''),
        }),
      ],
    ])();
  }

  /** A value as JSON has it; undefined where there is none to ask for. */
  #value(slice: SliceTable, name: string): unknown {
    const column = slice.columns.find((one) => one.name === name);
    const type = column && typeOf(column);
    const text = type && literalOf(this.#material, this.#random, type, `${slice.name}.${name}`);
    if (type === undefined || text === null || text === undefined) return undefined;
    switch (type.kind) {
      case 'bool':
        return text.startsWith('t');
      case 'int': {
        const value = Number(text);
        const limit =
          column?.typeOid === 21 ? 32_767 : column?.typeOid === 23 ? 2_147_483_647 : Number.POSITIVE_INFINITY;
        if (Math.abs(value) > limit) return undefined;
        return Number.isSafeInteger(value) && this.#random.chance(0.8) ? value : text;
      }
      case 'float':
      case 'numeric':
        return Number.isFinite(Number(text)) ? (this.#random.chance(0.5) ? text : Number(text)) : undefined;
      default:
        return text;
    }
  }

  #aggregate(slice: SliceTable): AggregateInput {
    const random = this.#random;
    const groups = random
      .some(
        slice.columns.filter((column) => this.#isOrdered(column)),
        0.15,
      )
      .slice(0, 3)
      .map((column) => {
        const kind = typeOf(column)?.kind ?? '';
        const dated = kind === 'date' || kind === 'timestamp' || kind === 'timestamptz';
        return dated && random.chance(0.6) ? { column: column.name, by: random.pick(UNITS) } : column.name;
      });
    const metrics = [
      { fn: 'count', as: 'how_many' },
      ...random.some(slice.columns, 0.25).flatMap((column) => this.#metric(column)),
    ].slice(0, 5);
    const names = [
      ...metrics.map(
        ({ fn, column, as }: { fn: string; column?: string; as?: string }) => as ?? `${fn}_${column}`,
      ),
      ...groups.map((group) => (typeof group === 'string' ? group : `${group.column}_${group.by}`)),
    ];
    const order = random
      .shuffled(random.some(names.slice(0, 1).concat(names.slice(metrics.length)), 0.4))
      .map((name) => (random.chance(0.5) ? `-${name}` : name));
    return {
      table: slice.name,
      metrics,
      ...(groups.length === 0 ? {} : { group_by: groups }),
      ...(random.chance(0.5) ? { where: this.#where(slice, 2) } : {}),
      ...(random.chance(0.3)
        ? { having: { how_many: { [random.pick(['gt', 'gte', 'lt', 'ne'])]: random.between(0, 4) } } }
        : {}),
      ...(order.length === 0 ? {} : { order }),
      ...(random.chance(0.3) ? { limit: random.between(1, 10) } : {}),
    };
  }

  #metric(column: SliceColumn): { fn: string; column: string }[] {
    const kind = typeOf(column)?.kind ?? '';
    const fns = [
      'count',
      ...(this.#isOrdered(column) ? ['count_distinct'] : []),
      ...(kind === 'int' || kind === 'numeric' ? ['sum', 'avg'] : []),
      ...(this.#isOrdered(column) && kind !== 'bool' && kind !== 'uuid' ? ['min', 'max'] : []),
    ];
    return [{ fn: this.#random.pick(fns), column: column.name }];
  }

  #table(name: string): SliceTable | undefined {
    return this.#material.tables.find((table) => table.name === name)?.slice;
  }

  #isOrdered(column: SliceColumn): boolean {
    return COMPARED.has(typeOf(column)?.kind ?? '');
  }

  #isCompared(column: SliceColumn): boolean {
    return this.#isOrdered(column);
  }
}
