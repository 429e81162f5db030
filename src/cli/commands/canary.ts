/** `ringfence canary`: the value of a canary, to be planted. It asks the policy and the keys, and no database. */
import type { Command } from 'commander';
import { loadKeys } from '../../database/keys.js';
import { plantedCanary } from '../../tools/canary.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import type { Start } from '../program.js';
import { readPolicy } from '../settings.js';

interface CanaryOptions {
  readonly tenant?: string;
}

export function addCanary(program: Command, start: Start): void {
  program
    .command('canary')
    .description('print the value of a canary that the policy names, to be planted')
    .argument('<name>', 'the canary, by its name in the policy')
    .option('--tenant <tenant>', 'whose it is, where it belongs to a tenant')
    .action(start(canary));
}

async function canary(
  { options: { policy: path, keys }, terminal, environment }: CommandContext,
  { tenant }: CanaryOptions,
  [name = '']: readonly string[],
): Promise<ExitCode> {
  const { policy } = await readPolicy(path);
  const { ledgerKey } = await loadKeys(keys, environment);
  const planted = plantedCanary(new Map(Object.entries(policy.canaries)), ledgerKey, name, tenant ?? null);
  if (terminal.json) await terminal.answerJson({ name, tenant: tenant ?? null, ...planted });
  else {
    await terminal.answer(planted.value);
    terminal.say(`Alerts tell of it as ${name}, mark ${planted.mark}.`);
  }
  return 0;
}
