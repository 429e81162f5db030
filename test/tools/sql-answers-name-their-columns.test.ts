/** What an answer to SQL of an agent's calls its columns and their types. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultField } from '../../src/database/statement.js';
import { distinctNames, sqlAnswer } from '../../src/tools/sql-rows.js';
import { typeByOid } from '../../src/tools/sql-types.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { column, contextOf, table } from './support/slice.js';

const mood = column('mood', 'text', {
  type: 'public.mood',
  castType: 'public.mood',
  typeOid: 90_001,
  category: 'E',
  enumLabels: ['sad', 'happy'],
});
const place = column('place', 'text', { type: 'gis.geometry(Point,4326)', typeOid: 90_002, category: 'U' });
const tags = column('tags', 'text', { type: 'public.citext[]', typeOid: 90_003, category: 'A' });
const { tables, limits } = contextOf({ tables: [table('person', [mood, place, tags])] });

describe('names', () => {
  it('are kept where they are distinct, counted where they are not, and made up where there are none', () => {
    expect(distinctNames(['id', 'name', 'id', 'id'])).toEqual(['id', 'name', 'id_2', 'id_3']);
    expect(distinctNames(['id', 'id_2', 'id'])).toEqual(['id', 'id_2', 'id_3']);
    expect(distinctNames(['?column?', 'a', '?column?'])).toEqual(['column_1', 'a', 'column_3']);
    expect(distinctNames(['column_2', '?column?'])).toEqual(['column_2', 'column_2_2']);
  });

  it('are distinct whatever they were, and the first of a name keeps it', () => {
    const names = fc.array(fc.constantFrom('a', 'a_2', 'a_3', 'b', '?column?', 'column_1', '__proto__', ''));
    fc.assert(
      fc.property(names, (given) => {
        const distinct = distinctNames(given);
        expect(new Set(distinct).size).toBe(given.length);
        for (const [at, name] of given.entries())
          if (name !== '?column?' && given.indexOf(name) === at) expect(distinct[at]).toBe(name);
      }),
    );
  });
});

describe('values', () => {
  const answer = (fields: readonly ResultField[], row: readonly (string | null)[]) =>
    sqlAnswer(fields, { kind: 'rows', rows: [row], cut: null }, tables, limits);

  it('are decoded by their types, under names that may be anything', () => {
    const given = answer(
      [
        { name: 'n', typeOid: 20 },
        { name: 'n', typeOid: 1009 },
        { name: '__proto__', typeOid: 3802 },
        { name: '1', typeOid: 16 },
        { name: 'tags', typeOid: 90_003 },
        { name: 'nothing', typeOid: 23 },
      ],
      ['9007199254740993', '{a,NULL}', '{"a":1}', 't', '{x}', null],
    );
    expect(given.columns).toEqual([
      { name: 'n', type: 'bigint' },
      { name: 'n_2', type: 'text[]' },
      { name: '__proto__', type: 'jsonb' },
      { name: '1', type: 'boolean' },
      { name: 'tags', type: 'citext[]' },
      { name: 'nothing', type: 'integer' },
    ]);
    expect(Object.entries(given.rows[0] ?? {})).toEqual(
      expect.arrayContaining([
        ['n', '9007199254740993'],
        ['n_2', ['a', null]],
        ['__proto__', { a: 1 }],
        ['1', true],
        ['tags', ['x']],
        ['nothing', null],
      ]),
    );
  });

  it('stay text where they are not what their type says', () => {
    expect(answer([{ name: 'doc', typeOid: 114 }], ['not json']).rows).toEqual([{ doc: 'not json' }]);
    expect(answer([{ name: 'n', typeOid: 23 }], ['many']).rows).toEqual([{ n: 'many' }]);
    expect(answer([{ name: 'is', typeOid: 16 }], ['perhaps']).rows).toEqual([{ is: 'perhaps' }]);
  });

  it('say so where they were cut, and how to go on', () => {
    const one = [{ name: 'a', typeOid: 25 }];
    const told = (rows: string[][], cut: 'rows' | 'bytes') =>
      sqlAnswer(one, { kind: 'rows', rows, cut }, tables, limits);
    expect(told([['x']], 'rows')).toMatchObject({
      truncated: true,
      suggestion: expect.stringMatching(/OFFSET 1\b/),
    });
    expect(told([['x']], 'bytes')).toMatchObject({
      truncated: true,
      suggestion: expect.stringMatching(/left\(/),
    });
  });
});

describeOnServers('types', (server) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(server);
  });
  afterAll(() => database.drop());

  it('are called what PostgreSQL calls them, every one that a column can have', async () => {
    const types = await database.query<{ oid: number; name: string; category: string }>(
      `select oid::int8::int4 as oid, format_type(oid, null) as name, typcategory as category from pg_type
       where oid < 10000 and typtype in ('b', 'r', 'm') and typcategory <> 'Z' and typname !~ '^_?(reg|pg_|int2vector|oidvector|xid|cid|tid|refcursor|gtsvector|txid|aclitem|cstring)'`,
    );
    expect(types.length).toBeGreaterThan(90);
    for (const { oid, name, category } of types) {
      const known = typeByOid(oid, tables);
      expect([oid, known.name.replaceAll('"', '')]).toEqual([oid, name.replaceAll('"', '')]);
      expect([oid, known.category === 'A']).toEqual([oid, category === 'A']);
    }
  });
});

describe('a type that is not PostgreSQL’s own', () => {
  it('is known by the columns of the slice, without schema and modifier, and unknown elsewhere', () => {
    expect(typeByOid(90_001, tables).name).toBe('enum');
    expect(typeByOid(90_002, tables).name).toBe('geometry');
    expect(typeByOid(90_003, tables)).toEqual({ name: 'citext[]', category: 'A' });
    expect(typeByOid(90_004, tables).name).toBe('unknown');
  });
});
