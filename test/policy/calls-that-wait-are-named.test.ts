/** `approvals`: which calls wait for people. A rule names what there is, and can match. */
import { describe, expect, it } from 'vitest';
import { rulesFor } from '../../src/approvals/matching.js';
import { compilePolicy } from '../../src/policy/compile.js';
import type { CompiledPolicy } from '../../src/policy/compiled.js';
import { parsePolicy } from '../../src/policy/file.js';
import { catalog, table } from './support/catalog.js';

const database = catalog(
  table('invoice', {
    columns: { id: 'int', org: 'text', total: 'numeric', note: 'text' },
    primaryKey: ['id'],
  }),
  table('customer', { columns: { id: 'int', org: 'text', name: 'text' }, primaryKey: ['id'] }),
  table('elsewhere', { columns: { id: 'int' }, primaryKey: ['id'] }),
);

const compiled = (rules: string): CompiledPolicy =>
  compilePolicy(
    parsePolicy(
      `version: 1
preset: development
tables: { invoice: { as: bill, tenant: { column: org } }, customer: { tenant: { column: org } } }
tools: { refund: { effect: write, risk: high }, mail: { effect: external, risk: medium }, peek: { effect: read } }
roles:
  support:
    tools: [query, create, update, delete, refund, mail, peek]
    tables: { bill: { update: [total, note], delete: true }, customer: { create: [name] } }
  reader: { tools: [query], tables: { customer: {} } }
  finance: { tools: [query], tables: {} }
approvals:
${rules}`,
      { filename: 'p.yaml' },
    ),
    database,
  );
const complaints = (rule: string): readonly string[] => {
  try {
    compiled(`  r: { approvers: { roles: [finance] }, ${rule} }`);
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.replace(/^p\.yaml:12:\d+ {2}/, ''));
  }
  return [];
};
const matched = (
  rule: string,
  tool: string,
  written: { table: string; columns: readonly string[] | null } | null = null,
  role = 'support',
): boolean =>
  rulesFor(compiled(`  r: { approvers: { roles: [finance] }${rule} }`).approvals, { tool, role, written })
    .length > 0;

describe('a rule of which calls wait', () => {
  it('is about everything that changes something, where it says no more', () => {
    const calls = ['create', 'update', 'delete', 'refund', 'mail'];
    for (const tool of calls) expect(matched('', tool), tool).toBe(true);
    for (const tool of ['query', 'get', 'sql', 'describe_schema', 'peek'])
      expect(matched('', tool), tool).toBe(false);
  });

  it('is narrowed by tools, tables, columns, roles and risk, and by all of them that it gives', () => {
    const total = { table: 'bill', columns: ['total'] };
    const note = { table: 'bill', columns: ['note'] };
    const gone = { table: 'bill', columns: null };
    const name = { table: 'customer', columns: ['name'] };
    expect(matched(', tools: [peek]', 'peek')).toBe(true);
    expect(matched(', tools: [update]', 'delete', gone)).toBe(false);
    for (const [rule, ...expected] of [
      [', tables: [invoice]', true, true, true, false],
      [', columns: [bill.total]', true, false, true, false],
      [', columns: [invoice.total, customer.name]', true, false, true, true],
      [', tables: [customer]', false, false, false, true],
      [', tools: [update], tables: [bill], columns: [bill.note]', false, true, false, false],
    ] as const)
      expect(
        [
          matched(rule, 'update', total),
          matched(rule, 'update', note),
          matched(rule, 'delete', gone),
          matched(rule, 'create', name),
        ],
        rule,
      ).toEqual(expected);
    expect(matched(', tables: [bill]', 'refund')).toBe(false);
    expect(matched(', roles: [support]', 'refund')).toBe(true);
    expect(matched(', roles: [support]', 'refund', null, 'reader')).toBe(false);
    expect([
      matched(', risk: medium', 'refund'),
      matched(', risk: medium', 'mail'),
      matched(', risk: medium', 'peek'),
    ]).toEqual([true, true, false]);
    expect([
      matched(', risk: high', 'mail'),
      matched(', risk: low', 'peek'),
      matched(', risk: low', 'update', total),
    ]).toEqual([false, true, false]);
  });

  it('asks one person within an hour unless it says otherwise', () => {
    expect(compiled('  r: { approvers: { roles: [finance] } }').approvals[0]).toMatchObject({
      cosigners: 1,
      minutes: 60,
    });
  });

  it.each([
    ['tools: [updte]', 'approvals.r.tools[0]  there is no tool updte (did you mean update?)'],
    [
      'tools: [query]',
      'approvals.r.tools[0]  query only reads, and reading waits for nobody (narrow what the role reads instead)',
    ],
    [
      'tools: [refund], tables: [bill]',
      'approvals.r.tools[0]  which rows refund writes is not known before it runs: tables and columns are of create, update and delete (name it in a rule without tables and columns)',
    ],
    [
      'tools: [mail], risk: high',
      'approvals.r.tools[0]  mail has less risk than the rule is about (leave out one of the two)',
    ],
    [
      'tools: [update], risk: high',
      'approvals.r.tools[0]  update has no risk of its own (leave out one of the two)',
    ],
    [
      'tables: [bill], risk: high',
      'approvals.r.risk  is of the product’s own tools, and tables and columns are of create, update and delete (make two rules of it)',
    ],
    [
      'tables: [invoic]',
      'approvals.r.tables[0]  the database has no table invoic in schema public (did you mean invoice?)',
    ],
    [
      'tables: [elsewhere]',
      'approvals.r.tables[0]  elsewhere has no tenancy in this policy, so no role may write it',
    ],
    [
      'columns: [bill.totl]',
      'approvals.r.columns[0]  public.invoice has no column totl (did you mean total?)',
    ],
    ['columns: [total]', 'approvals.r.columns[0]  expected table.column'],
    [
      'columns: [elsewhere.id]',
      'approvals.r.columns[0]  the table of elsewhere.id has no tenancy in this policy, so no role may write it',
    ],
    [
      'tables: [customer], columns: [bill.total]',
      'approvals.r.columns[0]  bill.total is of a table that the rule does not name',
    ],
    ['roles: [suport]', 'approvals.r.roles[0]  there is no role suport (did you mean support?)'],
    [
      'roles: [reader]',
      'approvals.r  no call can ever match: no role that it is about may do what it names (see the roles’ tools and what they may write, or take the rule out)',
    ],
    [
      'tools: [create], tables: [bill]',
      'approvals.r  no call can ever match: no role that it is about may do what it names (see the roles’ tools and what they may write, or take the rule out)',
    ],
    [
      'columns: [customer.org]',
      'approvals.r  no call can ever match: no role that it is about may do what it names (see the roles’ tools and what they may write, or take the rule out)',
    ],
    ['cosigner: 2', 'approvals.r.cosigner  unknown key cosigner (did you mean cosigners?)'],
    ['cosigners: 0', 'approvals.r.cosigners  expected at least 1'],
    ['minutes: 20000', 'approvals.r.minutes  expected at most 10080'],
    ['tools: []', 'approvals.r.tools  names nothing'],
  ])('is complained of where it says %s', (rule, complaint) => {
    expect(complaints(rule)).toEqual([complaint]);
  });

  it('names approvers that there are', () => {
    expect(() => compiled('  r: { approvers: { roles: [finanse] } }')).toThrow(
      /there is no role finanse \(did you mean finance\?\)/,
    );
    expect(() => compiled('  r: { tools: [update] }')).toThrow(/approvers {2}is missing/);
    expect(() => compiled('  Bad-Name: { approvers: { roles: [finance] } }')).toThrow(
      /a rule is named in lower-case letters/,
    );
  });

  it('is part of the hash, and has a digest of its own by what it says', () => {
    const one = compiled('  r: { approvers: { roles: [finance, support] }, tools: [update, delete] }');
    const same = compiled(
      '  r: { tools: [delete, update], approvers: { roles: [support, finance] }, minutes: 60, cosigners: 1 }',
    );
    const other = compiled(
      '  r: { tools: [delete, update], approvers: { roles: [support, finance] }, cosigners: 2 }',
    );
    expect([same.hash, same.approvals[0]?.digest]).toEqual([one.hash, one.approvals[0]?.digest]);
    expect(other.hash).not.toBe(one.hash);
    expect(other.approvals[0]?.digest).not.toBe(one.approvals[0]?.digest);
  });
});
