/** The run fails on a check that fails unexpectedly, and on one that was expected to fail and did not. */
import { expect, it } from 'vitest';
import { type Check, compare, expectedFailures, PROTOCOLS } from './suite.js';

const check = (name: string, status: Check['status']): Check => ({ name, status, message: '' });
const checks = [check('a', 'SUCCESS'), check('b', 'FAILURE'), check('c', 'WARNING'), check('d', 'SKIPPED')];

it('takes a failure that was expected, and no other', () => {
  expect(compare(checks, new Map([['b', 'why']]))).toMatchObject({
    passed: 1,
    expectedFailures: 1,
    unexpected: [],
    stale: [],
    warnings: [{ name: 'c' }],
  });
  expect(compare(checks, new Map())).toMatchObject({ expectedFailures: 0, unexpected: [{ name: 'b' }] });
});

it.each(['a', 'c', 'd', 'not made at all'])('names %s where it was expected to fail', (name) => {
  const expected = new Map([
    ['b', 'why'],
    [name, 'why'],
  ]);
  expect(compare(checks, expected)).toMatchObject({ unexpected: [], stale: [name] });
});

it('has a reason for each failure that it expects, in a protocol that is run', async () => {
  const expected = await expectedFailures();
  expect(expected.size).toBeGreaterThan(0);
  for (const [name, reason] of expected) {
    expect(PROTOCOLS).toContain(name.split('/')[0]);
    expect(reason).toMatch(/^Wants .*\. .*\.$/);
  }
});
