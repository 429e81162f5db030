/** `roles.<role>.sql.functions`: names that lead to functions of the database, and names that do not. */
import { describe, expect, it } from 'vitest';
import type { CatalogFunction } from '../../src/policy/catalog.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { catalog, table } from './support/catalog.js';

const fn = (name: string, note: Partial<CatalogFunction> = {}): CatalogFunction => ({
  schema: 'public',
  name,
  arguments: 'integer',
  kind: 'function',
  definer: false,
  publicExecute: true,
  ...note,
});

const database = {
  ...catalog(
    table('note', { columns: { id: 'int', org: 'text' }, primaryKey: ['id'], indexes: [['org', 'id']] }),
  ),
  functions: [
    fn('total'),
    fn('total', { arguments: 'numeric' }),
    fn('Odd Name'),
    fn('order_total', { schema: 'billing', publicExecute: false }),
    fn('seen', { definer: true }),
    fn('seen', { definer: true, arguments: 'text' }),
    fn('gather', { kind: 'aggregate' }),
    fn('mixed'),
    fn('mixed', { kind: 'aggregate', arguments: 'text' }),
    fn('sweep', { kind: 'procedure' }),
    fn('touched', { kind: 'trigger', arguments: '' }),
    fn('ranked', { kind: 'window' }),
  ],
};

const compiled = (functions: readonly string[], more = 'tools: [sql]') =>
  compilePolicy(
    parsePolicy(
      `version: 1
preset: development
tables: { note: { tenant: { column: org } } }
roles:
  support:
    sql: { functions: ${JSON.stringify(functions)} }
    ${more}
    tables: { note: {} }
`,
      { filename: 'p.yaml' },
    ),
    database,
  );
const complaint = (name: string): string => {
  try {
    compiled([name]);
  } catch (error) {
    return (error as Error).message.replace(/^p\.yaml:\d+:\d+ {2}roles\.support\.sql\.functions\[0] {2}/, '');
  }
  return 'compiled';
};

describe('a function that is named for sql', () => {
  it('is found by its schema and name, once, whatever its overloads', () => {
    const policy = compiled(['total', 'public.total', 'TOTAL', '"Odd Name"', 'billing.order_total']);
    expect(policy.roles.get('support')?.sql).toEqual({
      functions: [
        { schema: 'public', name: 'total' },
        { schema: 'public', name: 'Odd Name' },
        { schema: 'billing', name: 'order_total' },
      ],
    });
    expect(policy.warnings).toEqual([]);
  });

  it('has its author answer for it where it runs with his rights', () => {
    const { warnings, roles } = compiled(['total', 'seen']);
    expect(roles.get('support')?.sql?.functions).toHaveLength(2);
    expect(warnings).toEqual([
      {
        path: 'roles.support.sql.functions[1]',
        message:
          'public.seen(integer), public.seen(text): SECURITY DEFINER, so it sees what its owner sees, whatever the boundary; whoever wrote it answers for its isolation',
        line: 6,
      },
    ]);
  });

  it.each([
    ['totl', 'the database has no function public.totl (did you mean total?)'],
    ['order_total', 'the database has no function public.order_total (did you mean billing.order_total?)'],
    ['nothing_like_it', 'the database has no function public.nothing_like_it'],
    ['a.b.c', 'expected a function, or schema.function'],
    [
      'total(integer)',
      'a function goes by its name alone, and every overload of it is meant (take the arguments away)',
    ],
    ['gather', 'public.gather(integer) is an aggregate: only a plain function may be named'],
    ['mixed', 'public.mixed(text) is an aggregate: only a plain function may be named'],
    ['sweep', 'public.sweep(integer) is a procedure: only a plain function may be named'],
    ['touched', 'public.touched() is a trigger function: only a plain function may be named'],
    ['ranked', 'public.ranked(integer) is a window function: only a plain function may be named'],
    [
      'pg_catalog.pg_read_file',
      'is PostgreSQL’s own: its harmless functions may be called without being named, and the others never',
    ],
    [
      'information_schema._pg_index_position',
      'is PostgreSQL’s own: its harmless functions may be called without being named, and the others never',
    ],
    ['ringfence.tenant', 'schema ringfence is not for agents'],
  ])('%s: %s', (name, message) => {
    expect(complaint(name)).toBe(message);
  });

  it('is idle where the role has no tool sql, and a note says so', () => {
    const { roles, warnings } = compiled(['total'], 'tools: [query]');
    expect(roles.get('support')?.sql).toBeNull();
    expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'roles.support.sql: functions are named for the tool sql, which the role does not have',
    ]);
  });
});

describe('what a policy acknowledges', () => {
  const acknowledging = (identity: string) =>
    compilePolicy(
      parsePolicy(
        `version: 1\npreset: development\ntables: { note: { tenant: { column: org } } }\nroles: {}\nacknowledge: { reach: [${JSON.stringify(identity)}] }`,
        { filename: 'p.yaml' },
      ),
      database,
    );
  it.each([
    'function public.total(integer)',
    'table public."odd*name"',
    'create on database',
    'large objects',
  ])('is one thing, by its name: %s', (identity) => {
    expect([...acknowledging(identity).acknowledgedReach]).toEqual([identity]);
  });
  it.each(['public.total', 'function public.*', 'functions', '*', 'view a.b* or "c"'])(
    'is nothing that could be more than one: %j',
    (identity) => {
      expect(() => acknowledging(identity)).toThrow(/acknowledge\.reach\[0]/);
    },
  );
});
