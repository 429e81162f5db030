/** How old rows are said to be: by name, remembered for moments, unknown rather than wrong. */
import { describe, expect, it } from 'vitest';
import type { RefreshedView } from '../../src/database/refresh.js';
import type { OperatorEntry } from '../../src/operator-log.js';
import { createFreshness, type FreshnessOf } from '../../src/tools/freshness.js';
import { catalog, table } from '../policy/support/catalog.js';
import { compiled } from '../policy/support/policies.js';

const tables = ['sales', 'newest'].map((name) =>
  table(name, { kind: 'materialized_view', columns: { org: 'int' }, unique: [['org']] }),
);
const policy = compiled(
  `
tables:
  plain: { tenant: { column: org } }
  sales: { as: monthly, tenant: { column: org }, refresh_minutes: 15 }
  newest: { tenant: { column: org } }
roles: {}
`,
  catalog(...tables, table('plain', { columns: { org: 'int' } })),
);

describe('freshness', () => {
  interface Told {
    readonly of: FreshnessOf;
    readonly log: OperatorEntry[];
    asked(): number;
    pass(ms: number): void;
  }
  const told = (answer: (time: number) => Promise<readonly RefreshedView[]>): Told => {
    let asked = 0;
    let time = 0;
    const log: OperatorEntry[] = [];
    const of = createFreshness({
      policy,
      read: () => {
        asked++;
        return answer(time);
      },
      log: (entry) => log.push(entry),
      now: () => time,
    });
    return {
      of,
      log,
      asked: () => asked,
      pass: (ms) => {
        time += ms;
      },
    };
  };
  const at = (ms: number): readonly RefreshedView[] => [
    { schema: 'public', view: 'sales', refreshedAt: new Date(ms) },
  ];

  it('is told by the agent’s name of each materialised view, and costs nothing elsewhere', async () => {
    const { of, asked } = told(async () => at(0));
    expect(of(['plain'])).toBeUndefined();
    expect(of([])).toBeUndefined();
    expect(await of(['plain', 'monthly'])).toEqual({ monthly: '1970-01-01T00:00:00.000Z' });
    expect(asked()).toBe(1);
  });

  it('is unknown of what the product refreshes, and of what was never refreshed', async () => {
    expect(await told(async () => at(0)).of(['newest'])).toEqual({ newest: null });
    expect(await told(async () => []).of(['monthly', 'newest'])).toEqual({ monthly: null, newest: null });
    const never = [{ schema: 'public', view: 'sales', refreshedAt: null }];
    expect(await told(async () => never).of(['monthly'])).toEqual({ monthly: null });
  });

  it('is asked anew after five seconds, and until then once for all', async () => {
    const { of, asked, pass } = told(async (time) => at(time));
    await Promise.all([of(['monthly']), of(['monthly'])]);
    pass(4_999);
    expect(await of(['monthly'])).toEqual({ monthly: new Date(0).toISOString() });
    expect(asked()).toBe(1);
    pass(1);
    expect(await of(['monthly'])).toEqual({ monthly: new Date(5_000).toISOString() });
    expect(asked()).toBe(2);
  });

  it('is unknown where it cannot be read, which the operator is told, and is asked again', async () => {
    let broken = true;
    const { of, log, asked } = told(async () => {
      if (broken) throw new Error('busy');
      return at(7);
    });
    expect(await of(['monthly'])).toEqual({ monthly: null });
    expect(log).toMatchObject([{ kind: 'freshness_unknown' }]);
    broken = false;
    expect(await of(['monthly'])).toEqual({ monthly: new Date(7).toISOString() });
    expect(asked()).toBe(2);
  });
});
