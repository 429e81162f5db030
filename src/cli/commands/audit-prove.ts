/** `ringfence audit prove` and `audit check`: an event's proof, made here and checked anywhere. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { requireInstallation } from '../../database/installation.js';
import { proveEvent } from '../../ledger/prove.js';
import { verifyEventProof } from '../../proof/event-proof.js';
import { administer } from '../administer.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import type { Start } from '../program.js';
import { UsageError } from '../usage-error.js';

const PROVE = `
Examples:
  $ ringfence audit prove 0190f7a0-0000-7000-8000-000000000000             writes EVENT.json and EVENT.tlog-proof here
  $ ringfence audit prove 0190f7a0-0000-7000-8000-000000000000 --json      both as one line

Give both files, and by another way the public key ("ringfence audit keys"), to whoever asks. They check them with
"ringfence audit check", with verifyEventProof of ringfence/proof in a program or a page of theirs, or with any tool that reads
c2sp.org/tlog-proof. None of these needs the database.`;

const CHECK = `
Examples:
  $ ringfence audit check EVENT.json EVENT.tlog-proof --key 'ringfence/…+1234abcd+A…'

Exit code 0: the event is in the log that the key has signed. 7: it is not, or the proof is of something else.`;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function addProve(audit: Command, start: Start): void {
  audit
    .command('prove')
    .description('write the proof that an event is in the ledger')
    .argument('<event>', 'the id of the event')
    .option('--out <folder>', 'where to write the two files', '.')
    .addHelpText('after', PROVE)
    .action(start(prove));
  audit
    .command('check')
    .description('check such a proof; needs no database')
    .argument('<leaf>', 'the event: EVENT.json')
    .argument('<proof>', 'its proof: EVENT.tlog-proof')
    .requiredOption('--key <vkey...>', 'public keys to trust, as "ringfence audit keys" prints them')
    .addHelpText('after', CHECK)
    .action(start(check));
}

async function prove(
  context: CommandContext,
  options: { readonly out: string },
  [event = '']: readonly string[],
): Promise<ExitCode> {
  const { terminal } = context;
  if (!UUID.test(event))
    throw new UsageError(`${event} is no event's id.`, '"ringfence audit show" prints them.');
  const proven = await administer(context, async (administrator) => {
    await requireInstallation(administrator);
    return proveEvent(administrator, event);
  });
  if (proven === 'unknown')
    throw new UsageError(
      'No stream of this ledger holds that event.',
      '"ringfence audit show" lists those that one does.',
    );
  if (proven === 'pending') {
    throw new UsageError(
      'No checkpoint covers that event yet.',
      'A process of Ringfence whose keys file holds the checkpoint key signs within seconds. Is one running?',
    );
  }
  const { leaf, proof, log, seq, checkpoint } = proven;
  if (terminal.json) {
    await terminal.answerJson({ event, log, seq, size: checkpoint.size, leaf: leaf.toString(), proof });
    return 0;
  }
  const files = [join(options.out, `${event}.json`), join(options.out, `${event}.tlog-proof`)] as const;
  await writeFile(files[0], leaf);
  await writeFile(files[1], proof);
  await terminal.answer(files.join('\n'));
  terminal.say(`Event ${seq} of ${log}, under its checkpoint of ${checkpoint.size} events.`);
  return 0;
}

async function check(
  { terminal }: CommandContext,
  { key }: { readonly key: readonly string[] },
  [leaf = '', proof = '']: readonly string[],
): Promise<ExitCode> {
  const read = (path: string): Promise<Buffer> =>
    readFile(path).catch(() => {
      throw new UsageError(
        `${path} cannot be read.`,
        'Pass the two files that "ringfence audit prove" wrote.',
      );
    });
  const verdict = await verifyEventProof(await read(leaf), (await read(proof)).toString(), key);
  if (terminal.json) {
    await terminal.answerJson(
      verdict.holds
        ? {
            holds: true,
            log: verdict.checkpoint.origin,
            seq: verdict.index + 1,
            size: verdict.checkpoint.size,
            signedBy: verdict.signedBy,
          }
        : verdict,
    );
  } else if (verdict.holds) {
    const { origin, size } = verdict.checkpoint;
    await terminal.answer(
      terminal.paint('green', `It holds: event ${verdict.index + 1} of ${origin}, signed at ${size} events.`),
    );
  } else {
    await terminal.answer(terminal.paint('red', `It does not hold: ${FAULTS[verdict.fault]}.`));
  }
  return verdict.holds ? 0 : 7;
}

const FAULTS = {
  malformed: 'the file is no proof, or the key is none',
  signature: 'the checkpoint in it is not signed by that key',
  inclusion: 'the event is not at that place of the log',
} as const;
