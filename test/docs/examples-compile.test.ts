/** Every TypeScript example on a page compiles against the public surface. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { generatePrisma } from '../adapters/support/prisma-client.js';
import { uniqueName } from '../support/unique-name.js';
import { allPages, blocksOf, checkout, onlyBlock, readPage } from './support/pages.js';

/** What examples may use without saying where it comes from: the product's own things, and what an earlier example made. */
const SURROUNDINGS = `
import type { Boundary, Principal, Ringfence, TokenVerifier } from 'ringfence';
type Handler<Args extends unknown[]> = (...args: Args) => unknown;
interface Request { readonly headers: Record<string, string> }
interface Job { readonly data: { readonly invoice: number; readonly boundary: unknown } }
declare global {
  const ringfence: Ringfence;
  const boundary: Boundary;
  const principal: Principal;
  const verify: TokenVerifier;
  const token: string;
  const url: string;
  const session: { readonly userId: string };
  const accounts: { ofUser(user: string): Promise<{ orgId: string; userId: string; role: string; plan: string }[]> };
  const server: { on(event: 'request', handler: Handler<[Request, object]>): void };
  const socket: { on(event: 'message', handler: Handler<[string]>): void };
  const bus: { on(event: 'paid', handler: Handler<[number]>): void };
  const queue: { add(job: Job['data']): Promise<void>; process(handler: Handler<[Job]>): void };
  const log: { warn(entry: object): void };
  function bearer(request: Request): string;
  function handle(request: Request, response: object): Promise<void>;
  function reply(...what: unknown[]): Promise<void>;
  function remind(invoice: number): void;
  function remindDebtors(tenant: string): Promise<void>;
  function summarise(invoice: number): Promise<void>;
}
`;

interface Example {
  readonly name: string;
  readonly text: string;
}

/** What `ringfence` and its subpaths are, before they are built. */
const { paths } = (
  JSON.parse(readFileSync(join(checkout, 'tsconfig.json'), 'utf8')) as {
    readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> };
  }
).compilerOptions;

/** The compiler's complaints about these examples, each a module of its own. */
async function complaints(examples: readonly Example[]): Promise<string> {
  const directory = join(inject('runDirectory'), uniqueName('examples'));
  await mkdir(directory);
  await symlink(join(checkout, 'node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await writeFile(join(directory, 'surroundings.d.ts'), SURROUNDINGS);
  await writeFile(
    join(directory, 'tsconfig.json'),
    JSON.stringify({
      extends: join(checkout, 'tsconfig.json'),
      compilerOptions: {
        paths: Object.fromEntries(
          Object.entries(paths).map(([name, [file = '']]) => [name, [join(checkout, file)]]),
        ),
        types: ['node'],
        typeRoots: [join(checkout, 'node_modules/@types')],
        // An example shows a value and leaves it at that.
        noUnusedLocals: false,
      },
      include: ['*.ts'],
    }),
  );
  const generated = await generatePrisma(onlyBlock(readPage('docs/own-tools.md'), 'prisma', 'run').text);
  await symlink(join(generated, 'generated'), join(directory, 'generated'));
  for (const { name, text } of examples) await writeFile(join(directory, name), text);
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const said = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [tsc, '--project', directory, '--pretty', 'false'],
      { cwd: directory },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    );
  });
  // What is wrong elsewhere is told elsewhere.
  return said
    .split('\n')
    .filter((line) => examples.some(({ name }) => line.includes(`${name}(`)))
    .join('\n');
}

it('every TypeScript example compiles against the public surface, and one that would not is noticed', async () => {
  const blocks = blocksOf(allPages(), ['ts', 'typescript']);
  expect(blocks.length).toBeGreaterThan(10);
  const examples = blocks.map((block) => ({
    name: `${block.page.replaceAll(/[/.]/g, '-')}-line-${block.line}.ts`,
    // The compiler's line numbers are then those of the page.
    text: `${'\n'.repeat(block.line - 1)}${block.text}\nexport {};\n`,
  }));
  const wrong = {
    name: 'wrong.ts',
    text: "import { createRingfence } from 'ringfence';\nawait createRingfence({ uri: '' });\n",
  };
  const said = await complaints([...examples, wrong]);
  expect(said).toMatch(/^wrong\.ts\(2,\d+\): error TS\d+: .*uri/m);
  expect(said.split('\n').filter((line) => !line.startsWith('wrong.ts'))).toEqual([]);
});
