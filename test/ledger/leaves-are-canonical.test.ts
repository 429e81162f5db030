import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logName, subjectName } from '../../src/boundary/pseudonym.js';
import { canonicalJson } from '../../src/ledger/canonical.js';
import { encodeEvent } from '../../src/ledger/encode-event.js';
import { describeOnServers } from '../support/test-server.js';
import {
  type ClaimedBoundary,
  eventBody,
  type LedgerDatabase,
  ledgerDatabase,
  ledgerKey,
} from './support/ledger-database.js';

interface LeafRow {
  readonly leaf: Buffer;
  readonly hash: Buffer;
}

describeOnServers('a leaf', (server) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await ledgerDatabase(server);
  });
  afterAll(() => ledger.database.drop());

  const leaves = () =>
    ledger.database.query<LeafRow>('select leaf, hash from ringfence.leaf order by log, seq');

  it('says everything it should and names nobody', async () => {
    const [id] = await ledger.record(
      [{ tenant: 'plain', user: 'ada', workspace: 'w1', run: 'r1', crossTenant: 'acting_for:t_home' }],
      [encodeEvent(eventBody())],
    );
    await ledger.sequence();
    const [row] = await leaves();
    const leaf = JSON.parse(row?.leaf.toString('utf8') ?? '') as Record<string, unknown>;
    expect(leaf).toEqual({
      boundary: {
        actor: 'desk',
        actor_kind: 'agent',
        cross_tenant: 'acting_for:t_home',
        role: 'support',
        run: 'r1',
        subject: subjectName(ledgerKey, 'plain', 'ada'),
        workspace: 'w1',
      },
      event: eventBody(),
      event_id: id,
      log: logName(ledgerKey, 'plain', true),
      prev: '0'.repeat(64),
      recorded_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      row_count: 0,
      seq: 1,
      sequenced_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      version: 1,
    });
    const said = new Date(String(leaf.recorded_at)).getTime();
    expect(Math.abs(Date.now() - said)).toBeLessThan(3_600_000);
  });

  it('is the same bytes that RFC 8785 gives, whatever the names hold', async () => {
    const awkward = fc
      .array(
        fc.constantFrom(
          'a',
          '"',
          '\\',
          '/',
          '\u2028',
          '\u2029',
          '\u007f',
          '\u0085',
          'é',
          'e\u0301',
          '漢',
          '👩‍🚀',
          '\u{10ffff}',
          '\ufeff',
          '<',
          '&',
          "'",
          '{',
          '\\u0041',
          '%',
        ),
        { minLength: 1, maxLength: 12 },
      )
      .map((parts) => parts.join(''));
    const boundary: fc.Arbitrary<ClaimedBoundary> = fc.record({
      tenant: awkward,
      user: awkward,
      workspace: awkward,
      role: awkward,
      run: awkward,
      actor: awkward,
      crossTenant: fc.oneof(fc.constant(''), awkward),
    });
    const boundaries = fc.sample(boundary, 200);
    await ledger.record(
      boundaries,
      boundaries.map(({ run = '' }) => encodeEvent(eventBody({ reason: `${run}\u0001\b\t\n\f\r\u001f` }))),
    );
    await ledger.sequence();
    const rows = await leaves();
    expect(rows.length).toBeGreaterThan(200);
    const seen = new Set<unknown>();
    for (const { leaf, hash } of rows) {
      const text = leaf.toString('utf8');
      const content = JSON.parse(text) as { boundary: Record<string, unknown> };
      expect(canonicalJson(content)).toBe(text);
      expect(createHash('sha256').update(Buffer.of(0)).update(leaf).digest()).toEqual(hash);
      seen.add(content.boundary.actor);
    }
    for (const { actor } of boundaries) expect(seen).toContain(actor);
  });

  it('never exceeds 4096 bytes: a name that leaves no room stands as its hash', async () => {
    const long = '"é'.repeat(100);
    const body = encodeEvent(eventBody({ reason: 'x'.repeat(2300) }));
    await ledger.record(
      [{ tenant: 'long', actor: long, run: long, workspace: long, crossTenant: long }],
      [body],
    );
    await ledger.sequence();
    const [longest] = (await leaves()).sort((a, b) => b.leaf.length - a.leaf.length);
    expect(longest?.leaf.length).toBeGreaterThan(3000);
    expect(longest?.leaf.length).toBeLessThanOrEqual(4096);
    const { boundary } = JSON.parse(longest?.leaf.toString('utf8') ?? '') as {
      boundary: Record<string, string>;
    };
    expect(boundary.actor).toBe(`sha256:${createHash('sha256').update(long).digest('hex')}`);
  });
});
