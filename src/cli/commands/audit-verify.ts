/** `ringfence audit verify`: does every stream of the ledger prove itself? */
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import type { Administrator } from '../../database/administrator.js';
import { requireInstallation } from '../../database/installation.js';
import { verifyExport } from '../../ledger/export/verify-export.js';
import { verifyLedger } from '../../ledger/read.js';
import type { StreamHead } from '../../ledger/verify.js';
import { administer } from '../administer.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { readKept, verifyingKeys } from '../kept-checkpoints.js';
import type { Start } from '../program.js';
import { withProgress } from '../progress.js';
import { UsageError } from '../usage-error.js';
import { reportVerdicts, type Verdict } from '../verdicts.js';

interface VerifyOptions {
  readonly tenant?: string;
  readonly heads?: string;
  readonly from?: string;
  readonly checkpoint?: readonly string[];
  readonly key?: readonly string[];
}

const EXAMPLES = `
Examples:
  $ ringfence audit verify
  $ ringfence audit verify --json > heads-2027-01.json      keep it where the database's administrators cannot write
  $ ringfence audit verify --heads heads-2027-01.json       shows a tail that was cut off or rewritten since
  $ ringfence audit checkpoint > ledger-2027-01.note        the same in three lines, signed, for every stream at once
  $ ringfence audit verify --checkpoint ledger-2027-01.note
  $ ringfence audit verify --from ledger-2027-01 --key 'ringfence/…+1234abcd+A…'      an export; needs no database

Exit code 0: every stream is intact. 7: one is not. Whoever can write the tables can rewrite a whole tail so that it agrees with
itself; only heads or checkpoints kept elsewhere show that. The checkpoint of the stream "operator" lists those of all others.`;

export function addVerify(audit: Command, start: Start): void {
  audit
    .command('verify')
    .description('verify every stream, from its first event to its last')
    .option('--tenant <tenant>', 'streams of this tenant only')
    .option(
      '--heads <file>',
      'what an earlier "audit verify --json" printed: every stream must go through the heads in it',
    )
    .addOption(
      new Option('--from <folder>', 'an export, in place of the database').conflicts(['tenant', 'heads']),
    )
    .option(
      '--checkpoint <file...>',
      'checkpoints that were kept elsewhere: their streams must begin with what they signed',
    )
    .option(
      '--key <vkey...>',
      'public keys that sign checkpoints; else those of the keys file, if there is one',
    )
    .addHelpText('after', EXAMPLES)
    .action(start(verify));
}

async function verify(context: CommandContext, options: VerifyOptions): Promise<ExitCode> {
  const { terminal } = context;
  const retained = options.heads === undefined ? undefined : await readHeads(options.heads);
  const keys = await verifyingKeys(context, options.key);
  const checkpoints = await readKept(options.checkpoint ?? [], keys);
  if (options.from !== undefined) {
    const all: Verdict[] = [];
    const folder = options.from;
    await withProgress(terminal, 'Verifying', async () => {
      const given = { retainedCheckpoints: checkpoints, ...(keys === null ? {} : { keys }) };
      for await (const verdict of verifyExport(folder, given)) all.push({ ...verdict, tenant: null });
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
      throw new UsageError(`${folder} is no folder.`, 'Pass one that "ringfence audit export" wrote.');
    });
    return reportVerdicts(terminal, all, { pending: false, signaturesChecked: keys !== null });
  }
  const { verdicts, pending } = await administer(context, async (administrator) => {
    await requireInstallation(administrator);
    const pending = await withProgress(terminal, 'Chaining pending events', () =>
      sequencePending(administrator),
    );
    const verdicts = await withProgress(terminal, 'Verifying', async () => {
      const all: Verdict[] = [];
      for await (const verdict of verifyLedger(administrator, {
        ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
        ...(retained === undefined ? {} : { retained }),
        ...(keys === null ? {} : { keys }),
        retainedCheckpoints: checkpoints,
      })) {
        all.push(verdict);
      }
      return all;
    });
    return { verdicts, pending };
  });
  return reportVerdicts(terminal, verdicts, { pending, signaturesChecked: keys !== null });
}

/** Puts what is pending into its chains, where this login and this server may. Returns whether events still wait. */
async function sequencePending(administrator: Administrator): Promise<boolean> {
  const waiting = async (): Promise<boolean> => {
    const { rows } = await administrator.query(
      'select exists (select from ringfence.event_pending) as waiting',
    );
    return rows[0]?.waiting === true;
  };
  try {
    for (;;) {
      const { rows } = await administrator.query('select ringfence.sequence() as taken');
      if (rows[0]?.taken === 0) return false;
      // Another process is at it; what it takes will be in its chains in a moment.
      if (rows[0]?.taken === null) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } catch (error) {
    const state = (error as { code?: unknown } | null)?.code;
    // A standby, or a login that may only read.
    if (state !== '25006' && state !== '42501') throw error;
    return await waiting().catch(() => true);
  }
}

const headsFile = z.object({
  streams: z.array(
    z.object({
      log: z.string(),
      head: z.object({ seq: z.number().int(), hash: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
    }),
  ),
});

async function readHeads(path: string): Promise<ReadonlyMap<string, StreamHead>> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(
      `${path} cannot be read.`,
      'Pass what an earlier "ringfence audit verify --json" printed.',
    );
  });
  try {
    const { streams } = headsFile.parse(JSON.parse(text));
    return new Map(streams.flatMap(({ log, head }) => (head === undefined ? [] : [[log, head] as const])));
  } catch {
    throw new UsageError(
      `${path} holds no heads.`,
      'Pass what an earlier "ringfence audit verify --json" printed.',
    );
  }
}
