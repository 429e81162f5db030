import { PassThrough } from 'node:stream';
import { runCommandLine, type Surroundings } from '../../../src/cli/program.js';

/** What the program says to `--help` of a command: `help('audit', 'show')`. */
export async function help(...command: string[]): Promise<string> {
  const stdout = new PassThrough();
  const parts: Buffer[] = [];
  stdout.on('data', (part: Buffer) => parts.push(part));
  const quiet = new PassThrough();
  // Nobody reads from the one or looks at the others: they only have to be streams.
  const surroundings = {
    stdin: new PassThrough(),
    stdout,
    stderr: quiet,
    env: {},
  } as unknown as Surroundings;
  const exit = await runCommandLine([...command, '--help'], surroundings);
  const text = Buffer.concat(parts).toString('utf8');
  if (exit !== 0) throw new Error(`ringfence ${command.join(' ')} --help ended with ${exit}`);
  return text;
}

/** The rows of a part of the help: `Options`, `Commands`, `Global Options`, `Arguments`. */
export function helpRows(text: string, part: string): readonly string[] {
  const [, body = ''] = new RegExp(`^${part}:\\n((?:  .*\\n?)+)`, 'm').exec(text) ?? [];
  return body
    .split('\n')
    .filter((line) => /^ {2}\S/.test(line))
    .map((line) => line.trim().split(/ {2,}/)[0] ?? '');
}

/** Every command that does something: `[['init'], …, ['audit', 'show'], …]`. */
export async function commands(): Promise<readonly (readonly string[])[]> {
  const found: string[][] = [];
  const visit = async (path: string[]): Promise<void> => {
    const inner = helpRows(await help(...path), 'Commands')
      .map((row) => row.split(' ')[0] ?? '')
      .filter((name) => name !== 'help' && name !== '');
    if (inner.length === 0) found.push(path);
    for (const name of inner) await visit([...path, name]);
  };
  await visit([]);
  return found;
}
