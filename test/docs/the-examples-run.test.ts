/** The calls, the SQL and the script of the pages, run as they stand there. */
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { trustedPrincipal } from '../../src/boundary/principal.js';
import { within } from '../../src/boundary/propagation.js';
import { snapshotOf } from '../../src/boundary/snapshot.js';
import type { Allowed } from '../../src/tools/decision.js';
import { describeOnServers } from '../support/test-server.js';
import { uniqueName } from '../support/unique-name.js';
import { readMade } from './support/catalog.js';
import { blocksOf, checkout, codeSpans, onlyBlock, readPage, section, tableRows } from './support/pages.js';
import { FABRIKAM, JANE, makeShop, type Shop } from './support/shop.js';

describeOnServers('the pages', (server) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await makeShop(server);
  });
  afterAll(async () => {
    await shop?.close();
    await shop?.database.drop();
  });

  it('show calls that are answered as they say', async () => {
    const blocks = blocksOf([readPage('docs/tools.md'), readPage('docs/cli.md')], ['jsonl']);
    let calls = 0;
    for (const { page, line, text } of blocks) {
      const lines = text.split('\n').map((one) => JSON.parse(one) as Record<string, unknown>);
      for (const [at, { tool, input, reason }] of lines.entries()) {
        if (tool === undefined) continue;
        calls++;
        const answer = await shop.call(
          { ...JANE },
          String(tool),
          input,
          reason === undefined ? {} : { reason: String(reason) },
        );
        const next = lines[at + 1];
        const expected = next !== undefined && 'decision' in next ? next : { decision: 'allowed' };
        expect(answer, `${page}:${line + at}`).toMatchObject(expected);
      }
    }
    expect(calls).toBeGreaterThan(25);
  });

  it('show conditions that are one', async () => {
    const where = JSON.parse(blocksOf([readPage('docs/tools.md')], ['json'])[0]?.text ?? '');
    expect(await shop.call({ ...JANE }, 'query', { table: 'invoice', where })).toMatchObject({
      decision: 'allowed',
      rows: [],
    });
  });

  it('leave nothing of another tenant, and nothing hidden, in any answer', async () => {
    for (const table of ['organization', 'customer', 'invoice', 'invoice_line', 'desk_note', 'country']) {
      const answer = await shop.call({ ...JANE }, 'query', { table });
      expect(answer).toMatchObject({ decision: 'allowed' });
      expect(JSON.stringify((answer as Allowed).rows)).not.toMatch(
        /Grace|Contoso|Boat|theirs|900|secret-|Emmy/,
      );
    }
  });

  it('show memberships from which a boundary and a job come', async () => {
    await shop.database.query(onlyBlock(readPage('docs/boundary.md'), 'sql', 'run=applied').text);
    const principal = trustedPrincipal({ user: 'jane' });
    const boundary = await shop.ringfence.boundaryFor(principal, { actor: { kind: 'agent', id: 'desk' } });
    expect(boundary).toMatchObject({ tenant: FABRIKAM, workspace: 'front', role: 'support', plan: 'pro' });
    const snapshot: unknown = JSON.parse(JSON.stringify(snapshotOf(boundary)));
    const again = await shop.ringfence.reloadBoundary(snapshot);
    expect(again).toMatchObject({ tenant: FABRIKAM, runId: boundary.runId, expiresAt: boundary.expiresAt });
    expect(await within(again, () => shop.ringfence.call('get', { table: 'customer', id: 1 }))).toMatchObject(
      { decision: 'allowed' },
    );
    await shop.database.query(`delete from ringfence.membership where user_id = 'jane'`);
    await expect(shop.ringfence.reloadBoundary(snapshot)).rejects.toMatchObject({ code: 'boundary_invalid' });
  });

  it('show queries for the operator that run', async () => {
    const { text } = onlyBlock(readPage('docs/operations.md'), 'sql', 'run=admin');
    const [pending, logins, members, refreshes] = text.split(/;\n+/).filter((one) => one.trim() !== '');
    expect(await shop.database.query(pending ?? '')).toHaveLength(1);
    expect((await shop.database.query(logins ?? '')).length).toBeGreaterThan(0);
    expect((await shop.database.query(members ?? '')).map((row) => row.of_role)).toContain(
      'ringfence_slice_support',
    );
    expect(await shop.database.query(refreshes ?? '')).toEqual([]);
  });

  it('show a script that verifies the ledger, and notices when it was changed', async () => {
    await shop.call({ ...JANE }, 'query', { table: 'invoice' });
    await shop.ringfence.sequence();
    const auditor = await shop.database.createLogin({ sql: 'grant ringfence_auditor to $login' });
    const directory = join(inject('runDirectory'), uniqueName('by-hand'));
    await mkdir(directory);
    await symlink(join(checkout, 'node_modules'), join(directory, 'node_modules'));
    await writeFile(join(directory, 'verify.mjs'), onlyBlock(readPage('docs/ledger.md'), 'js', 'run').text);
    const run = async (): Promise<{ exit: number | null; said: string }> => {
      const child = spawn(process.execPath, ['verify.mjs'], {
        cwd: directory,
        env: { PATH: process.env.PATH, AUDITOR_URL: shop.database.urlFor(auditor) },
      });
      let said = '';
      child.stdout.on('data', (part) => (said += String(part)));
      child.stderr.on('data', (part) => (said += String(part)));
      return await new Promise((resolve) => child.once('close', (exit) => resolve({ exit, said })));
    };
    const before = await run();
    expect(before.said).toMatch(/^(operator \d+ intact\n)?t_[0-9a-f]{32} \d+ intact\n$/);
    const client = await shop.database.connect();
    await client.query(`begin; set local session_replication_role = replica; alter table ringfence.leaf disable trigger append_only;
      update ringfence.leaf set leaf = set_byte(leaf, 5, 65) where seq = 2; alter table ringfence.leaf enable always trigger append_only; commit`);
    const after = await run();
    expect(after.said).toMatch(/is broken|does not end at its head/);
    expect(after.said).not.toMatch(/^t_.* intact/m);
  });

  it('say what pseudonyms are made of', async () => {
    const digits = (...parts: string[]): string =>
      createHmac('sha256', shop.keys.ledgerKey).update(JSON.stringify(parts)).digest('hex').slice(0, 32);
    const [stream] = await shop.database.query<{ log: string }>(
      'select log from ringfence.stream where tenant = $1',
      [FABRIKAM],
    );
    expect(stream?.log).toBe(`t_${digits('log', FABRIKAM)}`);
    const [leaf] = await shop.database.query<{ boundary: { subject: string } }>(
      `select convert_from(leaf, 'UTF8')::json -> 'boundary' as boundary from ringfence.leaf where seq = 1`,
    );
    expect(leaf?.boundary.subject).toBe(`u_${digits('subject', FABRIKAM, 'jane')}`);
    const made = tableRows(section(readPage('docs/ledger.md'), 'Pseudonyms and commitments')).map(
      ([name = '']) => codeSpans(name)[0],
    );
    expect(made).toEqual(['t_…', 'x_…', 'u_…', 'q_…', 'input_commitment']);
  });

  it('tell of every member that a leaf has', async () => {
    const page = readPage('docs/ledger.md');
    const told = (heading: string): string[] =>
      tableRows(section(page, heading)).flatMap(([cell = '']) => codeSpans(cell));
    const leaves = await shop.database.query<{ leaf: Record<string, object> }>(
      `select convert_from(leaf, 'UTF8')::json as leaf from ringfence.leaf where seq <> 2`,
    );
    const members = (of: (leaf: Record<string, object>) => object): string[] => [
      ...new Set(leaves.flatMap(({ leaf }) => Object.keys(of(leaf)))),
    ];
    expect(leaves.length).toBeGreaterThan(20);
    expect(told('A leaf')).toEqual(expect.arrayContaining(members((leaf) => leaf)));
    expect(told('`boundary`')).toEqual(expect.arrayContaining(members((leaf) => leaf.boundary ?? {})));
    expect(told('`event`')).toEqual(expect.arrayContaining(members((leaf) => leaf.event ?? {})));
  });

  it('tell of every role, table, function and policy that is made', async () => {
    const page = readPage('docs/database.md');
    const made = await readMade(shop.database);
    const cells = (heading: string, at = 0): string[] =>
      tableRows(section(page, heading)).flatMap((row) => codeSpans(row[at] ?? ''));
    const general = (names: readonly string[]): string[] =>
      [...new Set(names.map((name) => name.replaceAll(/support|finance/g, '<role>')))].sort();
    expect(general(made.roles)).toEqual(cells('Roles').sort());
    expect(general(made.schemas)).toEqual(cells('Schemas').sort());
    expect(made.tables).toEqual(cells('Tables in schema `ringfence`').sort());
    expect(made.functions.map(({ signature }) => signature).sort()).toEqual(
      cells('Functions in schema `ringfence`').sort(),
    );
    const kinds = cells('Row-level security').map((name) => name.replace(/:<role>$/, ''));
    for (const policy of general(made.policies)) expect(kinds).toContain(policy.replace(/:.*$/, ''));
  });

  it('tell truly who may call which function', async () => {
    const rows = tableRows(section(readPage('docs/database.md'), 'Functions in schema `ringfence`'));
    const { functions } = await readMade(shop.database);
    for (const [signatures = '', who = ''] of rows) {
      for (const signature of codeSpans(signatures)) {
        const found = functions.find((one) => one.signature === signature);
        expect(found?.gateway, `${signature} for the gateway`).toBe(who.split(', ').includes('gateway'));
        expect(found?.auditor, `${signature} for the auditor`).toBe(who.split(', ').includes('auditor'));
        expect(found?.slice, `${signature} for a slice role`).toBe(who.startsWith('slice'));
        expect(found?.anybody, `${signature} for anybody`).toBe(false);
      }
    }
  });

  it('say truly which operators an index may serve under row security', async () => {
    const leakproof = async (type: string, operator: string): Promise<boolean> => {
      const [row] = await shop.database.query<{ leakproof: boolean }>(
        `select p.proleakproof as leakproof from pg_operator o join pg_proc p on p.oid = o.oprcode
         where o.oprname = $1 and o.oprleft = $2::regtype and o.oprright = $2::regtype`,
        [operator, type],
      );
      if (row === undefined) throw new Error(`there is no ${type} ${operator}`);
      return row.leakproof;
    };
    for (const type of ['int4', 'int8', 'text', 'uuid', 'date', 'timestamptz', 'bool'])
      for (const operator of ['=', '<'])
        expect(await leakproof(type, operator), `${type} ${operator}`).toBe(true);
    expect(await leakproof('text', '^@')).toBe(true);
    for (const [type, operator] of [
      ['numeric', '='],
      ['anyenum', '='],
      ['jsonb', '@>'],
      ['anyarray', '='],
      ['anyrange', '&&'],
      ['text', '~~'],
    ] as const)
      expect(await leakproof(type, operator), `${type} ${operator}`).toBe(false);
  });
});
