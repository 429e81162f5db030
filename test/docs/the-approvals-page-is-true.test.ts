/** What `docs/approvals.md` says, held against the schema, the codes and a call that waits. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { within } from '../../src/boundary/propagation.js';
import { embeddedServer } from '../support/test-server.js';
import { checkout, codeSpans, onlyBlock, readPage, section, tableRows } from './support/pages.js';
import { FABRIKAM, makeShop, type Shop } from './support/shop.js';

const page = readPage('docs/approvals.md');
const json = <T>(info: string): T => JSON.parse(onlyBlock(page, 'json', info).text) as T;

let shop: Shop;
beforeAll(async () => {
  shop = await makeShop(embeddedServer);
});
afterAll(async () => {
  await shop?.close();
  await shop?.database.drop();
});

describe('docs/approvals.md', () => {
  it('shows the rules of the policy that its examples are against', () => {
    const complete = parse(onlyBlock(readPage('docs/policy.md'), 'yaml', 'complete').text);
    expect(parse(onlyBlock(page, 'yaml', 'rule').text)).toEqual({ approvals: complete.approvals });
  });

  it('tells of every field of a rule', () => {
    const { properties } = JSON.parse(readFileSync(join(checkout, 'schema/policy.schema.json'), 'utf8'));
    const fields = Object.keys(properties.approvals.additionalProperties.properties);
    const told = tableRows(section(page, 'A rule')).map(([cell = '']) => codeSpans(cell)[0]);
    expect(told.sort()).toEqual(fields.sort());
  });

  it('tells of every code of an approval', () => {
    const errors = readFileSync(join(checkout, 'src/errors.ts'), 'utf8');
    const codes = [...errors.matchAll(/'(approval_[a-z]+)'/g)].map(([, code = '']) => code);
    const told = ['What an agent is told', 'Deciding'].flatMap((heading) =>
      tableRows(section(page, heading)).flatMap(([cell = '']) => codeSpans(cell)),
    );
    expect(told.filter((code) => code.startsWith('approval_')).sort()).toEqual(codes.sort());
  });

  it('goes as it says', async () => {
    const { ringfence } = shop;
    const as = <T>(user: string, kind: 'agent' | 'user', work: () => Promise<T>): Promise<T> =>
      within(shop.boundary({ tenant: FABRIKAM, user, role: 'finance', actor: { kind, id: 'desk' } }), work);
    const { tool, input } = json<{ tool: string; input: unknown }>('call');
    const call = () => as('flo', 'agent', () => ringfence.call(tool, input));
    const pending = await call();
    expect(pending).toMatchObject(json<object>('pending'));
    if (pending.decision !== 'pending') throw new Error('not pending');
    const denied = json<{ reason: string }>('denied');
    const [, reason = ''] = /"(.+)"/.exec(denied.reason) ?? [];
    expect(page.text).toContain(`reason: '${reason}'`);
    await as('fin', 'user', () => ringfence.approvals.deny(pending.approval, { reason }));
    expect(await call()).toMatchObject(denied);
  });
});
