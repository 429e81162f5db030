import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { compiledPackage } from './compiled.js';
import { uniqueName } from './unique-name.js';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
let packing: Promise<string> | undefined;

/** The tarball that `npm pack` makes of the package, as it would be published. */
export function packedPackage(): Promise<string> {
  packing ??= pack();
  return packing;
}

async function pack(): Promise<string> {
  const directory = join(inject('runDirectory'), uniqueName('packed'));
  await mkdir(directory);
  const { files } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as { files: string[] };
  for (const name of ['package.json', 'README.md', 'LICENSE', ...files.filter((file) => file !== 'dist')]) {
    await cp(join(checkout, name), join(directory, name), { recursive: true });
  }
  await cp(join(await compiledPackage(), 'dist'), join(directory, 'dist'), { recursive: true });
  const { stdout } = await run('npm', ['pack', '--silent', '--ignore-scripts'], { cwd: directory });
  return join(directory, stdout.trim());
}

/**
 * What `npm install <names>` leaves in a folder, without a registry: the packed package unpacked, and beside it its dependencies and the other
 * packages as links to those of the checkout. Nothing else can be imported from there. Not by npm itself: it would run the scripts of what
 * the links lead to, in the checkout.
 */
export async function npmInstall(folder: string, names: readonly string[]): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '.bin'), { recursive: true });
  const wanted = new Set(names);
  const unpacked = join(modules, 'ringfence');
  if (wanted.delete('ringfence') && !existsSync(unpacked)) {
    await mkdir(unpacked);
    await run('tar', ['-xzf', await packedPackage(), '-C', unpacked, '--strip-components', '1']);
    const { dependencies, bin } = await manifest(unpacked);
    for (const name of Object.keys(dependencies ?? {})) wanted.add(name);
    for (const program of Object.values(bin ?? {})) await chmod(join(unpacked, program), 0o755);
    await linkPrograms(modules, 'ringfence');
  }
  await note(folder, names);
  for (const name of wanted) {
    if (existsSync(join(modules, name))) continue;
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(checkout, 'node_modules', name), join(modules, name));
    await linkPrograms(modules, name);
  }
}

/** Whether the folder has a package.json yet or not, it names them afterwards. */
async function note(folder: string, names: readonly string[]): Promise<void> {
  const noted: Manifest = await manifest(folder).catch(() => ({}));
  const dependencies = { ...noted.dependencies, ...Object.fromEntries(names.map((name) => [name, '*'])) };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...noted, dependencies }));
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly bin?: string | Readonly<Record<string, string>>;
}

async function manifest(directory: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Manifest;
}

async function linkPrograms(modules: string, name: string): Promise<void> {
  const { bin = {} } = await manifest(join(modules, name));
  const programs = typeof bin === 'string' ? { [name]: bin } : bin;
  for (const [program, path] of Object.entries(programs))
    await symlink(join('..', name, path), join(modules, '.bin', program));
}
