/** A run, dealt out to two processes: a version of PostgreSQL each, or the halves of one. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Others } from './others.js';
import { addTally, emptyTally, type Tally } from './tally.js';
import type { Job, Part, Report } from './worker.js';

export interface Run {
  readonly statements: number;
  readonly seed: number;
  readonly worlds: readonly string[];
  readonly majors: readonly number[];
  readonly lanes: number;
  readonly scannedRows: number | null;
  readonly onProgress: (statements: number, differences: number) => void;
}

export interface RunResult {
  readonly tally: Tally;
  readonly others: Others;
}

/** Questions of the second half, for each hundred of the first. */
const OTHERS_SHARE = 0.1;
/** Enough for one database: everything is asked three times. */
const MOST_OTHERS = 1_000;

export async function runCrew(run: Run): Promise<RunResult> {
  const parts = deal(run);
  const progress = parts.map(() => [0, 0] as [number, number]);
  const tally = emptyTally();
  const others: Others = { asked: 0, differences: 0, flips: 0, found: [] };
  const working = parts.map(async (part, at) => {
    const done = await runPart(part, ({ statements, differences }) => {
      progress[at] = [statements, differences];
      const sum = (index: 0 | 1): number => progress.reduce((total, one) => total + one[index], 0);
      run.onProgress(sum(0), sum(1));
    });
    addTally(tally, done.tally);
    others.asked += done.others.asked;
    others.differences += done.others.differences;
    others.flips += done.others.flips;
    others.found.push(...done.others.found);
  });
  await Promise.all(working);
  return { tally, others };
}

/** Every world on every server gets its share, and each question is asked on one of them. */
function deal({ statements, seed, worlds, majors, lanes, scannedRows }: Run): Part[] {
  const fields = worlds.flatMap((world) => majors.map((major) => ({ world, major })));
  const halves = majors.length === 1 && statements >= 100 ? 2 : 1;
  const jobs = fields.flatMap(({ world, major }, index) =>
    Array.from({ length: halves }, (_, half): Job & { readonly half: number } => {
      const [first, last] = [index * halves + half, index * halves + half + 1].map((part) =>
        Math.round((part * statements) / (fields.length * halves)),
      );
      const [from = 0, to = 0] = [first, last];
      return {
        world,
        major,
        half,
        from,
        to,
        others: Math.min(MOST_OTHERS, Math.floor((to - from) * OTHERS_SHARE)),
      };
    }),
  );
  const groups = majors.length === 1 ? jobs.map(({ half }) => half) : jobs.map(({ major }) => major);
  return [...new Set(groups)].map((group) => ({
    seed,
    lanes,
    scannedRows,
    jobs: jobs.filter((_, at) => groups[at] === group),
  }));
}

function runPart(part: Part, onProgress: (report: Report) => void): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)));
    let result: RunResult | undefined;
    child.on('message', (report: Report) => {
      if (report.failed !== undefined) reject(new Error(report.failed));
      else if (report.done !== undefined) result = report.done;
      else onProgress(report);
    });
    child.on('error', reject);
    child.on('exit', (code) =>
      result === undefined ? reject(new Error(`A worker ended with ${code}.`)) : resolve(result),
    );
    child.send(part);
  });
}
