import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadChinook } from '../support/chinook.js';
import { describeWithCorpus } from '../support/corpora.js';
import type { TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { type Workplace, workplace } from './support/command-line.js';

interface Result {
  readonly decision: string;
  readonly code: string | null;
  readonly rows: Record<string, unknown>[];
  readonly event: string;
}

describeWithCorpus('chinook', 'the journey on Chinook', () => {
  describeOnServers('from init to remove', (server) => {
    let database: TestDatabase;
    let place: Workplace;
    /** What everybody who could read before reads: it must be the same at every stop. */
    const catalog = (): Promise<unknown[]> =>
      database.query(
        `select c.relname, c.relrowsecurity, coalesce(c.relacl, acldefault('r', c.relowner))::text as rights, (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies
         from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1`,
      );
    let before: unknown[];

    beforeAll(async () => {
      database = await loadChinook(server);
      place = await workplace({ DATABASE_URL: database.url });
      before = await catalog();
    });
    afterAll(async () => {
      await database.drop();
    });

    it('init without a tenant takes the likeliest, and says on both ends that it is not sure', async () => {
      const run = await place.run(['init', '--out', 'likeliest.yaml']);
      expect(run.exit).toBe(0);
      expect(run.stderr).toContain('NOT SURE');
      expect(run.stderr).toContain('--tenant table.column');
      expect(await readFile(place.path('likeliest.yaml'), 'utf8')).toContain(
        '# guess, low: the tenant is told by',
      );
    });

    it('init writes a policy, says what it guessed, and does not overwrite it', async () => {
      const run = await place.run(['init', '--tenant', 'customer.support_rep_id', '--json']);
      expect(run.exit).toBe(0);
      expect(run.json()).toMatchObject({
        policy: 'ringfence.policy.yaml',
        tenancy: 'multi',
        tenant: { column: 'support_rep_id' },
        counts: { throughParent: 2 },
        next: 'ringfence plan',
      });
      const again = await place.run(['init', '--tenant', 'customer.support_rep_id']);
      expect(again.exit).toBe(64);
      expect(again.stderr).toContain('--force');
      expect((await place.run(['init', '--single', '--force', '--out', 'other.yaml'])).exit).toBe(0);
    });

    it('init prints the policy where --out is -, and nothing else on stdout', async () => {
      const run = await place.run(['init', '--tenant', 'customer.support_rep_id', '--out', '-']);
      expect(run.exit).toBe(0);
      expect(run.stdout).toBe(await readFile(place.path('ringfence.policy.yaml'), 'utf8'));
    });

    let digest: string;
    it('plan says what would change, in words and SQL, changes nothing, and ends with 2', async () => {
      const words = await place.run(['plan']);
      expect(words.exit).toBe(2);
      expect(words.stdout).toMatch(/^\+ /m);
      const sql = await place.run(['plan', '--sql']);
      expect(sql.exit).toBe(2);
      for (const line of ['create role "ringfence_slice_viewer"', 'create view "slice_viewer"."customer"']) {
        expect(sql.stdout).toContain(line);
      }
      const plan = (await place.run(['plan', '--json'])).json<{ digest: string; changes: number }>();
      expect(plan.changes).toBeGreaterThan(0);
      expect(words.stdout).toContain(plan.digest);
      digest = plan.digest;
      expect(await catalog()).toEqual(before);
    });

    it('apply refuses a plan that was not the one approved, and leaves no keys behind', async () => {
      const run = await place.run(['apply', '--expect', `sha256:${'0'.repeat(64)}`]);
      expect(run.exit).toBe(6);
      expect(await catalog()).toEqual(before);
      await expect(stat(place.path('.ringfence/keys.json'))).rejects.toThrow();
    });

    it('apply does what was planned, makes keys that only their owner may read, and needs nobody to say yes', async () => {
      const run = await place.run(['apply', '--expect', digest, '--json']);
      expect(run.exit).toBe(0);
      expect(run.json()).toMatchObject({ digest, keys: { made: '.ringfence/keys.json' } });
      expect((await stat(place.path('.ringfence/keys.json'))).mode & 0o777).toBe(0o600);
    });

    it('plan finds nothing to do afterwards and ends with 0, and so does apply', async () => {
      const plan = await place.run(['plan', '--json']);
      expect([plan.exit, plan.json().changes]).toEqual([0, 0]);
      const apply = await place.run(['apply', '--json']);
      expect([apply.exit, apply.json().changes, apply.json().appliedAt]).toEqual([0, 0, null]);
    });

    it('try answers as the hand-written SQL of that tenant does, and calls the rest by its name', async () => {
      const calls = [
        {
          tool: 'query',
          input: { table: 'invoice', columns: ['invoice_id', 'total'], order: ['invoice_id'], limit: 200 },
        },
        { tool: 'aggregate', input: { table: 'customer', metrics: [{ fn: 'count', as: 'customers' }] } },
        { tool: 'query', input: { table: 'invoices' } },
        { tool: 'query', input: { table: 'invoice', where: { support_rep_id: 4 } } },
        { tool: 'drop_table', input: {} },
      ];
      const run = await place.run(['try', '-', '--tenant', '3', '--user', 'ada', '--role', 'viewer'], {
        input: calls.map((call) => JSON.stringify(call)).join('\n'),
      });
      expect(run.exit).toBe(0);
      const [invoices, customers, ...refused] = run.lines<Result>();
      const expected = await database.query(
        `select i.invoice_id, i.total::float8 as total from invoice i join customer c using (customer_id)
         where c.support_rep_id = 3 order by 1 limit 200`,
      );
      expect(expected).not.toHaveLength(0);
      expect(invoices?.rows).toEqual(expected);
      expect(customers?.rows).toEqual(
        await database.query('select count(*)::int as customers from customer where support_rep_id = 3'),
      );
      expect(refused.map(({ decision, code }) => [decision, code])).toEqual([
        ['denied', 'unknown_table'],
        ['denied', expect.any(String)],
        ['denied', 'unknown_tool'],
      ]);
    });

    it('try --dry undoes a write, and says what it would have done', async () => {
      const run = await place.run(['try', '--tenant', '3', '--user', 'ada', '--role', 'editor', '--dry'], {
        input:
          '{"tool":"update","input":{"table":"customer","id":1,"values":{"company":"Changed"}},"reason":"asked to"}\n',
      });
      const [result] = run.lines<Result>();
      expect(result).toMatchObject({ decision: 'allowed', rows: [{ company: 'Changed' }] });
      expect(await database.query(`select company from customer where customer_id = 1`)).not.toEqual([
        { company: 'Changed' },
      ]);
    });

    it('audit show has every call, denied ones too, and finds them by tenant, user and decision', async () => {
      const all = (await place.run(['audit', 'show', '--tenant', '3', '--user', 'ada', '--json'])).lines();
      expect(all).toHaveLength(6);
      expect(all[0]).toMatchObject({
        tenant: '3',
        event: { action: 'update', dry: true },
        boundary: { actor_kind: 'operator' },
      });
      const denied = (await place.run(['audit', 'show', '--decision', 'denied', '--json'])).lines();
      expect(denied).toHaveLength(3);
      expect((await place.run(['audit', 'show', '--tenant', '4', '--json'])).stdout).toBe('');
      const table = await place.run(['audit', 'show', '--limit', '2']);
      expect(table.stdout.trimEnd().split('\n')).toHaveLength(3);
    });

    it('audit verify puts pending events into their chain, and finds it intact', async () => {
      const run = await place.run(['audit', 'verify', '--json']);
      expect(run.exit).toBe(0);
      expect(run.json()).toMatchObject({
        intact: true,
        events: 6,
        pending: false,
        streams: [
          { log: 'operator', verdict: 'intact' },
          { tenant: '3', verdict: 'intact' },
        ],
      });
    });

    it('remove does not throw events away unasked, and then leaves the database as it was', async () => {
      const refused = await place.run(['remove']);
      expect(refused.exit).toBe(5);
      expect(refused.stderr).toContain('--drop-ledger');
      const removed = await place.run(['remove', '--drop-ledger', '--json']);
      expect(removed.exit).toBe(0);
      expect(await catalog()).toEqual(before);
      expect(
        await database.query(`select nspname from pg_namespace where nspname ~ '^(ringfence|slice_|scope_)'`),
      ).toEqual([]);
      const again = await place.run(['remove']);
      expect([again.exit, again.stdout]).toEqual([
        0,
        'Nothing to remove: Ringfence is not in this database.\n',
      ]);
    });
  });
});
