/** Inputs that no honest caller sends. Whatever comes in, the gate answers with a decision, and the decision is in the ledger. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';
import { DENTAL } from './support/desk-schema.js';

const reason = 'asked to';

function nested(depth: number, key: string, innermost: unknown): unknown {
  let value = innermost;
  for (let at = 0; at < depth; at += 1) value = { [key]: value };
  return value;
}

function nestedList(depth: number): unknown {
  let value: unknown = [];
  for (let at = 0; at < depth; at += 1) value = [value];
  return value;
}

const circular: Record<string, unknown> = { table: 'ticket' };
circular.where = circular;

const WHERES: Readonly<Record<string, unknown>> = {
  'nested deep': nested(50_000, 'not', { id: 1 }),
  'related deep': nested(2_000, 'has', { contact: {} }),
  'a deep list': { id: nestedList(50_000) },
  'many alternatives': { or: Array.from({ length: 50_000 }, (_, id) => ({ id })) },
  'many values': { id: { in: Array.from({ length: 100_000 }, (_, id) => id) } },
  'a long text': { subject: { contains: 'x'.repeat(2_000_000) } },
  'a NUL': { subject: 'a\0b' },
  'half a character': { subject: '\ud800' },
  'other characters': { subject: '\u202e\u0000\uffff\u{1f980}' },
  'a number beyond all': { id: 1e308 },
  'no number': { id: Number.NaN },
  infinity: { id: Number.POSITIVE_INFINITY },
  'a big integer': { id: '99999999999999999999999999' },
  'a fraction': { id: 1.5 },
  'special dates': {
    deleted_at: { in: ['now', 'infinity', 'epoch', 'allballs', '0000-00-00', '9999999-01-01'] },
  },
  'its own prototype': JSON.parse('{"__proto__": {"id": 1}, "constructor": {"eq": 1}}'),
  'operators of a prototype': { id: JSON.parse('{"__proto__": 1}') },
  undefined: { id: undefined },
  'a function': { id: () => 1 },
  'a symbol': { id: Symbol('x') },
  'a bigint': { id: 10n },
  'a date': { deleted_at: new Date(0) },
  'a map': new Map([['id', 1]]),
  'an array': [{ id: 1 }],
  text: 'id = 1',
  'empty names': { '': '' },
};

describeOnServers('a hostile input', (server) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(server);
  });
  afterAll(() => desk.drop());

  for (const [what, where] of Object.entries(WHERES)) {
    it(`is answered with a decision: ${what}`, async () => {
      const calls = [
        ['query', { table: 'ticket', where }],
        ['query', { table: 'ticket', include: { contact: { where } } }],
        ['query', { table: 'ticket', include: where }],
        ['aggregate', { table: 'ticket', metrics: [{ fn: 'count' }], where, having: where }],
        ['get', { table: 'ticket', id: where }],
        ['create', { table: 'ticket', values: where, reason }],
        ['update', { table: 'ticket', id: 1, values: where, reason }],
        ['delete', { table: 'memo', id: where, reason }],
      ] as const;
      for (const [tool, input] of calls) {
        const before = await desk.designRows();
        const decision = await desk.governed.call({ tenant: DENTAL, workspace: 'front-desk' }, tool, input, {
          dry: true,
        });
        expect(JSON.stringify(decision), tool).not.toMatch(/zephyr|umbr/i);
        if (decision.decision === 'failed') expect(decision.code, tool).not.toBe('internal');
        const recorded = await desk.database.query(
          'select from ringfence.event_pending where id = $1 union all select from ringfence.leaf where event_id = $1',
          [decision.event],
        );
        expect(recorded, tool).toHaveLength(1);
        expect(await desk.designRows(), tool).toBe(before);
      }
    });
  }

  it('is answered with a decision where it is no input at all', async () => {
    for (const input of [
      undefined,
      null,
      1,
      'x',
      true,
      [],
      [[]],
      circular,
      () => 1,
      Symbol('x'),
      10n,
      new Proxy({}, {}),
    ]) {
      for (const tool of [
        'query',
        'create',
        'describe_schema',
        'no such tool',
        '',
        '__proto__',
        'x'.repeat(100_000),
      ]) {
        const decision = await desk.governed.call({ tenant: DENTAL, workspace: 'front-desk' }, tool, input);
        expect(decision.decision === 'failed' ? decision.code : decision.decision).toMatch(
          /^(allowed|denied)$/,
        );
      }
    }
  });
});
