/** `ringfence policy`: tests of a policy, and the catalog that they are decided against where there is no database. */
import type { Command } from 'commander';
import type { Start } from '../program.js';
import { addPolicyCatalog } from './policy-catalog.js';
import { addPolicyTest } from './policy-test.js';

const EXAMPLES = `
Examples:
  $ ringfence policy test policy-tests.yaml
  $ ringfence policy catalog --out catalog.json`;

export function addPolicy(program: Command, start: Start): void {
  const policy = program
    .command('policy')
    .description('test the policy, with a database or without')
    .addHelpText('after', EXAMPLES);
  addPolicyTest(policy, start);
  addPolicyCatalog(policy, start);
}
