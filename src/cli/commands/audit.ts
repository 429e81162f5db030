/** `ringfence audit`: what was asked and decided, and whether the record of it still proves itself. */
import type { Command } from 'commander';
import type { Start } from '../program.js';
import { addCheckpoint } from './audit-checkpoint.js';
import { addExport } from './audit-export.js';
import { addProve } from './audit-prove.js';
import { addShow } from './audit-show.js';
import { addVerify } from './audit-verify.js';

const EXAMPLES = `
Examples:
  $ ringfence audit show --tenant 3 --decision denied
  $ ringfence audit verify
  $ ringfence audit prove 0190f7a0-0000-7000-8000-000000000000`;

export function addAudit(program: Command, start: Start): void {
  const audit = program
    .command('audit')
    .description('show the ledger, verify it, and prove what is in it')
    .addHelpText('after', EXAMPLES);
  addShow(audit, start);
  addVerify(audit, start);
  addProve(audit, start);
  addCheckpoint(audit, start);
  addExport(audit, start);
}
