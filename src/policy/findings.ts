import type { PolicyNote } from './compiled.js';
import { type PolicyComplaint, PolicyInvalidError, type PolicyPath, printPath } from './complaint.js';
import type { PolicyFile } from './file.js';

/** What compiling finds: complaints that stop it, notes that do not. Each with its place in the file. */
export class Findings {
  readonly #file: PolicyFile;
  readonly #complaints: PolicyComplaint[] = [];
  readonly #notes: (PolicyNote & { readonly line: number })[] = [];

  constructor(file: PolicyFile) {
    this.#file = file;
  }

  complain(path: PolicyPath, message: string, advice: { readonly suggestion?: string } = {}): void {
    const { suggestion } = advice;
    const complaint = { ...this.#file.locate(path), path: printPath(path), message };
    this.#complaints.push(suggestion === undefined ? complaint : { ...complaint, suggestion });
  }

  note(path: PolicyPath, message: string): void {
    this.#notes.push({ path: printPath(path), message, line: this.#file.locate(path).line });
  }

  /** The notes, in the order of the file. */
  get notes(): readonly PolicyNote[] {
    return [...this.#notes].sort((a, b) => a.line - b.line);
  }

  /** Throws where there was a complaint: all of them, at once. */
  settle(): void {
    if (this.#complaints.length > 0) throw new PolicyInvalidError(this.#file.filename, this.#complaints);
  }
}
