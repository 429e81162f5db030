import { stat, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { expectRefusal } from './support/refusal.js';
import { NOTES_SQL } from './support/two-tenants.js';

const POLICY = `
version: 1
preset: development
tables: { note: { tenant: { column: org } } }
roles: { writer: { tools: [query, sql], tables: { note: {} } } }
`;
const OPENED = `create function total(of_org text) returns bigint language sql security definer
  as $$select count(*) from public.note where org = $1$$;
create table countries (code text primary key);
grant select on countries to public;`;

describe('a policy with the tool sql, beside a function and a table that everybody may use', () => {
  let database: TestDatabase;
  let place: Workplace;
  beforeAll(async () => {
    database = await createDatabase(embeddedServer, { sql: NOTES_SQL + OPENED });
    place = await workplace({ DATABASE_URL: database.url });
    await writeFile(place.path('ringfence.policy.yaml'), POLICY);
  });
  afterAll(async () => {
    await database.drop();
  });

  it('is planned with what is in the way', async () => {
    const { exit, stdout } = await place.run(['plan']);
    expect(exit).toBe(2);
    expect(stdout).toContain('function public.total(text) runs with the rights of its owner postgres');
    expect(stdout).toContain('revoke execute on function "public"."total"(text) from public;');
    const planned = await place.run(['plan', '--json']);
    expect(planned.json()).toMatchObject({
      reach: [
        { identity: 'function public.total(text)', roles: ['writer'], acknowledged: false },
        { identity: 'table public.countries', roles: ['writer'], acknowledged: false },
      ],
    });
  });

  it('is not applied, and nothing is left behind', async () => {
    expectRefusal(
      await place.run(['apply', '--yes']),
      5,
      'database_unsafe',
      'revoke execute on function "public"."total"(text) from public;',
      "acknowledge: { reach: ['function public.total(text)'] }",
      'revoke select on table "public"."countries" from public;',
      'Nothing was changed',
    );
    await expect(stat(place.path('.ringfence/keys.json'))).rejects.toThrow();
    expect(await database.query(`select from pg_namespace where nspname = 'ringfence'`)).toEqual([]);
  });

  it('is applied once one is mended and the other acknowledged, and goes on telling of that one', async () => {
    await database.query('revoke execute on function "public"."total"(text) from public');
    await writeFile(
      place.path('ringfence.policy.yaml'),
      `${POLICY}acknowledge: { reach: ['table public.countries'] }\n`,
    );
    await succeed(place, ['apply', '--yes']);
    const { stdout } = await succeed(place, ['plan']);
    expect(stdout).toContain('table public.countries can be read by everybody');
    expect(stdout).toContain('Within reach of sql in writer, and acknowledged.');
  });
});
