/**
 * Where words go: answers to stdout, everything said along the way to stderr. Colour only where somebody looks.
 */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** The part of a stream that is written to. */
interface Sink {
  readonly isTTY?: boolean | undefined;
  write(text: string, done: (error?: Error | null) => void): boolean;
}

interface TerminalOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** True where a person can be asked: standard input and error are a terminal. */
  readonly interactive: boolean;
  /** True for `--json`: no tables, no prose on stdout. */
  readonly json: boolean;
  readonly environment: NodeJS.ProcessEnv;
}

export interface Terminal {
  readonly json: boolean;
  readonly interactive: boolean;
  /** True where stdout is read by a person rather than a program. */
  readonly readable: boolean;
  /** Aborted once nobody reads stdout any more. */
  readonly closed: AbortSignal;
  /** A line of the answer. Resolves when it has been taken, so that a slow reader slows the command. */
  answer(line: string): Promise<void>;
  /** A value of the answer, as one line of JSON. */
  answerJson(value: unknown): Promise<void>;
  /** Something said along the way. */
  say(line: string): void;
  /** Whether colour is wanted there. */
  readonly colour: Readonly<Record<'stdout' | 'stderr', boolean>>;
  /** Text in a colour, for stdout or, where `on` says so, for stderr; plain where colour is not wanted. */
  paint(style: Style, text: string, on?: 'stdout' | 'stderr'): string;
}

export function createTerminal(options: TerminalOptions): Terminal {
  const { stdout, stderr, json, interactive } = options;
  const closing = new AbortController();
  const colour = {
    stdout: wantsColour(stdout, options.environment),
    stderr: wantsColour(stderr, options.environment),
  };
  const answer = (line: string): Promise<void> =>
    new Promise((resolve, reject) => {
      if (closing.signal.aborted) return resolve();
      stdout.write(`${line}\n`, (error) => {
        if (error === undefined || error === null) return resolve();
        if (!isBrokenPipe(error)) return reject(error);
        closing.abort();
        resolve();
      });
    });
  return Object.freeze<Terminal>({
    json,
    interactive,
    colour,
    readable: !json && stdout.isTTY === true,
    closed: closing.signal,
    answer,
    answerJson: (value) => answer(JSON.stringify(value)),
    say: (line) => {
      stderr.write(`${line}\n`, () => undefined);
    },
    paint: (style, text, on = 'stdout') =>
      colour[on] ? styleText(style, text, { validateStream: false }) : text,
  });
}

/** Whether an error of a stream only means that its reader has gone, as `head` does. */
export function isBrokenPipe(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

/** https://no-color.org and https://force-color.org: set and not empty; `FORCE_COLOR=0` is a no. */
function wantsColour(sink: Sink, environment: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return sink.isTTY === true && TERM !== 'dumb';
}
