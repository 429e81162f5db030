/** Two roles with different slices of one database: what each reaches, and what neither does. */

import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadChinook } from '../support/chinook.js';
import { describeWithCorpus } from '../support/corpora.js';
import type { TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { type Agent, applyPolicy, connectAgent, planPolicy, type Sealed } from './support/governed.js';

const POLICY = `
tables:
  customer: { tenant: { column: support_rep_id } }
  invoice: { tenant: { via: customer } }
  invoice_line: { tenant: { via: invoice } }
  track: { tenant: shared }
  genre: { tenant: shared }
acknowledge:
  unique: [invoice.invoice_id]
roles:
  support:
    tools: [describe_schema, query, get, aggregate, create, update, delete]
    tables:
      customer:
        columns: [customer_id, first_name, last_name, email, phone, country, company]
        mask: { email: email, phone: last4, last_name: partial }
        update: [company, country]
      invoice:
        columns: all
        create: [invoice_id, customer_id, invoice_date, total]
        update: [customer_id, billing_city]
        delete: true
      invoice_line: { columns: all }
      genre: {}
  finance:
    tables:
      invoice: { columns: [invoice_id, customer_id, total, billing_country], rows: { total: { gte: 5 } } }
      track: {}
`;

const support: Sealed = { tenant: '3', role: 'support' };
const finance: Sealed = { tenant: '3', role: 'finance' };

describeWithCorpus('chinook', 'apply', () => {
  describeOnServers('applied to Chinook', (server) => {
    let database: TestDatabase;
    let admin: pg.Client;
    let agent: Agent;

    beforeAll(async () => {
      database = await loadChinook(server);
      admin = await database.connect();
      await applyPolicy(admin, POLICY);
      agent = await connectAgent(database);
    });
    afterAll(() => database.drop());

    const truth = async (sql: string): Promise<unknown[]> => (await admin.query(sql)).rows;

    it('shows each tenant what the hand-written query shows, along every chain of parents', async () => {
      for (const tenant of ['3', '4', '5']) {
        const seal: Sealed = { tenant, role: 'support' };
        expect(await agent.rows(seal, 'select customer_id from slice_support.customer order by 1')).toEqual(
          await truth(`select customer_id from customer where support_rep_id = ${tenant} order by 1`),
        );
        expect(await agent.rows(seal, 'select * from slice_support.invoice order by invoice_id')).toEqual(
          await truth(
            `select i.* from invoice i join customer c using (customer_id) where c.support_rep_id = ${tenant} order by invoice_id`,
          ),
        );
        expect(
          await agent.rows(seal, 'select * from slice_support.invoice_line order by invoice_line_id'),
        ).toEqual(
          await truth(
            `select l.* from invoice_line l join invoice i using (invoice_id) join customer c using (customer_id) where c.support_rep_id = ${tenant} order by invoice_line_id`,
          ),
        );
      }
      expect(await agent.rows(support, 'select count(*)::int as n from slice_support.genre')).toEqual([
        { n: 25 },
      ]);
    });

    it('plans nothing once applied', async () => {
      const { steps } = await planPolicy(admin, POLICY);
      expect(steps).toEqual([]);
    });

    it('gives each role its own slice, and neither the other’s', async () => {
      expect((await agent.refusal(finance, 'select * from slice_support.customer')).code).toBe('42501');
      expect((await agent.refusal(support, 'select * from slice_finance.track')).code).toBe('42501');
      const columns = await agent.rows(finance, 'select * from slice_finance.invoice limit 1');
      expect(Object.keys(columns[0] ?? {})).toEqual([
        'invoice_id',
        'customer_id',
        'billing_country',
        'total',
      ]);
      expect(
        await agent.rows(
          finance,
          'select min(total)::float as least, count(*)::int as n from slice_finance.invoice',
        ),
      ).toEqual(
        await truth(
          `select min(total)::float as least, count(*)::int as n from invoice join customer c using (customer_id) where c.support_rep_id = 3 and total >= 5`,
        ),
      );
    });

    it('keeps the base tables and denied columns out of reach, twice', async () => {
      expect((await agent.refusal(support, 'select * from public.customer')).code).toBe('42501');
      expect((await agent.refusal(support, 'select fax from slice_support.customer')).code).toBe('42703');
      // The view role cannot read them either, so a view over them would not either.
      const admin = await database.connect();
      await admin.query('set role ringfence_view_support');
      await expect(admin.query('select fax from public.customer')).rejects.toMatchObject({ code: '42501' });
      await expect(admin.query('select * from public.employee')).rejects.toMatchObject({ code: '42501' });
      await admin.end();
    });

    it('shows nothing and writes nothing without a seal, with another role’s, or by becoming another slice role', async () => {
      expect(await truth('select count(*)::int as n from customer')).toEqual([{ n: 59 }]);
      for (const [seal, as] of [
        [null, 'ringfence_slice_support'],
        [finance, 'ringfence_slice_support'],
      ] as const) {
        for (const table of ['customer', 'invoice', 'invoice_line', 'genre']) {
          expect(await agent.rows(seal, `select * from slice_support.${table}`, as)).toEqual([]);
        }
        expect(await agent.rows(seal, 'select * from scope_support.invoice', as)).toEqual([]);
        expect(
          await agent.rows(seal, `update slice_support.customer set company = 'x' returning customer_id`, as),
        ).toEqual([]);
        expect(await agent.rows(seal, 'delete from slice_support.invoice returning invoice_id', as)).toEqual(
          [],
        );
        const refused = await agent.refusal(
          seal,
          `insert into slice_support.invoice (invoice_id, customer_id, invoice_date, total) values (9001, 1, now(), 1)`,
          as,
        );
        expect(refused).toMatchObject({
          code: '42501',
          message: expect.stringContaining('row-level security'),
        });
      }
      // The same statement under the right seal does change rows: the test above can fail.
      expect(
        await agent.rows(support, `update slice_support.customer set company = 'x' returning customer_id`),
      ).toHaveLength(21);
    });

    it('does not let a mask be read back by filtering, sorting or grouping', async () => {
      const [row] = await truth(
        `select customer_id, last_name, email, phone from customer where support_rep_id = 3 order by customer_id limit 1`,
      );
      expect(row).toEqual({
        customer_id: 1,
        last_name: 'Gonçalves',
        email: 'luisg@embraer.com.br',
        phone: '+55 (12) 3923-5555',
      });
      expect(
        await agent.rows(
          support,
          'select last_name, email, phone from slice_support.customer where customer_id = 1',
        ),
      ).toEqual([{ last_name: 'G***', email: 'l***@embraer.com.br', phone: '****5555' }]);
      const view = 'slice_support.customer';
      for (const sql of [
        `select 1 from ${view} where last_name = 'Gonçalves'`,
        `select 1 from ${view} where last_name like 'Go%'`,
        `select 1 from ${view} where email ^@ 'luis'`,
        `select 1 from ${view} where pg_catalog.length(phone) > 8`,
        `select 1 from ${view} c where c::text like '%Gon%'`,
        `select 1 from ${view} c where to_jsonb(c)::text like '%luisg%'`,
      ]) {
        expect(await agent.rows(support, sql)).toEqual([]);
      }
      // Sorted and grouped by what is shown, not by what is hidden.
      const sorted = await agent.rows<{ last_name: string }>(
        support,
        `select last_name from ${view} order by last_name collate "C", customer_id`,
      );
      expect(sorted.map(({ last_name }) => last_name)).toEqual(
        sorted.map(({ last_name }) => last_name).sort(),
      );
      const grouped = await agent.rows(support, `select last_name from ${view} group by last_name`);
      const people = await truth(`select distinct last_name from customer where support_rep_id = 3`);
      expect(grouped.length).toBeLessThan(people.length);
      // A function that tells what it was called with is called with the mask.
      const raised = await agent.refusal(support, `select 1 from ${view} where last_name::int = 1`);
      expect(raised.message).toContain('***');
      expect(raised.message).not.toContain('Gon');
    });

    it('refuses to move a row to another tenant, by its column or by its parent', async () => {
      expect(
        (await agent.refusal(support, 'update slice_support.customer set support_rep_id = 4')).code,
      ).toBe('42501');
      // 2 belongs to tenant 5. Its own tenant may move an invoice to another of its customers.
      expect(
        await agent.rows(
          support,
          'update slice_support.invoice set customer_id = 3 where customer_id = 1 returning 1',
        ),
      ).toHaveLength(7);
      expect(
        (
          await agent.refusal(
            support,
            'update slice_support.invoice set customer_id = 2 where customer_id = 1',
          )
        ).code,
      ).toBe('42501');
      // Even somebody who can set the column cannot: the rule holds beneath the grant.
      await admin.query('begin');
      await admin.query(
        'grant update on slice_support.customer to ringfence_slice_support; grant update on customer to ringfence_view_support',
      );
      await admin.query('commit');
      const refused = await agent.refusal(support, 'update slice_support.customer set support_rep_id = 4');
      expect(refused.message).toContain('row-level security');
    });

    it('mends rights that somebody added, and says so', async () => {
      const { steps } = await planPolicy(admin, POLICY);
      expect(steps.map(({ sign, kind, identity }) => [sign, kind, identity])).toEqual([
        ['~', 'table_grant', 'public.customer to ringfence_view_support'],
        ['~', 'view', 'slice_support.customer'],
        ['~', 'policy_record', 'policy in force'],
      ]);
      await applyPolicy(admin, POLICY);
      const refused = await agent.refusal(support, 'update slice_support.customer set support_rep_id = 4');
      expect(refused.message).not.toContain('row-level security');
      expect((await planPolicy(admin, POLICY)).steps).toEqual([]);
    });

    it('cannot tell a hidden parent from one that is not there', async () => {
      const insert = (customer: number): string =>
        `insert into slice_support.invoice (invoice_id, customer_id, invoice_date, total) values (9001, ${customer}, now(), 1) returning customer_id`;
      expect(await agent.rows(support, insert(1))).toEqual([{ customer_id: 1 }]);
      expect(await truth('select support_rep_id from customer where customer_id = 2')).toEqual([
        { support_rep_id: 5 },
      ]);
      const hidden = await agent.refusal(support, insert(2));
      expect(hidden).toEqual(await agent.refusal(support, insert(424242)));
      expect(hidden.code).toBe('42501');
    });

    it('is opened by no stray policy or grant of somebody else’s', async () => {
      await admin.query('create policy stray on customer for all to public using (true) with check (true)');
      await admin.query('grant select on customer, invoice to public');
      try {
        expect(await agent.rows(support, 'select * from slice_support.customer')).toHaveLength(21);
        expect(
          await agent.rows(null, 'select * from slice_support.customer', 'ringfence_slice_support'),
        ).toEqual([]);
        // PUBLIC may read the table now, and so may the gateway's roles; no row of it.
        expect(await agent.rows(support, 'select * from public.customer')).toEqual([]);
        expect(await agent.rows(support, 'select * from public.customer', 'ringfence_gateway')).toEqual([]);
      } finally {
        await admin.query('drop policy stray on customer');
        await admin.query('revoke select on customer, invoice from public');
      }
    });

    it('keeps rows of a masked or hidden table out of what a leaky operator is called with', async () => {
      // lower() is not leakproof, casts raise: row security must have judged the row before.
      await admin.query(
        `create function public.tell(text) returns bool language plpgsql cost 0.0000001 as 'begin raise notice ''%'', $1; return true; end'`,
      );
      const told: string[] = [];
      const admin2 = await database.connect();
      admin2.on('notice', (notice) => told.push(notice.message ?? ''));
      await admin2.query('begin; set local role ringfence_view_support');
      // On the raw path, as one who passes row security by, the function is told every row.
      await admin2.query('reset role');
      await admin2.query('select 1 from customer where public.tell(first_name)');
      expect(told).toHaveLength(59);
      told.length = 0;
      await admin2.query('set local role ringfence_slice_support');
      await admin2.query('select 1 from slice_support.customer where public.tell(first_name)');
      expect(told).toEqual([]);
      await admin2.query('rollback');
      await admin2.end();
    });
  });
});
