/** How often the database is asked what lies within reach, and what happens while nobody knows. */
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OperatorEntry } from '../../src/operator-log.js';
import { compilePolicy } from '../../src/policy/compile.js';
import type { CompiledRole } from '../../src/policy/compiled.js';
import type { CatalogExposure } from '../../src/policy/exposure.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createSqlReach } from '../../src/tools/sql-reach.js';
import { catalog, nothingExposed, table } from '../policy/support/catalog.js';

const policy = compilePolicy(
  parsePolicy(`
version: 1
preset: development
tables: { note: { tenant: { column: org } } }
roles:
  support: { tools: [sql], tables: { note: {} } }
  other: { tools: [sql], tables: { note: {} } }
`),
  catalog(table('note', { columns: { id: 'int', org: 'text' } })),
);
const fenced: CatalogExposure = {
  ...nothingExposed,
  boundaries: [{ schema: 'public', name: 'note', roles: ['ringfence_view_support', 'ringfence_view_other'] }],
};
const openTo = (grantee: string): CatalogExposure => ({
  ...fenced,
  largeObjects: { grantees: [grantee], unchecked: false },
});

describe('what lies within reach of sql', () => {
  let now = 0;
  let reads: { resolve(exposure: CatalogExposure): void; reject(error: Error): void }[];
  let told: OperatorEntry[];
  beforeEach(() => {
    now = 0;
    reads = [];
    told = [];
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const reachFrom = (exposure: CatalogExposure) =>
    createSqlReach({
      policy,
      exposure,
      read: () => new Promise((resolve, reject) => reads.push({ resolve, reject })),
      log: (entry) => told.push(entry),
    });
  const role = (name: string): CompiledRole => {
    const found = policy.roles.get(name);
    if (found === undefined) throw new Error(`no role ${name}`);
    return found;
  };

  it('is believed for a minute, and read once for all who ask after that', async () => {
    const reach = reachFrom(fenced);
    now = 59_999;
    expect(await reach.allows(role('support'))).toBe(true);
    expect(reads).toHaveLength(0);
    now = 60_000;
    const asking = [
      reach.allows(role('support')),
      reach.allows(role('other')),
      reach.allows(role('support')),
    ];
    expect(reads).toHaveLength(1);
    reads[0]?.resolve(fenced);
    expect(await Promise.all(asking)).toEqual([true, true, true]);
    now = 119_999;
    expect(await reach.allows(role('other'))).toBe(true);
    expect(reads).toHaveLength(1);
  });

  it('counts its age from when the reading began', async () => {
    const reach = reachFrom(fenced);
    now = 60_000;
    const asking = reach.allows(role('support'));
    now = 100_000;
    reads[0]?.resolve(fenced);
    expect(await asking).toBe(true);
    now = 120_000;
    void reach.allows(role('support'));
    expect(reads).toHaveLength(2);
  });

  it('is held against the roles that reach it alone', async () => {
    const reach = reachFrom(openTo('ringfence_slice_other'));
    expect(await reach.allows(role('support'))).toBe(true);
    expect(await reach.allows(role('other'))).toBe(false);
    expect(told).toMatchObject([{ kind: 'sql_withheld', message: expect.stringContaining('from other: ') }]);
  });

  it('fails the call that asks where it cannot be read, and is asked again by the next', async () => {
    const reach = reachFrom(fenced);
    now = 60_000;
    const failing = reach.allows(role('support'));
    reads[0]?.reject(new Error('gone'));
    await expect(failing).rejects.toThrow('gone');
    const asking = reach.allows(role('support'));
    expect(reads).toHaveLength(2);
    reads[1]?.resolve(openTo('public'));
    expect(await asking).toBe(false);
  });
});
