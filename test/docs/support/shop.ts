/** The database of the pages' examples: the tables and the policy of `docs/policy.md`, with rows of two tenants. */
import type { TrustedBoundaryFields } from '../../../src/boundary/resolve.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { type Governed, govern } from '../../support/governed.js';
import type { TestServer } from '../../support/test-server.js';
import { onlyBlock, readPage } from './pages.js';

/** The tenant that the pages' examples work in. */
export const FABRIKAM = '7f0c8e9a-0000-4000-8000-000000000001';
export const CONTOSO = '7f0c8e9a-0000-4000-8000-000000000002';

const ROWS = `
insert into organization (id, name, api_token) values ('${FABRIKAM}', 'Fabrikam', 'secret-f'), ('${CONTOSO}', 'Contoso', 'secret-c');
insert into country values ('US', 'United States'), ('CA', 'Canada'), ('DE', 'Germany');
insert into customer (id, organization_id, name, email, phone, country, notes) values
  (1, '${FABRIKAM}', 'Ada', 'ada@example.com', '+1 555 010 4477', 'US', 'Call +1 555 010 4477'),
  (2, '${FABRIKAM}', 'Alan', null, null, 'CA', null),
  (3, '${FABRIKAM}', 'Emmy', null, null, 'DE', null),
  (11, '${CONTOSO}', 'Grace', null, null, 'US', null);
select setval(pg_get_serial_sequence('customer', 'id'), 100);
insert into billing.invoice (id, customer_id, issued, due, status, total) values
  (1, 1, '2026-01-10', '2026-02-10', 'open', 40), (2, 1, '2026-01-20', null, 'paid', 60), (3, 2, '2026-02-01', null, 'open', 5),
  (11, 11, '2026-01-10', null, 'open', 900);
insert into billing.invoice_line values (1, 1, 'Chair', 30), (1, 2, 'Desk', 10), (11, 1, 'Boat', 900);
insert into "Desk Note" (org, desk, author, body) values ('${FABRIKAM}', 'front', 'jane', 'hello'), ('${CONTOSO}', 'front', 'jane', 'theirs');
`;

/** Who the examples are run as. */
export const JANE: Pick<TrustedBoundaryFields, 'tenant' | 'workspace' | 'user' | 'role'> = {
  tenant: FABRIKAM,
  workspace: 'front',
  user: 'jane',
  role: 'support',
};

export interface Shop extends Governed {
  readonly database: TestDatabase;
}

/** The tables of `docs/policy.md`, empty. */
export async function makeTables(server: TestServer): Promise<TestDatabase> {
  return await createDatabase(server, { sql: onlyBlock(readPage('docs/policy.md'), 'sql', 'run').text });
}

/** The tables, their rows and the applied policy. */
export async function makeShop(server: TestServer): Promise<Shop> {
  const database = await makeTables(server);
  await database.query(ROWS);
  const governed = await govern(database, onlyBlock(readPage('docs/policy.md'), 'yaml', 'complete').text);
  return { ...governed, database };
}
