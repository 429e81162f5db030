/** Slices written by hand: what the policy compiler would make, without one. */
import { trustedBoundary } from '../../../src/boundary/resolve.js';
import type {
  CompiledPolicy,
  CompiledRole,
  Limits,
  PolicyTable,
  Scope,
  ScopeAxis,
  SliceColumn,
  SliceTable,
  WriteRules,
} from '../../../src/policy/compiled.js';
import { type CursorCodec, createCursorCodec } from '../../../src/tools/cursor.js';
import type { ToolContext } from '../../../src/tools/tool.js';

const TYPES = {
  int2: ['smallint', 21, 'N'],
  int4: ['integer', 23, 'N'],
  int8: ['bigint', 20, 'N'],
  numeric: ['numeric(30,10)', 1700, 'N'],
  float4: ['real', 700, 'N'],
  float8: ['double precision', 701, 'N'],
  bool: ['boolean', 16, 'B'],
  text: ['text', 25, 'S'],
  varchar: ['character varying(40)', 1043, 'S'],
  bpchar: ['character(6)', 1042, 'S'],
  uuid: ['uuid', 2950, 'U'],
  date: ['date', 1082, 'D'],
  timestamp: ['timestamp without time zone', 1114, 'D'],
  timestamptz: ['timestamp with time zone', 1184, 'D'],
  time: ['time without time zone', 1083, 'D'],
  interval: ['interval', 1186, 'T'],
  inet: ['inet', 869, 'I'],
  bytea: ['bytea', 17, 'U'],
  json: ['json', 114, 'U'],
  jsonb: ['jsonb', 3802, 'U'],
  _int8: ['bigint[]', 1016, 'A'],
  _text: ['text[]', 1009, 'A'],
  _timestamptz: ['timestamp with time zone[]', 1185, 'A'],
  int4range: ['int4range', 3904, 'R'],
} as const;

export type TypeName = keyof typeof TYPES;

/** A column of one of PostgreSQL's own types. */
export function column(name: string, type: TypeName, more: Partial<SliceColumn> = {}): SliceColumn {
  const [shown, typeOid, category] = TYPES[type];
  return {
    name,
    type: shown,
    castType: `pg_catalog.${type}`,
    typeOid,
    category,
    notNull: false,
    hasDefault: false,
    mask: null,
    enumLabels: null,
    comment: null,
    ...more,
  };
}

export const READ_ONLY: WriteRules = {
  create: null,
  update: null,
  delete: false,
  presets: [],
  reasonRequired: false,
  guardedKeys: [],
};

export function table(
  name: string,
  columns: readonly SliceColumn[],
  more: Partial<SliceTable> = {},
): SliceTable {
  return {
    name,
    schema: 'app',
    table: `base_${name}`,
    comment: null,
    scope: { kind: 'shared' },
    columns,
    primaryKey: columns.some(({ name: own }) => own === 'id') ? ['id'] : [],
    relations: [],
    rows: null,
    write: READ_ONLY,
    samples: [],
    indexes: [],
    ...more,
  };
}

/** Rows that belong by columns of their own. */
export function owned(
  ...columns: readonly (readonly [axis: ScopeAxis, column: string, castType?: string])[]
): Scope {
  return {
    kind: 'scoped',
    columns: columns.map(([axis, name, castType = 'pg_catalog.text']) => ({ axis, column: name, castType })),
    via: null,
  };
}

/** Rows that belong through a parent. */
export function through(parent: string, columns: readonly string[], parentColumns: readonly string[]): Scope {
  return { kind: 'scoped', columns: [], via: { parent, columns, parentColumns } };
}

export interface ContextOptions {
  readonly tables: readonly SliceTable[];
  /** Tables that the policy knows beside those of the slice. */
  readonly others?: readonly PolicyTable[];
  readonly tenant?: string;
  readonly workspace?: string | null;
  readonly user?: string;
  readonly reach?: ScopeAxis;
  readonly limits?: Partial<Limits>;
  readonly cursors?: CursorCodec;
  /** Narrows the call to these tables. */
  readonly only?: readonly string[];
}

const cursorKey = { id: 'k1', key: new Uint8Array(32).fill(7) };

/** What a tool is told of a call. */
export function contextOf(options: ContextOptions): ToolContext {
  const byName = new Map(options.tables.map((one) => [one.name, one]));
  const limits = { rows: 100, scannedRows: 100_000, timeoutMs: 5000, joinDepth: 3, ...options.limits };
  const role: CompiledRole = {
    name: 'clerk',
    description: '',
    sliceRole: 'ringfence_slice_clerk',
    viewRole: 'ringfence_view_clerk',
    sliceSchema: 'slice_clerk',
    scopeSchema: 'scope_clerk',
    reach: options.reach ?? 'user',
    tools: new Set(),
    sql: null,
    limits,
    tables: byName,
  };
  const policy: CompiledPolicy = {
    version: 1,
    hash: `sha256:${'0'.repeat(64)}`,
    preset: 'development',
    tenancy: 'multi',
    defaultSchema: 'public',
    owners: { tenant: 'a', role: 'b', secrets: 'c', audit: 'd' },
    tables: new Map(
      [
        ...options.tables.map(
          ({ name, schema, table, scope }): PolicyTable => ({
            name,
            schema,
            table,
            scope,
            kind: 'table',
            refreshMinutes: null,
          }),
        ),
        ...(options.others ?? []),
      ].map((one) => [one.name, one]),
    ),
    roles: new Map([[role.name, role]]),
    plans: new Map(),
    ownTools: new Map(),
    approvals: [],
    canaries: new Map(),
    crossTenant: { actingFor: [], grants: new Map() },
    acknowledgedReach: new Set(),
    warnings: [],
  };
  const { only } = options;
  return {
    boundary: trustedBoundary({
      tenant: options.tenant ?? 'dental',
      workspace: options.workspace ?? null,
      user: options.user ?? 'ada',
      role: role.name,
      actor: { kind: 'agent', id: 'desk' },
      policy: { hash: policy.hash, roles: new Set([role.name]) },
    }),
    policy,
    role,
    tables: only === undefined ? byName : new Map([...byName].filter(([name]) => only.includes(name))),
    limits,
    agentSql: null,
    cursors: options.cursors ?? createCursorCodec({ current: cursorKey }),
  };
}
