/** What `ringfence coverage` says: of each table, of each role, in total; and that the same database gives the same report. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectAdministrator } from '../../src/database/administrator.js';
import { parsePolicy } from '../../src/policy/file.js';
import { coverage } from '../../src/probes/coverage/coverage.js';
import { coverageMarkdown } from '../../src/probes/coverage/markdown.js';
import type { CoverageReport } from '../../src/probes/coverage/report.js';
import { createDatabase, type Login, type TestDatabase } from '../support/database.js';
import { govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { uniqueName } from '../support/unique-name.js';

const NOW = new Date('2027-01-02T03:04:05Z');

const SCHEMA = `
create table tenant (id int primary key, name text not null);
create table invoice (tenant_id int not null references tenant, id int not null, total int, primary key (tenant_id, id), unique (id));
create table invoice_line (invoice_id int not null references invoice (id), no int not null, primary key (invoice_id, no));
create table country (code text primary key, name text not null);
create table memo (tenant_id int not null references tenant, id int not null, body text, primary key (tenant_id, id));
create table scratch (body text);
create table reading (tenant_id int not null references tenant, day date not null, primary key (tenant_id, day)) partition by range (day);
create table reading_2027 partition of reading for values from ('2027-01-01') to ('2028-01-01');
create table reading_open partition of reading for values from ('2028-01-01') to ('2029-01-01');
create materialized view invoice_total as select tenant_id, sum(total) from invoice group by 1;
create materialized view hidden_total as select tenant_id, sum(total) from invoice group by 1;
alter table tenant enable row level security;
alter table invoice enable row level security;
alter table invoice_line enable row level security;
alter table reading enable row level security;
create policy own on tenant using (id = (select current_setting('app.tenant')::int));
create policy own on invoice using (tenant_id = (select current_setting('app.tenant')::int));
create policy own on invoice_line using (invoice_id in (select i.id from invoice i where i.tenant_id = (select current_setting('app.tenant')::int)));
create policy own on reading using (tenant_id = (select current_setting('app.tenant')::int));
`;

const POLICY = `
version: 1
preset: development
owners: { tenant: platform-team }
tables:
  tenant: { tenant: { column: id } }
  invoice: { tenant: { column: tenant_id } }
  invoice_line: { tenant: { via: invoice } }
  country: { tenant: shared }
roles:
  support: { tables: { invoice: {}, invoice_line: {}, country: {} } }
`;

describeOnServers('coverage', (server) => {
  let database: TestDatabase;
  let app: Login;
  let auditor: Login;
  let owner: Login;
  let keeper: string;
  let report: CoverageReport;

  const read = async (policy?: string): Promise<CoverageReport> => {
    const administrator = await connectAdministrator(database.url);
    try {
      return await coverage(administrator, {
        now: NOW,
        ...(policy === undefined ? {} : { policy: parsePolicy(policy) }),
      });
    } finally {
      await administrator.close();
    }
  };
  const tableIn = (of: CoverageReport, name: string) => of.tables.find((table) => table.name === name);
  const of = (name: string) => tableIn(report, name);
  const bypassesOf = (login: Login) =>
    report.bypasses.filter(({ role }) => role === login.name).map(({ reason, tables }) => [reason, tables]);

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SCHEMA });
    app = await database.createLogin({
      prefix: 'app',
      sql: `grant select, insert, update, delete on tenant, invoice, invoice_line, memo, country, reading, reading_open, scratch to $login;
        grant select on invoice_total to $login`,
    });
    auditor = await database.createLogin({
      prefix: 'auditor',
      sql: 'grant select on invoice to $login; create policy all_rows on invoice for select to $login using (true)',
    });
    owner = await database.createLogin({
      prefix: 'owner',
      sql: 'alter table reading owner to $login; alter table reading_2027 owner to $login',
    });
    await database.query(
      `create table closed (tenant_id int not null references tenant, primary key (tenant_id))`,
    );
    keeper = uniqueName('keeper');
    await database.query(`create role ${keeper} nologin; alter table closed owner to ${keeper}`);
    report = await read();
  });
  afterAll(() => database.drop());

  it('tells a table by its own row security, its parent’s, the application’s care, and nobody’s', () => {
    const standings = Object.fromEntries(report.tables.map(({ name, standing }) => [name, standing]));
    expect(standings).toEqual({
      tenant: 'protected',
      invoice: 'protected',
      invoice_line: 'through_parent',
      country: 'shared',
      memo: 'application',
      scratch: 'unprotected',
      reading: 'protected',
      reading_2027: 'through_parent',
      reading_open: 'application',
      invoice_total: 'application',
      hidden_total: 'application',
      closed: 'protected',
    });
    expect(of('invoice_line')?.tenant).toBe('invoice_id → public.invoice');
  });

  it('counts what is held out of what should be, and says what it counted', () => {
    // tenant, invoice, invoice_line, reading, closed; not memo, scratch, the two totals, reading_open.
    expect(report.coverage).toMatchObject({ held: 5, of: 10, percent: 50 });
    expect(report.coverage.definition).toMatch(/out of all tables.*not shared/);
    expect(report.totals).toMatchObject({
      tables: 12,
      protected: 4,
      shared: 1,
      application: 4,
      unprotected: 1,
    });
  });

  it('lists each login that is not bound, where, and why', () => {
    expect(bypassesOf(auditor)).toEqual([['permissive policy', ['public.invoice']]]);
    expect(bypassesOf(owner)).toEqual([
      ['owner', ['public.reading_2027']],
      ['owner', ['public.reading']],
    ]);
    expect(bypassesOf(app)).toEqual([]);
    expect(report.bypasses[0]).toMatchObject({ reason: 'superuser', tables: null });
    expect(of('invoice')).toMatchObject({ bound: [app.name], unbound: [auditor.name] });
  });

  it('finds the way by which a login can become a role that nothing binds', async () => {
    const group = await database.createLogin({ prefix: 'group' });
    const member = await database.createLogin({ prefix: 'member', sql: `grant ${group.name} to $login` });
    await database.query(`alter role ${group.name} bypassrls`);
    const { bypasses } = await read();
    await database.query(`alter role ${group.name} nobypassrls`);
    expect(bypasses).toContainEqual(expect.objectContaining({ role: group.name, reason: 'bypassrls' }));
    expect(bypasses).toContainEqual({
      role: member.name,
      login: true,
      reason: 'membership',
      why: `it can become ${group.name}: ${member.name} → ${group.name}`,
      tables: null,
    });
  });

  it('says who decided, as the policy has it', async () => {
    const governed = await read(POLICY);
    expect(report.tables.every(({ decidedBy }) => decidedBy === 'nobody: no policy')).toBe(true);
    expect(tableIn(governed, 'invoice')?.decidedBy).toBe('platform-team');
    expect(tableIn(governed, 'memo')?.decidedBy).toBe('nobody: not in the policy');
    expect(governed.policyHash).toMatch(/^sha256:/);
    expect(governed.tenancy).toMatchObject({ source: 'policy', confidence: 'certain' });
  });

  it('is the same for the same database, as Markdown too', async () => {
    expect(await read()).toEqual(report);
    const text = coverageMarkdown(report);
    expect(text).toBe(coverageMarkdown(await read()));
    expect(text).toContain('| Read at | 2027-01-02T03:04:05.000Z |');
    expect(text).toContain('**50 %** (5 of 10)');
    expect(text.split('\n').filter((line) => line.startsWith('| <code>public.'))).toHaveLength(12);
  });

  it('keeps a report in one piece whatever a table is called', async () => {
    await database.query('create table "a|b\n`<i>" (tenant_id int not null references tenant)');
    const lines = coverageMarkdown(await read()).split('\n');
    await database.query('drop table "a|b\n`<i>"');
    const row = lines.find((line) => line.includes('a&#124;b·&#96;&lt;i>'));
    expect(row?.split(' | ')).toHaveLength(7);
  });

  describe('after apply', () => {
    it('counts what was left where it was as a bypass, and Ringfence’s own roles as bound', async () => {
      const policy = POLICY.replace(
        '  country:',
        '  memo: { tenant: { column: tenant_id } }\n  country:',
      ).replace('invoice_line: {},', 'invoice_line: {}, memo: {},');
      await (await govern(database, policy)).close();
      const governed = await read(policy);
      expect(tableIn(governed, 'invoice')?.standing).toBe('protected');
      // Its row security is Ringfence's, and leaves the product's login where it was.
      expect(tableIn(governed, 'memo')).toMatchObject({ standing: 'protected', unbound: [app.name] });
      expect(governed.bypasses).toContainEqual(
        expect.objectContaining({ role: app.name, reason: 'pass-through', tables: ['public.memo'] }),
      );
      expect(governed.appliedHash).toBe(governed.policyHash);
      expect(governed.bypasses.some(({ role }) => role.startsWith('ringfence_'))).toBe(false);
    });
  });
});
