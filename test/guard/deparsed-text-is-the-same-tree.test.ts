import { readFileSync } from 'node:fs';
import type { SelectStmt } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { deparse } from '../../src/guard/deparse.js';
import { loadParser, readBack } from '../../src/guard/parse.js';
import { sameTree } from '../../src/guard/same-tree.js';
import { corpus, describeWithCorpus } from '../support/corpora.js';
import { forRandomSelects, HARD_WORDS } from './support/random-sql.js';
import { LATER_SHOP_STATEMENTS, SHOP_STATEMENTS } from './support/shop-statements.js';

beforeAll(loadParser);

/** The tree of a text, and of what the deparser makes of it. */
function bothTrees(text: string): readonly [SelectStmt | undefined, SelectStmt | undefined] {
  const tree = readBack(text);
  return [tree, tree === undefined ? undefined : readBack(deparse(tree))];
}

function isSame(text: string): boolean {
  const [one, other] = bothTrees(text);
  return one !== undefined && sameTree(one, other, () => undefined);
}

/** What pgsql-deparser by itself writes as another statement, or as none. */
const WRITTEN_WRONGLY = [
  'select (a or b) is true, (a = b) is null, not (a is null), (a and b) = c',
  'select a = (b = c), a - (b - c), a || (b || c), (a < b) = (c < d), - (- 1), -(a.b), 2 ^ (-1)',
  'select (-1)[1], (1).f, (null).*, (a.b).c, ((a).b)[1], (array[1, 2])[1], (select a)[1]',
  'with "Big Name" as (select 1) select * from "Big Name"',
  'select * from (a join b on true) as "J x" ("Y z")',
  'select * from a join b using (id) as "U x"',
  'select sum(x) over "W x", sum(x) over ("W x" order by y) from t window "W x" as (partition by z)',
  'select f("N x" => 1), f(a, "select" := 2)',
  'select * from f(1) as "T x" (a int, "b c" text)',
  'select a from t order by a fetch first 2 rows with ties',
  'select a from t group by distinct rollup (a, b), rollup (a, c)',
  "select a at local, timezone('x', a), extract(\"Foo\" from a), extract('it''s' from a)",
  "select normalize(a, nfkd), a is nfc normalized, 'x' is not normalized",
  "select bit '101', 'x'::\"char\", 'x'::char, -1::int2, (-1)::int2, 1::pg_catalog.text",
  'select 1 operator(pg_catalog.+) 2, a operator(pg_catalog.||) b',
  "select a like b escape c, a similar to b escape 'x', a not similar to (b || 'x')",
  'select a between (b and c) and d, (a between b and c) = d, a in ((select 1), 2)',
  'select json_arrayagg(a) over "W x" from t window "W x" as ()',
  'select array[]::int[], array[[1], [2]], row(), row(1), (1, 2)',
  'select "a""b", "a.b"."c d", U&"\\0441\\043B" from "select"."x" as "order"',
  "select E'\\\\', '\\', 'it''s', E'a\\'b', $$x$$, 'a'\n'b', U&'\\0441', 'Grüße'",
];

describe('a tree written and read again', () => {
  it.each([
    ...SHOP_STATEMENTS,
    ...LATER_SHOP_STATEMENTS.map(([, statement]) => statement),
    ...WRITTEN_WRONGLY,
  ])('is the tree of %s', (text) => {
    const [tree, again] = bothTrees(text);
    expect(tree).toBeDefined();
    expect(tree !== undefined && sameTree(tree, again, () => undefined)).toBe(true);
  });

  it('is the same for whatever the grammar has', () => {
    let read = 0;
    forRandomSelects(
      HARD_WORDS,
      (sql) => {
        if (readBack(sql) === undefined) return;
        read += 1;
        expect(isSame(sql), sql).toBe(true);
      },
      1_500,
    );
    expect(read).toBeGreaterThan(1_000);
  });
});

describeWithCorpus('spider', 'the queries of Spider', () => {
  it('are all written as they were', () => {
    const queries = readFileSync(corpus('spider/dev.sql'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('SQL:'))
      .map((line) => line.slice('SQL:'.length).trim())
      .filter((query) => readBack(query) !== undefined);
    expect(queries.length).toBe(1_032);
    expect(queries.filter((query) => !isSame(query))).toEqual([]);
  });
});
