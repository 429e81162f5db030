/**
 * Leaks 9 to 14 of the eighteen: what a row shows, whose it becomes, and who says who is asking.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTokenVerifier } from '../../src/boundary/token.js';
import { introspect } from '../../src/database/introspect.js';
import { cursorKeys } from '../../src/database/keys.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createCursorCodec } from '../../src/tools/cursor.js';
import { audience, issuer, issuerWithKey, signedWithSecret, unsigned } from '../boundary/support/tokens.js';
import { describeOnServers } from '../support/test-server.js';
import { canariesIn, type Desk, openDesk } from './support/desk.js';
import { DENTAL, DESIGN, DESK_POLICY } from './support/desk-schema.js';
import { NAIVE_POLICY, NaiveLayer, naiveTenant } from './support/naive-layer.js';

const TENANT_NAMED = { decision: 'denied', code: 'tenant_named' } as const;
const reason = 'asked to';
/** Pending or chained: events are chained in the background. */
const EVENTS =
  'select (select count(*) from ringfence.event_pending) + (select count(*) from ringfence.leaf) as events';

describeOnServers('a leak of peers', (server) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(server);
  });
  afterAll(() => desk.drop());

  it('9: denied columns in what the driver selects when nobody names a column', async () => {
    await desk.raw(async (client) => {
      expect(JSON.stringify(await new NaiveLayer(client, DENTAL).find('contact', {}))).toContain(
        'umbra-password-1',
      );
    });
    const contacts = await desk.attack('query', { table: 'contact' });
    expect(contacts).toMatchObject({ decision: 'allowed', rows: [{ id: 1 }, { id: 2 }] });
    const shown = ['id', 'full_name', 'email', 'phone', 'badge', 'national_id', 'born_on', 'remarks', 'city'];
    const columns = (rows: unknown) => Object.keys((rows as readonly object[])[0] ?? {});
    expect(columns(contacts.decision === 'allowed' && contacts.rows)).toEqual(shown);
    const got = await desk.attack('get', { table: 'contact', id: 1 });
    expect(columns(got.decision === 'allowed' && got.rows)).toEqual(shown);
    // What a write gives back is the slice's too.
    const written = await desk.attack('update', {
      table: 'contact',
      id: 1,
      values: { city: 'Oslo' },
      reason,
    });
    expect(columns(written.decision === 'allowed' && written.rows)).toEqual(shown);
    await desk.attack(
      'query',
      { table: 'ticket', include: { contact: true, ticket_note: true } },
      { decision: 'allowed' },
    );
    await desk.attack('query', { table: 'organization' }, { decision: 'allowed' });
    const described = await desk.attack('describe_schema', {});
    expect(JSON.stringify(described)).not.toMatch(
      /portal_password|salary|internal_secret|api_token|org_id|payroll/,
    );
    expect(await desk.attack('describe_schema', { tables: ['contact'] })).toMatchObject({
      decision: 'allowed',
    });
  });

  it('10: a row that moves when its tenant column is set', async () => {
    await desk.raw(async (client) => {
      await new NaiveLayer(client, DENTAL).update('ticket', 1, { org_id: DESIGN });
      expect((await client.query('select org_id from ticket where id = 1')).rows).toEqual([
        { org_id: DESIGN },
      ]);
    });
    for (const tenant of [DESIGN, DENTAL, '', null]) {
      await desk.attack(
        'update',
        { table: 'ticket', id: 1, values: { org_id: tenant }, reason },
        TENANT_NAMED,
      );
      await desk.attack(
        'create',
        { table: 'ticket', values: { org_id: tenant, subject: 'x', body: 'x' }, reason },
        TENANT_NAMED,
      );
      await desk.attack(
        'create',
        { table: 'account', values: { org_id: tenant, number: 9, label: 'x' }, reason },
        TENANT_NAMED,
      );
      await desk.attack(
        'create',
        { table: 'memo', values: { owner_id: tenant, body: 'x' }, reason },
        TENANT_NAMED,
      );
      await desk.attack(
        'update',
        { table: 'memo', id: 1, values: { workspace: tenant }, reason },
        TENANT_NAMED,
      );
      for (const name of ['tenant', 'org_id', 'role', 'workspace']) {
        const widened = { table: 'ticket', id: 1, values: { status: 'open' }, reason, [name]: tenant };
        await desk.attack('update', widened, { decision: 'denied', code: 'input_invalid' });
        await desk.attack(
          'query',
          { table: 'ticket', [name]: tenant },
          { decision: 'denied', code: 'input_invalid' },
        );
      }
    }
    await desk.attack('query', { table: 'ticket', where: { org_id: DESIGN } }, TENANT_NAMED);
    await desk.attack(
      'update',
      { table: 'organization', id: DENTAL, values: { id: DESIGN }, reason },
      { decision: 'denied', code: 'not_writable' },
    );
    expect(
      await desk.database.query("select count(*)::int as n from ticket where org_id = 'northstar-dental'"),
    ).toEqual([{ n: 3 }]);
  });

  it('11: a mask that nobody applies', async () => {
    await desk.raw(async (client) => {
      expect(NAIVE_POLICY.masks.email).toBeTypeOf('function');
      expect(
        await new NaiveLayer(client, DENTAL).find('contact', { fields: ['email'], where: { id: 1 } }),
      ).toEqual([{ email: 'umbra.whitfield@dental.example' }]);
    });
    expect(await desk.attack('get', { table: 'contact', id: 1 })).toMatchObject({
      rows: [
        {
          full_name: 'U***',
          email: 'u***@dental.example',
          phone: '****0142',
          badge: expect.stringMatching(/^[0-9a-f]{16}$/),
          national_id: null,
          born_on: '1981-01-01',
          remarks: '[email] before nine',
        },
      ],
    });
    // What is masked is masked for conditions, order, groups, relations and results of writes alike.
    const hidden: Readonly<Record<string, string>> = {
      full_name: 'Umbra Whitfield',
      email: 'umbra.whitfield@dental.example',
      phone: 'umbra-555-0142',
      badge: 'umbra-badge-1',
      national_id: 'umbra-id-1',
      remarks: 'umbra@home.example before nine',
    };
    const nothing = { decision: 'allowed', rows: [] } as const;
    const none = { decision: 'allowed', rows: [{ count: 0 }] } as const;
    for (const [column, value] of Object.entries(hidden)) {
      const probes = [
        { eq: value },
        { prefix: value.slice(0, 3) },
        { contains: value.slice(1, 5) },
        { in: [value] },
      ];
      for (const probe of probes) {
        await desk.attack('query', { table: 'contact', where: { [column]: probe } }, nothing);
        await desk.attack(
          'aggregate',
          { table: 'contact', metrics: [{ fn: 'count' }], where: { [column]: probe } },
          none,
        );
        await desk.attack(
          'query',
          { table: 'ticket', where: { has: { contact: { [column]: probe } } } },
          nothing,
        );
      }
      await desk.attack('query', {
        table: 'contact',
        order: [column],
        include: { ticket: { include: { contact: true } } },
      });
      await desk.attack('aggregate', {
        table: 'contact',
        metrics: [
          { fn: 'max', column },
          { fn: 'count_distinct', column },
        ],
        group_by: [column],
      });
      await desk.attack(
        'update',
        { table: 'contact', id: 1, values: { [column]: 'x' }, reason },
        { decision: 'denied', code: 'not_writable' },
      );
    }
    await desk.attack('query', { table: 'contact', where: { born_on: '1981-07-23' } }, nothing);
    await desk.attack(
      'query',
      { table: 'contact', where: { born_on: { gt: '1981-01-01', lt: '1991-01-01' } } },
      nothing,
    );
    const months = {
      table: 'contact',
      metrics: [{ fn: 'count' }],
      group_by: [{ column: 'born_on', by: 'day' }],
    };
    expect(await desk.attack('aggregate', months)).toMatchObject({
      rows: [{ born_on_day: '1981-01-01' }, { born_on_day: '1992-01-01' }],
    });
  });

  it('12: a cursor that says where to go on, and for whom', async () => {
    const forged = Buffer.from(JSON.stringify({ 't.org_id': DESIGN })).toString('base64');
    await desk.raw(async (client) => {
      const rows = await new NaiveLayer(client, DENTAL).find('ticket', {
        fields: ['subject'],
        cursor: forged,
      });
      expect(JSON.stringify(rows)).toContain('zephyr');
    });
    const page = { table: 'ticket', columns: ['id'], limit: 1 } as const;
    const cursorOf = async (
      who: { tenant: string; role?: string; user?: string },
      input: object = page,
    ): Promise<string> => {
      const answer = await desk.governed.call({ workspace: 'front-desk', ...who }, 'query', input);
      return answer.decision === 'allowed' ? (answer.nextCursor ?? '') : '';
    };
    const own = await cursorOf({ tenant: DENTAL });
    const payload = own.split('.')[1] ?? '';
    const [shape, expires] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, number];
    const retold = Buffer.from(JSON.stringify([shape, expires, ['7000']])).toString('base64url');
    const flipped = (at: number): string => {
      const code = own.charCodeAt(at) ^ 1;
      return own.slice(0, at) + String.fromCharCode(code) + own.slice(at + 1);
    };
    // Signed as ours are, for this query and boundary, two hours ago.
    const old = createCursorCodec(cursorKeys(desk.governed.keys), {
      now: () => Date.now() - 7_200_000,
    }).encode({ shape, after: ['1'] });
    await desk.attack('query', { ...page, cursor: old }, { decision: 'denied', code: 'cursor_expired' });
    const forgedKey = createCursorCodec({
      current: { ...cursorKeys(desk.governed.keys).current, key: Buffer.alloc(32) },
    });
    const bad: Readonly<Record<string, string>> = {
      'signed with another key': forgedKey.encode({ shape, after: ['1'] }),
      'the naive one': forged,
      'another tenant’s': await cursorOf({ tenant: DESIGN }),
      'another user’s': await cursorOf({ tenant: DENTAL, user: 'u2' }),
      'another role’s': await cursorOf({ tenant: DENTAL, role: 'clerk' }),
      'another query’s': await cursorOf({ tenant: DENTAL }, { ...page, table: 'contact' }),
      'another order’s': await cursorOf({ tenant: DENTAL }, { ...page, order: ['-id'] }),
      'a position changed': own.replace(payload, retold),
      'no signature': own.slice(0, own.lastIndexOf('.')),
      'an empty signature': own.slice(0, own.lastIndexOf('.') + 1),
      empty: '',
      'only dots': '..',
    };
    for (const [what, cursor] of Object.entries(bad)) {
      const answer = await desk.attack('query', { ...page, cursor });
      expect(answer, what).toMatchObject({ decision: 'denied', code: 'cursor_invalid' });
    }
    for (let at = 0; at < own.length; at += 1) {
      const answer = await desk.governed.call({ tenant: DENTAL, workspace: 'front-desk' }, 'query', {
        ...page,
        cursor: flipped(at),
      });
      expect(answer, `bit flipped at ${at}`).toMatchObject({ decision: 'denied', code: 'cursor_invalid' });
    }
    expect(await desk.attack('query', { ...page, cursor: own })).toMatchObject({
      decision: 'allowed',
      rows: [{ id: 2 }],
    });
  });

  it('13: a token that nobody signed', async () => {
    const theirs = { sub: 'ada', tenant: DESIGN };
    const authorization = `Bearer ${unsigned(theirs)}`;
    await desk.raw(async (client) => {
      const layer = new NaiveLayer(client, naiveTenant({ authorization }));
      expect(JSON.stringify(await layer.find('ticket', { fields: ['subject'] }))).toContain('zephyr');
    });
    const keys = issuerWithKey();
    const verify = createTokenVerifier({ issuer, audience, key: keys.publicPem });
    const genuine = await keys.sign({ sub: 'ada', tenant: DENTAL });
    const [header = '', , signature = ''] = genuine.split('.');
    const tokens = [
      unsigned(theirs),
      unsigned(theirs, 'None'),
      unsigned(theirs, 'ES256'),
      signedWithSecret(keys.publicPem, theirs),
      signedWithSecret('', theirs),
      `${header}.${unsigned(theirs).split('.')[1]}.${signature}`,
      await issuerWithKey().sign(theirs),
    ];
    for (const token of tokens)
      await expect(verify(token), token).rejects.toMatchObject({ code: 'token_invalid' });
    // Nor what a verifier would have made of it, made by somebody else.
    const principal = await verify(genuine);
    const actor = { kind: 'agent', id: 'test' } as const;
    await desk.database.query(
      "insert into ringfence.membership values ('northstar-dental', null, 'ada', 'support')",
    );
    const boundary = await desk.governed.ringfence.boundaryFor(principal, { actor });
    expect(boundary.tenant).toBe(DENTAL);
    for (const lookalike of [
      { ...principal, tenant: DESIGN },
      Object.create(principal) as typeof principal,
    ]) {
      await expect(desk.governed.ringfence.boundaryFor(lookalike, { actor })).rejects.toMatchObject({
        code: 'token_invalid',
      });
    }
    // A genuine token of a member names a tenant that she is no member of.
    const stray = await verify(await keys.sign({ sub: 'ada', tenant: DESIGN, role: 'owner' }));
    await expect(desk.governed.ringfence.boundaryFor(stray, { actor })).rejects.toMatchObject({
      code: 'membership_missing',
    });
    await expect(
      desk.governed.ringfence.boundaryFor(principal, { actor, tenant: DESIGN }),
    ).rejects.toMatchObject({ code: 'membership_missing' });
  });

  it('14: no authentication where there are no headers', async () => {
    await desk.raw(async (client) => {
      const rows = await new NaiveLayer(client, naiveTenant({})).find('ticket', { fields: ['subject'] });
      expect(JSON.stringify(rows)).toContain('zephyr');
    });
    const verify = createTokenVerifier({ issuer, audience, key: issuerWithKey().publicPem });
    for (const none of ['', undefined, null]) {
      await expect(verify(none as unknown as string)).rejects.toMatchObject({ code: 'token_invalid' });
    }
    const before = await desk.database.query(EVENTS);
    for (const tool of ['query', 'update', 'describe_schema']) {
      const answer = desk.governed.ringfence.call(tool, {
        table: 'ticket',
        id: 1,
        values: { status: 'closed' },
        reason,
      });
      await expect(answer, tool).rejects.toMatchObject({ code: 'boundary_missing' });
    }
    expect(() => desk.governed.ringfence.tools()).toThrow(
      expect.objectContaining({ code: 'boundary_missing' }),
    );
    // There is no tenant whose ledger it could go to: it goes to the operator.
    expect(desk.operatorLog.filter(({ kind }) => kind === 'call_without_boundary').length).toBeGreaterThan(0);
    expect(canariesIn(desk.operatorLog)).toEqual([]);
    expect(await desk.database.query(EVENTS)).toEqual(before);
  });

  it('15: a policy without tenant scope, which returns everything', async () => {
    await desk.raw(async (client) => {
      const { organization: _, ...tenant } = NAIVE_POLICY.tenant;
      const rows = await new NaiveLayer(client, DENTAL, { ...NAIVE_POLICY, tenant }).find('organization', {});
      expect(JSON.stringify(rows)).toContain('zephyr-token');
    });
    const client = await desk.database.connect();
    const catalog = await introspect(client);
    await client.end();
    const without = (from: string, to: string) => () =>
      compilePolicy(parsePolicy(DESK_POLICY.replace(from, to)), catalog);
    expect(without('nothing', 'at all')).not.toThrow();
    const invalid = expect.objectContaining({ code: 'policy_invalid' });
    expect(without('  contact: { tenant: { column: org_id } }\n', '')).toThrow(invalid);
    expect(without('contact: { tenant: { column: org_id } }', 'contact: {}')).toThrow(invalid);
    expect(
      without('contact: { tenant: { column: org_id } }', 'contact: { workspace: { column: city } }'),
    ).toThrow(invalid);
    expect(without('      plan: {}\n', '      plan: {}\n      payroll: {}\n')).toThrow(invalid);
    expect(
      without('reading: { tenant: { column: org_id } }', 'everybody: { tenant: { column: nobody } }'),
    ).toThrow(invalid);
    // A boundary that lacks what a table is scoped by gets no row of it.
    const nowhere = { workspace: null } as const;
    await desk.attack(
      'query',
      { table: 'memo' },
      { decision: 'denied', code: 'scope_missing' },
      { who: nowhere },
    );
    await desk.attack(
      'update',
      { table: 'memo', id: 1, values: { body: 'x' }, reason },
      { decision: 'denied', code: 'scope_missing' },
      { who: nowhere },
    );
    await desk.attack('query', { table: 'memo' }, { decision: 'allowed', rows: [{ id: 1, body: 'mine' }] });
  });
});
