/** A process that works through its part of a run, on servers of its own, and tells of it as it goes. */
import { generateKeys } from '../src/database/keys.js';
import { runField } from './field.js';
import { type Others, runOthers } from './others.js';
import { SERVERS, withServer } from './servers.js';
import { found } from './stage.js';
import { addTally, emptyTally, type Tally } from './tally.js';
import { WORLDS } from './worlds.js';

/** One world on one server: questions by number, and how many more are asked before and after others' rows change. */
export interface Job {
  readonly world: string;
  readonly major: number;
  readonly from: number;
  readonly to: number;
  readonly others: number;
}

export interface Part {
  readonly seed: number;
  readonly lanes: number;
  readonly jobs: readonly Job[];
  readonly scannedRows: number | null;
}

export interface Report {
  readonly statements: number;
  readonly differences: number;
  /** At the end. */
  readonly done?: { readonly tally: Tally; readonly others: Others };
  readonly failed?: string;
}

const TOLD_EVERY_MS = 500;

async function work({ seed, lanes, jobs, scannedRows }: Part): Promise<void> {
  const sum = emptyTally();
  const others: Others = { asked: 0, differences: 0, flips: 0, found: [] };
  let told = 0;
  const tell = (tally: Tally): void => {
    if (Date.now() - told < TOLD_EVERY_MS) return;
    told = Date.now();
    report({
      statements: sum.statements + tally.statements,
      differences: sum.differences + tally.differences,
    });
  };
  for (const major of new Set(jobs.map((job) => job.major))) {
    const kind = found(SERVERS.find((one) => one.major === major));
    // One password for the gateway's login, which is the server's and not a database's.
    const keys = generateKeys();
    await withServer(kind, async (address) => {
      for (const { world: name, from, to, others: questions } of jobs.filter((job) => job.major === major)) {
        const world = found(WORLDS.find((one) => one.name === name));
        addTally(
          sum,
          await runField(world, address, { lanes, keys, seed, from, to, server: major, onProgress: tell }),
        );
        if (questions === 0) continue;
        const more = await runOthers(world, address, {
          lanes,
          keys,
          seed,
          questions,
          ...(scannedRows === null ? {} : { scannedRows }),
        });
        others.asked += more.asked;
        others.differences += more.differences;
        others.flips += more.flips;
        others.found.push(...more.found);
      }
    });
  }
  report({ statements: sum.statements, differences: sum.differences, done: { tally: sum, others } });
}

function report(what: Report): void {
  process.send?.(what);
}

process.once('message', (part: Part) => {
  work(part)
    .catch((error: unknown) => {
      process.exitCode = 1;
      report({
        statements: 0,
        differences: 0,
        failed: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    })
    .finally(() => process.disconnect());
});
