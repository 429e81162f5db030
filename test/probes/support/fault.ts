/**
 * Broken databases, one fault each: `check` must find the fault, find nothing else, and find nothing any more once what it says is done.
 */
import type pg from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { connectAdministrator } from '../../../src/database/administrator.js';
import { check } from '../../../src/probes/check/check.js';
import type { Finding } from '../../../src/probes/check/finding.js';
import { RULES } from '../../../src/probes/check/rules.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { describeOnServers, type TestServer } from '../../support/test-server.js';
import { CLEAN_BASE, RESET_ROLES } from './clean-base.js';

export interface Fault {
  /** A sentence: `a tenant table without row security`. */
  readonly name: string;
  /** Run as superuser in a clone of the clean base. Roles that it makes are called `fault_…`. */
  readonly break: string;
  readonly expect: {
    readonly rule: string;
    readonly object: string;
    readonly severity?: Finding['severity'];
  };
  /** What else it cannot but be, as `rule object`. */
  readonly also?: readonly string[];
  /** What mends it. Default: what the findings themselves say, all of them. */
  readonly mend?: string;
  /** For what one version alone has. */
  readonly on?: (major: number) => boolean;
}

const sorted = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ rule, object }) => `${rule} ${object}`).sort();

/** One test per fault and server. */
export function runFaults(name: string, faults: readonly Fault[]): void {
  describeOnServers(name, (server) => {
    beforeAll(() => resetRoles(server));
    for (const fault of faults.filter(({ on }) => on?.(server.major) ?? true))
      it(fault.name, () => judge(server, fault));
  });
}

/** Findings in a database, by what `check` says to somebody who may see everything. */
export async function findingsIn(database: TestDatabase): Promise<readonly Finding[]> {
  const administrator = await connectAdministrator(database.url);
  try {
    const { findings } = await check(administrator);
    return findings;
  } finally {
    await administrator.close();
  }
}

async function judge(server: TestServer, fault: Fault): Promise<void> {
  const database = await createDatabase(server, { template: CLEAN_BASE });
  const client = await database.connect();
  try {
    await runScript(client, fault.break);
    const findings = await findingsIn(database);
    const object = fault.expect.object.replace('$database', database.name);
    const expected = [`${fault.expect.rule} ${object}`, ...(fault.also ?? [])];
    expect(sorted(findings)).toEqual([...expected].sort());
    for (const { rule, severity, what } of findings) {
      expect(RULES.find(({ id }) => id === rule)?.severities).toContain(severity);
      expect(what).toMatch(/\S\.$/);
    }
    const found = findings.find((one) => one.rule === fault.expect.rule && one.object === object);
    if (fault.expect.severity !== undefined) expect(found?.severity).toBe(fault.expect.severity);
    if (fault.mend === undefined) {
      const mends = [...new Set(findings.flatMap(({ mend }) => mend))];
      expect(mends, 'something to mend it with').not.toEqual([]);
      for (const mend of mends) await client.query(mend);
    } else {
      // Where a person has to decide, the finding says between what.
      if (found?.mend.length === 0) expect(found.advice).toMatch(/\S/);
      await runScript(client, fault.mend);
    }
    expect(sorted(await findingsIn(database))).toEqual([]);
  } finally {
    await client.query(RESET_ROLES);
    await client.end();
    await database.drop();
  }
}

async function runScript(client: pg.Client, sql: string): Promise<void> {
  await client.query(sql.replaceAll('$database', () => `"${client.database}"`));
}

async function resetRoles(server: TestServer): Promise<void> {
  const database = await createDatabase(server, { template: CLEAN_BASE });
  try {
    await database.query(RESET_ROLES);
  } finally {
    await database.drop();
  }
}
