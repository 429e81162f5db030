/** A command that was called wrongly: a flag, an argument, an input file. Nothing has been done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly suggestion: string;

  constructor(message: string, suggestion: string) {
    super(message);
    this.suggestion = suggestion;
  }
}

/** Somebody pressed Ctrl-C, or said no. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
