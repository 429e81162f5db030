import { describe, expect, test } from 'vitest';
import { refused, slice } from './support/policies.js';

/** Chinook with row rules; the rules of customer are on line 13, those of invoice on line 14. */
function support(customer: string, invoice = '{}'): string {
  return `tables:
  employee: { tenant: shared }
  customer: { tenant: { column: support_rep_id } }
  invoice: { tenant: { via: customer } }
  invoice_line: { tenant: { via: invoice } }
  track: { tenant: shared }
roles:
  support:
    tables:
      invoice_line: {}
      customer: ${customer}
      invoice: ${invoice}
      track: {}
      employee: {}
`;
}

describe('a row rule', () => {
  test('is kept as it is written', () => {
    expect(slice(support('{ rows: { country: { in: [USA, Canada] } } }'), 'customer').rows).toEqual({
      country: { in: ['USA', 'Canada'] },
    });
    expect(slice(support('{ rows: {} }'), 'customer').rows).toBeNull();
    expect(slice(support('{}'), 'customer').rows).toBeNull();
  });

  test('may look at columns that the role does not see, and at the boundary', () => {
    const body = support(
      '{ columns: [customer_id], rows: { country: USA, support_rep_id: $user, email: { ne: $role } } }',
    );
    expect(slice(body, 'customer').rows).toMatchObject({ support_rep_id: '$user' });
  });

  test('has each fault named with its place', () => {
    expect(
      refused(
        support(
          '{ rows: { contry: USA, customer_id: one, or: [{ company: { like: x } }, { phone: $usr }] } }',
        ),
      ),
    ).toEqual([
      'p.yaml:13:27  roles.support.tables.customer.rows.contry  there is no column contry (did you mean country?)',
      'p.yaml:13:40  roles.support.tables.customer.rows.customer_id  expected a whole number',
      'p.yaml:13:76  roles.support.tables.customer.rows.or[0].company.like  there is no operator like (use prefix or contains)',
      'p.yaml:13:91  roles.support.tables.customer.rows.or[1].phone  $usr is no value of the boundary (there are $tenant, $workspace, $user, $role)',
    ]);
  });

  test('may ask for related rows', () => {
    const body = support('{}', '{ rows: { has: { customer: { country: USA } } } }');
    expect(slice(body, 'invoice').rows).toEqual({ has: { customer: { country: 'USA' } } });
  });

  test('may not ask for rows whose own visibility comes back to it', () => {
    expect(refused(support('{ rows: { has: { invoice: { billing_city: Berlin } } } }'))).toEqual([
      'p.yaml:13:19  roles.support.tables.customer.rows  asks for rows of invoice; which of them are seen depends on customer, and PostgreSQL refuses such a circle (put the rule on a column of the table itself)',
    ]);
    expect(
      refused(support('{ rows: { or: [{ country: USA }, { not: { has: { invoice: {} } } }] } }')),
    ).toHaveLength(1);
  });

  test('may not come back to its own table from inside itself', () => {
    const body = support('{}').replace(
      'track: {}',
      'track: { rows: { has: { invoice_line: { has: { track: { name: x } } } } } }',
    );
    expect(refused(body)).toEqual([
      'p.yaml:15:16  roles.support.tables.track.rows  asks for rows of track; which of them are seen depends on track, and PostgreSQL refuses such a circle (put the rule on a column of the table itself)',
    ]);
  });

  test('may not come back through another rule', () => {
    const body = `tables:
  employee: { tenant: { column: reports_to } }
  customer: { tenant: { column: customer_id } }
roles:
  support:
    tables:
      employee: { rows: { has: { customer: {} } } }
      customer: { rows: { has: { employee: {} } } }
`;
    expect(refused(body).map((line) => line.slice(0, 30))).toEqual([
      'p.yaml:9:19  roles.support.tab',
      'p.yaml:10:19  roles.support.ta',
    ]);
  });

  test('may not name a relation that the role does not have', () => {
    expect(refused(support('{}', '{ rows: { has: { custmer: {} } } }'))).toEqual([
      'p.yaml:14:33  roles.support.tables.invoice.rows.has.custmer  there is no relation custmer (did you mean customer?)',
    ]);
  });
});
