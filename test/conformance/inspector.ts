/** The MCP inspector's command line, as somebody uses it who tries a server: list, call, a refusal, and going on at a cursor. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Place } from './place.js';

/** Which protocol the inspector is told to speak. */
const ERAS = ['legacy', 'modern'] as const;

interface Run {
  readonly exit: number | null;
  readonly said: string;
  readonly result: {
    readonly tools?: readonly { readonly name: string }[];
    readonly isError?: boolean;
    readonly structuredContent?: Readonly<Record<string, unknown>>;
  };
}

export interface Inspected {
  readonly runs: number;
  readonly unexpected: readonly string[];
}

/** Every protocol over every transport. What went otherwise than it should is named. */
export async function inspect(
  inspector: string,
  place: Place,
  say: (step: string) => void,
): Promise<Inspected> {
  let runs = 0;
  const unexpected: string[] = [];
  for (const era of ERAS) {
    for (const [transport, target] of Object.entries(targets(place))) {
      const call = async (...args: string[]): Promise<Run> => {
        runs++;
        return await run(place, [inspector, '--cli', ...target, '--protocol-era', era, ...OUTPUT, ...args]);
      };
      const query = (input: object): Promise<Run> =>
        call('--method', 'tools/call', '--tool-name', 'query', '--tool-args-json', JSON.stringify(input));
      const expect = (what: string, { exit, said }: Run, held: boolean): void => {
        if (!held) unexpected.push(`${era} over ${transport}: ${what} (exit ${exit}): ${said.slice(0, 400)}`);
      };

      const before = await place.events();
      const listed = await call('--method', 'tools/list');
      const names = listed.result.tools?.map(({ name }) => name) ?? [];
      expect('list', listed, listed.exit === 0 && names.includes('query') && !names.includes('update'));
      const first = await query({ table: 'note', order: ['id'], limit: 2 });
      expect('call', first, first.exit === 0 && ids(first) === '1,3');
      const refused = await query({ table: 'nothing' });
      expect(
        'refusal',
        refused,
        refused.exit === 5 && refused.result.structuredContent?.code === 'unknown_table',
      );
      // Each run is a process and a connection of its own: nothing but the cursor leads on.
      const { nextCursor } = first.result.structuredContent ?? {};
      const on = await query({ table: 'note', order: ['id'], limit: 2, cursor: nextCursor });
      expect('going on', on, on.exit === 0 && ids(on) === '5,7');

      const recorded = (await place.events()).slice(before.length).map(({ effect }) => effect);
      if (recorded.sort().join() !== 'allowed,allowed,denied')
        unexpected.push(`${era} over ${transport}: the ledger has ${recorded.join() || 'nothing'}`);
    }
  }
  const stranger = await run(place, [
    inspector,
    '--cli',
    place.url,
    '--transport',
    'http',
    ...OUTPUT,
    '--method',
    'tools/list',
  ]);
  runs++;
  if (stranger.exit === 0) unexpected.push('a client without a token is served');
  say(`The inspector: ${runs} runs, ${unexpected.length} otherwise than expected`);
  return { runs, unexpected };
}

const OUTPUT = ['--format', 'json', '--quiet'];

function targets({ url, token, stdio }: Place): Readonly<Record<string, readonly string[]>> {
  const environment = Object.entries(stdio.env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return {
    'Streamable HTTP': [url, '--transport', 'http', '--header', `Authorization: Bearer ${token}`],
    stdio: [stdio.command, ...stdio.args, '--transport', 'stdio', ...environment],
  };
}

async function run({ folder }: Place, args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    // Its own settings are looked for, and kept, in the home directory.
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const [first = ''] = out.split('\n');
  const { result = {} } = first.startsWith('{') ? (JSON.parse(first) as Partial<Run>) : {};
  return { exit: child.exitCode, said: `${out}${err}`, result };
}

function ids({ result }: Run): string {
  const rows = result.structuredContent?.rows as readonly { readonly id: number }[] | undefined;
  return (rows ?? []).map(({ id }) => id).join();
}
