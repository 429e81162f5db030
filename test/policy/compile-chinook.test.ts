import { expect, test } from 'vitest';
import { compiled } from './support/policies.js';

const CHINOOK = `
tables:
  customer:     { tenant: { column: support_rep_id } }
  invoice:      { tenant: { via: customer } }
  invoice_line: { tenant: { via: invoice, on: { invoice_id: invoice_id } } }
  track:        { tenant: shared }
  genre:        { tenant: shared }
roles:
  support:
    description: Answers customers
    tools: [describe_schema, query, get, aggregate, create, update]
    limits: { rows: 100 }
    tables:
      customer:
        mask: { email: email, phone: last4, last_name: partial }
        rows: { country: { in: [USA, Canada] } }
        create: [first_name, company]
        update: [company]
        reason: required
      invoice: {}
      invoice_line: { columns: [invoice_line_id, invoice_id, track_id, quantity] }
      track: {}
      genre: {}
`;

test('x', () => {
  const p = compiled(CHINOOK);
  console.log(JSON.stringify(p, (_k, v) => v instanceof Map ? Object.fromEntries(v) : v instanceof Set ? [...v] : v, 1));
  expect(1).toBe(1);
});
