/** How the demo is told: lines of at most a hundred columns, plain text first, colour on top of it. */
import type { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where the story goes. */
export interface Listener {
  /** A line of the story. */
  tell(line: string): Promise<void>;
  /** Something long has begun. */
  progress(line: string): void;
  /** Text in a colour, or as it is where colour is not wanted. */
  paint(style: Style, text: string): string;
}

/** The part of Ringfence that said no, or showed nothing. */
export type Layer =
  | 'boundary'
  | 'gate'
  | 'slice'
  | 'statement scope'
  | 'row-level security'
  | 'seal'
  | 'ledger';

/** One thing that the agent tried, and how it went. */
export interface Told {
  readonly what: string;
  readonly decision: string;
  /** A code, or how many rows. */
  readonly result: string;
  readonly held: Layer | null;
  /** True where it went as it must. */
  readonly good: boolean;
  /** What goes below it: the rule, the answer, what happens without Ringfence. */
  readonly below: readonly { readonly label: string; readonly text: string }[];
}

/** The label of what the same wish gets where there is no Ringfence. */
export const WITHOUT = 'without Ringfence';

const WIDTH = 100;
const WHAT = 47;
const DECISION = 8;
const RESULT = 19;
const INDENT = '    ';

/** A heading with what the part is about. */
export function heading(listener: Listener, title: string, about: string): string[] {
  const bar = '─'.repeat(Math.max(0, WIDTH - title.length - 4));
  const lines = about === '' ? [] : [...paragraph(about), ''];
  return ['', `${listener.paint('bold', `── ${title}`)} ${listener.paint('dim', bar)}`, ...lines];
}

/** The names of the columns in which {@link toldLines} writes. */
export function columnNames(listener: Listener): string {
  return listener.paint(
    'dim',
    `  ${'what it tried'.padEnd(WHAT + 2)}${'decision'.padEnd(DECISION + 1)}${'code or rows'.padEnd(RESULT)}held by`,
  );
}

/** What the agent tried as one line, and below it what there is to say. */
export function toldLines(listener: Listener, told: Told): string[] {
  const mark = told.good ? listener.paint('green', '✓') : listener.paint(['red', 'bold'], '✗');
  const style: Style = !told.good
    ? ['red', 'bold']
    : told.decision === 'allowed' && told.held === null
      ? 'green'
      : 'yellow';
  const held = told.good ? (told.held ?? '') : 'NOT HELD';
  const line =
    `${mark} ${cut(told.what, WHAT).padEnd(WHAT)}  ` +
    `${listener.paint(style, told.decision.padEnd(DECISION))} ${told.result.padEnd(RESULT)}` +
    listener.paint(told.good ? 'cyan' : ['red', 'bold'], held);
  return [`  ${line}`.trimEnd(), ...told.below.flatMap((one) => belowLines(listener, one))];
}

function belowLines(listener: Listener, { label, text }: Told['below'][number]): string[] {
  const start = label === '' ? '' : `${label}: `;
  const room = WIDTH - INDENT.length;
  return wrap(`${start}${text}`, room).map((line) => {
    const painted = label === WITHOUT ? listener.paint('magenta', line) : listener.paint('dim', line);
    return `${INDENT}${painted}`;
  });
}

/** Running text. */
export function paragraph(text: string): string[] {
  return wrap(text, WIDTH - 4).map((line) => `  ${line}`);
}

/** Text in lines of at most so many columns. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => pieces(one, columns))) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function pieces(word: string, columns: number): string[] {
  return word.length <= columns ? [word] : (word.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? []);
}

/** Text of at most so many columns, its end left out where it has more. */
export function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}

/** A small table for people: names over values, two columns apart. */
export function tableLines(listener: Listener, rows: readonly Readonly<Record<string, string>>[]): string[] {
  const names = Object.keys(rows[0] ?? {});
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => (row[name] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd();
  return [
    listener.paint('dim', line(names)),
    ...rows.map((row) => line(names.map((name) => row[name] ?? ''))),
  ];
}
