import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';
import { CLEAN_BASE, RESET_ROLES } from './support/clean-base.js';
import { findingsIn } from './support/fault.js';

const TABLES = 500;

/** What is wrong with a table, by its number; null where nothing is. */
const FAULTS: readonly (readonly [
  every: number,
  at: number,
  sql: (name: string) => string,
  finding: (name: string) => string,
])[] = [
  [
    20,
    1,
    (name) => `alter table ${name} disable row level security`,
    (name) => `row_security.disabled table ${name}`,
  ],
  [
    20,
    3,
    (name) => `alter table ${name} no force row level security`,
    (name) => `row_security.not_forced table ${name}`,
  ],
  [
    20,
    5,
    (name) => `alter policy tenant on ${name} using (true)`,
    (name) => `policy.always_true policy tenant on ${name}`,
  ],
  [20, 7, (name) => `grant truncate on ${name} to check_app`, (name) => `grant.unjudged table ${name}`],
  [
    20,
    9,
    (name) =>
      `create view ${name}_view as select tenant_id, id from ${name}; grant select on ${name}_view to check_app`,
    (name) => `view.owner_rights view ${name}_view`,
  ],
  [20, 11, (name) => `drop policy tenant on ${name}`, (name) => `row_security.no_policy table ${name}`],
];

let database: TestDatabase;
const expected: string[] = [];
beforeAll(async () => {
  database = await createDatabase(embeddedServer, { template: CLEAN_BASE });
  await database.query(RESET_ROLES);
  const rule = 'tenant_id = (select shop.current_tenant())';
  for (let at = 0; at < TABLES; at += 1) {
    const name = `shop.t${String(at).padStart(3, '0')}`;
    const faults = FAULTS.filter(([every, rest]) => at % every === rest);
    expected.push(...faults.map(([, , , finding]) => finding(name)));
    await database.query(`
      create table ${name} (tenant_id uuid not null references shop.tenant, id uuid not null default gen_random_uuid(), name text, total numeric,
        made timestamptz, primary key (tenant_id, id));
      alter table ${name} owner to check_owner, enable row level security, force row level security;
      create policy tenant on ${name} to check_app using (${rule}) with check (${rule});
      grant select, insert, update, delete on ${name} to check_app;
      ${faults.map(([, , sql]) => sql(name)).join(';')}`);
  }
});
afterAll(() => database.drop());

it('check finds every fault in a database of 500 tables, and nothing else', async () => {
  const found = (await findingsIn(database)).map(({ rule, object }) => `${rule} ${object}`);
  expect(expected.length).toBe((TABLES / 20) * FAULTS.length);
  expect(found.sort()).toEqual(expected.sort());
});
