/** `ringfence apply`: the plan, carried out in one transaction, keys and password included. */
import type { Command } from 'commander';
import { refuseReach } from '../../compile/reach.js';
import { renderPlan } from '../../compile/render-plan.js';
import type { Administrator } from '../../database/administrator.js';
import { type Applied, apply as applyPolicy } from '../../database/apply.js';
import { addClaimKeys, installClaimKeys, setGatewayPassword } from '../../database/credentials.js';
import { introspect } from '../../database/introspect.js';
import { plan as planChanges } from '../../database/plan.js';
import { RingfenceError } from '../../errors.js';
import { compilePolicy } from '../../policy/compile.js';
import type { PolicyFile } from '../../policy/file.js';
import { administer } from '../administer.js';
import { printable, printCount } from '../columns.js';
import { confirmChange } from '../confirm.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { discardKeyFile, writeKeyFile } from '../key-file.js';
import { type KeyOptions, type KeysForApply, keysForApply } from '../keys-for-apply.js';
import { sayWarnings } from '../policy-warnings.js';
import type { Start } from '../program.js';
import { withProgress } from '../progress.js';
import { readPolicy } from '../settings.js';

interface ApplyOptions extends KeyOptions {
  readonly yes?: boolean;
  readonly expect?: string;
}

const EXAMPLES = `
Examples:
  $ ringfence apply                                  shows the plan and asks
  $ ringfence apply --yes                            does not ask
  $ ringfence apply --expect sha256:…                only the plan that was approved, else exit 6
  $ ringfence apply --keys /run/secrets/ringfence.json

The first apply makes the keys file. Keep it as you keep a private key: whoever has it can open any boundary; without it nobody
can. Everything happens in one transaction: it is applied whole, or nothing is changed. Applying again changes nothing.`;

export function addApply(program: Command, start: Start): void {
  program
    .command('apply')
    .description('make the database hold what the policy says, in one transaction')
    .option('--yes', 'do not ask')
    .option('--expect <digest>', 'apply only the plan with this digest')
    .option('--new-keys', 'make the database take the keys file, made if absent, in place of the keys it has')
    .option(
      '--new-gateway-password',
      'give the login ringfence_gateway the password of the keys file, though other databases use it',
    )
    .addHelpText('after', EXAMPLES)
    .action(start(apply));
}

async function apply(context: CommandContext, options: ApplyOptions): Promise<ExitCode> {
  const { terminal } = context;
  const file = await readPolicy(context.options.policy);
  const { applied, keys } = await administer(context, async (administrator) => {
    const { client } = administrator;
    const catalog = await withProgress(terminal, 'Reading the schema', () => introspect(client));
    const policy = compilePolicy(file, catalog);
    const planned = await withProgress(terminal, 'Planning', () => planChanges(client, policy, catalog));
    sayWarnings(terminal, file.filename, policy.warnings);
    if (options.expect !== undefined && options.expect !== planned.digest) throw otherPlan();
    refuseReach(planned.reach);
    const keys = await keysForApply(context, administrator, options);
    if (planned.steps.length > 0 || tellsDatabase(keys)) {
      if (terminal.interactive && options.yes !== true)
        terminal.say(renderPlan(planned, { color: terminal.colour.stderr }));
      await confirmChange(terminal, `Change ${administrator.where} as planned?`, options.yes);
    }
    const applied = await withKeysSaved(context, keys, () =>
      carryOut(context, administrator, file, keys, planned.digest),
    );
    return { applied, keys };
  });
  await report(context, applied, keys);
  return 0;
}

function tellsDatabase({ claimKeys, setPassword }: KeysForApply): boolean {
  return claimKeys !== 'known' || setPassword;
}

/**
 * Fresh keys are on disk before the database commits to them, or they could be lost; and gone again if it did not.
 * Where nobody knows whether it did, they stay.
 */
async function withKeysSaved<T>(
  { options }: CommandContext,
  keys: KeysForApply,
  work: () => Promise<T>,
): Promise<T> {
  if (!keys.fresh) return work();
  await writeKeyFile(options.keys, keys.keys);
  try {
    return await work();
  } catch (error) {
    const unknown = error instanceof RingfenceError && error.code === 'database_lost';
    if (!unknown) await discardKeyFile(options.keys);
    throw error;
  }
}

async function carryOut(
  { terminal }: CommandContext,
  administrator: Administrator,
  file: PolicyFile,
  keys: KeysForApply,
  expect: string,
): Promise<Applied> {
  const { client } = administrator;
  const startedAt = Date.now();
  let saidAt = startedAt;
  try {
    return await withProgress(terminal, 'Applying', () =>
      applyPolicy(client, (catalog) => compilePolicy(file, catalog), {
        expect,
        onStep: ({ sign, kind, identity }, at, of) => {
          if (Date.now() - saidAt < 1_000) return;
          saidAt = Date.now();
          terminal.say(
            terminal.paint('dim', `${at} of ${of}: ${sign} ${kind} ${printable(identity)}`, 'stderr'),
          );
        },
        alongside: async () => {
          if (keys.claimKeys === 'replace') await installClaimKeys(client, keys.keys);
          if (keys.claimKeys === 'add') await addClaimKeys(client, keys.keys);
          if (keys.setPassword) await setGatewayPassword(client, keys.keys);
          return tellsDatabase(keys);
        },
      }),
    );
  } catch (error) {
    throw administrator.explain(error);
  }
}

async function report(
  { terminal, options }: CommandContext,
  { plan, appliedAt }: Applied,
  keys: KeysForApply,
): Promise<void> {
  if (terminal.json) {
    await terminal.answerJson({
      changes: plan.steps.length,
      digest: plan.digest,
      policyHash: plan.policyHash,
      appliedAt: appliedAt?.toISOString() ?? null,
      keys: {
        made: keys.fresh ? options.keys : null,
        signing: keys.keys.claimKeys[0].id,
        told: keys.claimKeys !== 'known',
      },
      gatewayPasswordSet: keys.setPassword,
    });
    return;
  }
  const changed = plan.steps.length;
  await terminal.answer(
    changed === 0
      ? 'Nothing to change: the database is as the policy says.'
      : `Applied: ${printCount(changed, 'change')}.`,
  );
  await terminal.answer(`policy ${plan.policyHash}`);
  if (keys.fresh)
    await terminal.answer(
      `Made ${options.keys}. Keep it secret, and keep a copy: without it nobody can open a boundary.`,
    );
  if (keys.claimKeys !== 'known' && !keys.fresh)
    await terminal.answer('The database knows the keys of the keys file now.');
  if (changed > 0) terminal.say('\nSee what an agent would get: ringfence try --help');
}

function otherPlan(): RingfenceError {
  return new RingfenceError(
    'plan_changed',
    'The plan is another one than the one that was approved. Nothing was changed.',
    {
      suggestion: 'Run "ringfence plan" again, read it, and approve that.',
    },
  );
}
