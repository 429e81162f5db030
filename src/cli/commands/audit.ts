/** `ringfence audit`: what was asked and decided, and whether the record of it still proves itself. */
import type { Command } from 'commander';
import type { Start } from '../program.js';
import { addShow } from './audit-show.js';
import { addVerify } from './audit-verify.js';

const EXAMPLES = `
Examples:
  $ ringfence audit show --tenant 3 --decision denied
  $ ringfence audit verify`;

export function addAudit(program: Command, start: Start): void {
  const audit = program
    .command('audit')
    .description('show the ledger, and verify it')
    .addHelpText('after', EXAMPLES);
  addShow(audit, start);
  addVerify(audit, start);
}
