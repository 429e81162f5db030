/** What people are shown of a request, what is kept of it, and what the ledger has. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { visibleText, visibleThroughout } from '../../src/approvals/visible-text.js';
import { embeddedServer } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';

describe('text that people are shown', () => {
  it('has every control, bidirectional and invisible character written out', () => {
    for (const code of [
      0x00, 0x08, 0x0a, 0x1b, 0x7f, 0x85, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180e, 0x2000,
      0x200b, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x202f, 0x2060, 0x2066, 0x2069, 0x2800,
      0x3000, 0x3164, 0xe000, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0x1d173, 0xe0001, 0xe0041, 0xe0100, 0x10ffff,
    ]) {
      const shown = visibleText(`a${String.fromCodePoint(code)}b`);
      expect(shown).toBe(`a‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›b`);
    }
  });
  it('is as it was where nothing hides in it', () => {
    for (const text of ['Grüße, 東京, Привет, שלום, नमस्ते', 'a  b', '£5 – “so”', '👍'])
      expect(visibleText(text)).toBe(text);
  });
  it('is looked at in keys and lists as well', () => {
    expect(visibleThroughout({ 'k\u202e': ['\u200b', 1, null, { a: true }] })).toEqual({
      'k‹U+202E›': ['‹U+200B›', 1, null, { a: true }],
    });
  });
});

describe('a request', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(embeddedServer);
  });
  afterAll(() => desk?.close());

  it('is kept as it came, shown with nothing hidden, and its input is gone once it has ended', async () => {
    const { approvals } = desk.governed.ringfence;
    const note = 'pay 10\u202e005 \u200bnow\u0000';
    const input = { table: 'invoice', id: 1, values: { total: 2, note }, reason: 'be\u2066cause' };
    // A text with U+0000 is no text of PostgreSQL's, and refused before anybody is asked.
    expect((await desk.call('update', input)).decision).toBe('denied');
    input.values.note = 'pay 10\u202e005 \u200bnow';
    const { approval, event, expiresAt } = await desk.pending('update', input);
    const shown = await desk.person(() => approvals.show(approval));
    expect(shown).toMatchObject({
      id: approval,
      state: 'pending',
      rule: 'totals',
      tool: 'update',
      input: { values: { total: 2, note: 'pay 10‹U+202E›005 ‹U+200B›now' }, reason: 'be‹U+2066›cause' },
      requester: { user: 'ada', role: 'support', workspace: null, actor: { kind: 'agent', id: 'desk' } },
      approvers: ['finance'],
      cosigners: 1,
      words: [],
      decidable: true,
      expiresAt,
      settledAt: null,
    });
    expect(await desk.person(() => approvals.list({ state: 'pending' }))).toEqual([shown]);
    expect(await desk.person(() => approvals.list({ state: 'denied' }))).toEqual([]);
    const kept = await desk.database.query<{ input: string }>('select input from ringfence.approval');
    expect(kept.map((row) => JSON.parse(row.input))).toEqual([input]);

    await desk.approve(approval);
    expect(await desk.call('update', input)).toMatchObject({
      decision: 'allowed',
      rows: [{ note: 'pay 10\u202e005 \u200bnow' }],
    });
    const after = await desk.person(() => approvals.show(approval));
    expect(after).toMatchObject({
      state: 'executed',
      input: null,
      decidable: false,
      words: [{ verdict: 'approve', user: 'fin', role: 'finance', reason: 'fine' }],
    });
    expect(event).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is in the ledger from end to end, by its id and digest, with no word of its input', async () => {
    const input = { table: 'invoice', id: 2, values: { total: 31_337, note: 'canary-in-the-input' } };
    const { approval } = await desk.pending('update', input);
    await desk.approve(approval);
    await desk.call('update', input);
    await desk.governed.ringfence.sequence();
    const rows = await desk.database.query<{ leaf: string }>(
      `select convert_from(leaf, 'UTF8') as leaf from ringfence.leaf where leaf::text is not null order by seq`,
    );
    const about = rows
      .map(({ leaf }) => JSON.parse(leaf))
      .filter(({ event }) => event.approvals?.some(({ id }: { id: string }) => id === approval));
    expect(about.map(({ event }) => [event.action, event.decision.effect, event.decision.rule])).toEqual([
      ['update', 'pending', 'approvals.totals'],
      ['approval.approve', 'allowed', 'approvals.totals.approvers'],
      ['update', 'allowed', 'roles.support.tools.update'],
    ]);
    const [asked, approved] = about;
    expect(approved.boundary).toMatchObject({ role: 'finance', actor_kind: 'user' });
    expect(approved.boundary.subject).toMatch(/^u_[0-9a-f]{32}$/);
    expect(approved.boundary.subject).not.toBe(asked.boundary.subject);
    expect(approved.event.reason).toBe('fine');
    expect(new Set(about.map(({ event }) => event.approvals[0].digest)).size).toBe(1);
    for (const { leaf } of rows) expect(leaf).not.toMatch(/canary-in-the-input|31337/);
  });
});
