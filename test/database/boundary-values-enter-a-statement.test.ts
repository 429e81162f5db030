/** The boundary's values in the place of $1, $2 and $3: wherever PostgreSQL would see a parameter, and nowhere else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trustedBoundary } from '../../src/boundary/resolve.js';
import { withBoundaryValues } from '../../src/database/boundary-values.js';
import { createDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';

const boundary = (tenant: string, workspace: string | null = null) =>
  trustedBoundary({
    tenant,
    ...(workspace === null ? {} : { workspace }),
    user: 'u1',
    role: 'support',
    actor: { kind: 'agent', id: 'test' },
    policy: { hash: 'sha256:test', roles: new Set(['support']) },
  });
const bound = (text: string) => withBoundaryValues(text, boundary('a'));

describe('a statement with the values of its boundary', () => {
  it('has them for its first three parameters, and keeps the others', () => {
    expect(bound('select $1::text, $2::text, $3, $4, $12')).toEqual({
      text: `select 'a'::text, null::pg_catalog.text::text, 'u1', $4, $12`,
      parameters: 12,
    });
    expect(bound('select 1')).toEqual({ text: 'select 1', parameters: 3 });
    expect(withBoundaryValues('select $2', boundary('a', 'w')).text).toBe(`select 'w'`);
  });

  it('has nothing put into a name, a text or a comment', () => {
    for (const text of [
      `select 'costs $1', '''$1', E'\\'$1', e'a\\\\', U&'$1', N'$1'`,
      `select "$1", "a""$1", a$1, é$1, _$1`,
      `select $$ $1 $$, $tag$ $1 $$ $other$ $1 $tag$`,
      `select 1 -- $1`,
      `select 1 /* $1 /* $1 */ $1 */`,
      `select /* $1`,
      `select $t$ $1`,
    ])
      expect(bound(text).text, text).toBe(text);
    expect(bound(`select '$1', $1 -- $1\n, $1, a$1`).text).toBe(`select '$1', 'a' -- $1\n, 'a', a$1`);
    expect(bound(`select E'\\'', $1, '\\', $1`).text).toBe(`select E'\\'', 'a', '\\', 'a'`);
  });

  it('means the same to PostgreSQL as with the parameters given', async () => {
    const database = await createDatabase(embeddedServer);
    const client = await database.connect();
    const piece = fc.constantFrom(
      '$1::text',
      '$3::text',
      `'x $1'`,
      `'it''s'`,
      `E'\\'$1\\\\'`,
      '$$ $1 $$',
      '$q$ $1 $$ $q$',
      '/* $1 /* */ */ 1::text',
      '-- $1\n2::text',
      `U&'\\0041$1'`,
      '"x"."a$1"',
    );
    const tenant = fc
      .string({
        unit: fc.constantFrom("'", '\\', '$1', '"', 'a', '--', '/*', 'é'),
        minLength: 1,
        maxLength: 8,
      })
      .map((text) => `t${text}`);
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), tenant, async (pieces, name) => {
        const text = `select ${pieces.join(' , ')}, $1::text, $2::text, $3::text from (values ('v')) x ("a$1")`;
        const given = await client.query({ text, values: [name, null, 'u1'], rowMode: 'array' });
        const put = await client.query({
          text: withBoundaryValues(text, boundary(name)).text,
          rowMode: 'array',
        });
        expect(put.rows).toEqual(given.rows);
      }),
      { numRuns: 200 },
    );
    await database.drop();
  });
});
