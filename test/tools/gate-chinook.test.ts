/** Chinook, governed: every answer equals the hand-written SQL for that tenant. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadChinook } from '../support/chinook.js';
import type { TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

const POLICY = `
version: 1
preset: production
owners: { tenant: platform, role: product, secrets: security, audit: compliance }
tables:
  customer: { tenant: { column: support_rep_id } }
  invoice: { tenant: { via: customer } }
  invoice_line: { tenant: { via: invoice } }
  artist: { tenant: shared }
  album: { tenant: shared }
  track: { tenant: shared }
  genre: { tenant: shared }
  media_type: { tenant: shared }
roles:
  support:
    limits: { rows: 500 }
    tables:
      customer: {}
      invoice: {}
      invoice_line: {}
      artist: {}
      album: {}
      track: {}
      genre: {}
      media_type: {}
`;

describeOnServers('Chinook, governed', (server) => {
  let database: TestDatabase;
  let governed: Governed;

  beforeAll(async () => {
    database = await loadChinook(server);
    governed = await govern(database, POLICY);
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });

  for (const tenant of [3, 4, 5]) {
    it(`answers tenant ${tenant} as its own SQL would`, async () => {
      const customers = await governed.call(String(tenant), 'query', {
        table: 'customer',
        columns: ['customer_id', 'email'],
        limit: 500,
      });
      expect(customers).toMatchObject({
        decision: 'allowed',
        rows: await database.query(
          'select customer_id, email from customer where support_rep_id = $1 order by 1',
          [tenant],
        ),
      });
      const invoices = await governed.call(String(tenant), 'aggregate', {
        table: 'invoice',
        metrics: [
          { fn: 'count', as: 'n' },
          { fn: 'sum', column: 'total', as: 'total' },
        ],
      });
      expect(invoices).toMatchObject({
        decision: 'allowed',
        rows: await database.query(
          'select count(*)::int as n, sum(total)::float8 as total from invoice join customer using (customer_id) where support_rep_id = $1',
          [tenant],
        ),
      });
      const lines = await governed.call(String(tenant), 'aggregate', {
        table: 'invoice_line',
        metrics: [{ fn: 'count', as: 'n' }],
      });
      expect(lines).toMatchObject({
        rows: await database.query(
          'select count(*)::int as n from invoice_line join invoice using (invoice_id) join customer using (customer_id) where support_rep_id = $1',
          [tenant],
        ),
      });
    });
  }
});
