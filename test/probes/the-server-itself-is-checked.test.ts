import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Administrator, connectAdministrator } from '../../src/database/administrator.js';
import type { ServerFacts } from '../../src/database/inspect/access.js';
import type { Server } from '../../src/database/server.js';
import { holesOf, mendedIn, SERVER_HOLES } from '../../src/database/server-holes.js';
import { check, readWorld } from '../../src/probes/check/check.js';
import type { World } from '../../src/probes/check/rule.js';
import { SERVER_RULES, updateNotes } from '../../src/probes/check/rules/server.js';
import { describeOnServers, embeddedServer, isolatedServer } from '../support/test-server.js';

describe('known holes of PostgreSQL', () => {
  it('are those of the release, and none of one that mends them', () => {
    const cves = (version: number): readonly string[] => holesOf(version).map(({ cve }) => cve);
    expect(cves(150002)).toEqual(SERVER_HOLES.map(({ cve }) => cve));
    expect(cves(150003)).not.toContain('CVE-2023-2455');
    expect(cves(160000)).not.toContain('CVE-2023-39418');
    expect(cves(170000)).toContain('CVE-2024-10976');
    expect(cves(170001)).not.toContain('CVE-2024-10976');
    expect(cves(180001)).toContain('CVE-2026-2006');
    expect(cves(180002)).not.toContain('CVE-2026-2006');
    expect(cves(170011)).toEqual(['CVE-2026-120141', 'CVE-2026-120154']);
    for (const version of [150020, 160016, 170012, 180007, 190000]) expect(cves(version)).toEqual([]);
  });

  it('are told with the release that mends them all', () => {
    expect(mendedIn(160009, holesOf(160009))).toBe('16.16');
  });
});

describe('the settings of a server', () => {
  let server: Server;
  let administrator: Administrator;
  let world: World;
  beforeAll(async () => {
    server = await isolatedServer(embeddedServer, { settings: { wal_level: 'logical' } });
    administrator = await connectAdministrator(
      server.url('postgres', server.superuser, server.superuserPassword),
    );
    world = await readWorld(administrator);
  });
  afterAll(async () => {
    await administrator.close();
    await server.stop();
  });

  const under = (
    settings: Partial<ServerFacts['settings']>,
    more: Partial<ServerFacts> = {},
  ): readonly string[] => {
    const of = world.access.server;
    const changed = { ...of, version: 180007, ...more, settings: { ...of.settings, ...settings } };
    return SERVER_RULES.flatMap((rule) =>
      [...rule.find({ ...world, access: { ...world.access, server: changed } })].map(() => rule.id),
    );
  };

  it('are found where they weaken something, and only there', () => {
    expect(under({})).toEqual([]);
    expect(under({ listen_addresses: '*', ssl: 'on' })).toEqual([]);
    expect(under({ listen_addresses: '*', ssl: 'off' })).toEqual(['server.ssl_off']);
    expect(under({ listen_addresses: 'localhost, 10.0.0.1', ssl: 'off' })).toEqual(['server.ssl_off']);
    expect(under({ log_statement: 'all' })).toEqual(['server.logs_values']);
    expect(under({ log_statement: 'ddl' })).toEqual([]);
    expect(under({ log_min_duration_statement: '500' })).toEqual(['server.logs_values']);
    expect(under({ log_min_duration_statement: '500', log_parameter_max_length: '0' })).toEqual([]);
    expect(under({ password_encryption: 'md5' })).toEqual(['server.md5_passwords']);
    expect(under({ lo_compat_privileges: 'on' })).toEqual(['server.large_objects_unchecked']);
    expect(under({}, { version: 150001 })).toEqual(['server.known_holes']);
    expect(under({}, { version: 150014 })).toEqual([]);
    expect(under({}, { trusting: ['host all all 0.0.0.0 0.0.0.0 trust'] })).toEqual([
      'server.trusts_network',
    ]);
  });

  it('are told of where a newer release mends more, with no finding', () => {
    expect(updateNotes(150014)).toEqual([
      expect.stringMatching(/^PostgreSQL 15\.14 is behind 15\.\d+, which mends .*CVE-2026-120154/),
    ]);
    expect(updateNotes(189999)).toEqual([]);
  });

  it('let a logical slot be found, and be dropped by what mends it', async () => {
    await administrator.query(`select pg_create_logical_replication_slot('feed', 'pgoutput')`);
    const findings = (await check(administrator)).findings;
    expect(findings.map(({ rule, object }) => `${rule} ${object}`)).toEqual([
      'replication_slot.logical replication slot feed',
    ]);
    for (const sql of findings.flatMap(({ mend }) => mend)) await administrator.query(sql);
    expect((await check(administrator)).findings).toEqual([]);
  });
});

describeOnServers('an empty database', (server) => {
  it('has nothing to find, and says that nobody knows whose rows are whose', async () => {
    const { port, superuser, password } = await server.address();
    const administrator = await connectAdministrator(
      `postgresql://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    );
    try {
      const report = await check(administrator);
      expect(report.findings).toEqual([]);
      expect(report.notChecked.map(({ rule }) => rule)).toContain('tenancy.unknown');
    } finally {
      await administrator.close();
    }
  });
});
