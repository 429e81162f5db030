/** What is kept of the statements of one call, and which of them a rollback to a savepoint has taken back. */
import { performance } from 'node:perf_hooks';

/** What an event tells of one statement. */
export interface StatementNote {
  /** `SELECT`, `INSERT`, … as PostgreSQL names what it did. */
  readonly command: string;
  readonly rows: number;
  readonly us: number;
  /** The code rolled it back. Its rows count for nothing. */
  readonly undone?: true;
}

/** One statement, from when it is sent. */
export interface StatementEntry {
  /** Its answer: a text of several statements has several. */
  end(answers: readonly { readonly command: string; readonly rows: number }[]): void;
}

interface Kept {
  readonly startedAt: number;
  notes: readonly StatementNote[];
  undone: boolean;
}

interface Frame {
  readonly name: string;
  /** How many statements had been sent when it was made. */
  readonly from: number;
}

/** Statements that an event names; of more it counts the rows. */
const NAMED = 50;

export class StatementRecord {
  readonly #kept: Kept[] = [];
  #frames: Frame[] = [];

  start(): StatementEntry {
    const kept: Kept = { startedAt: performance.now(), notes: [], undone: false };
    this.#kept.push(kept);
    return {
      end(answers) {
        const us = Math.round((performance.now() - kept.startedAt) * 1000);
        kept.notes = answers.map(({ command, rows }) => ({ command, rows, us }));
      },
    };
  }

  /** A savepoint was asked for. Gives what to do where it could not be made. */
  savepoint(name: string): () => void {
    const frame: Frame = { name, from: this.#kept.length };
    this.#frames.push(frame);
    return () => {
      this.#frames = this.#frames.filter((one) => one !== frame);
    };
  }

  has(name: string): boolean {
    return this.#frames.some((frame) => frame.name === name);
  }

  /** It is gone, with those made after it, and what was done since stays. */
  release(name: string): void {
    const at = this.#last(name);
    if (at !== -1) this.#frames.length = at;
  }

  /** What was done since it is taken back; it stays. */
  rollbackTo(name: string): void {
    const at = this.#last(name);
    const frame = this.#frames[at];
    if (frame === undefined) return;
    this.#frames.length = at + 1;
    for (const kept of this.#kept.slice(frame.from)) kept.undone = true;
  }

  get notes(): readonly StatementNote[] {
    return this.#kept
      .flatMap(({ notes, undone }) =>
        undone ? notes.map((note): StatementNote => ({ ...note, undone: true })) : notes,
      )
      .slice(0, NAMED);
  }

  /** Rows that all statements met whose work stands. */
  get rowCount(): number {
    return this.#kept
      .filter(({ undone }) => !undone)
      .reduce((sum, { notes }) => sum + notes.reduce((rows, note) => rows + note.rows, 0), 0);
  }

  #last(name: string): number {
    return this.#frames.findLastIndex((frame) => frame.name === name);
  }
}
