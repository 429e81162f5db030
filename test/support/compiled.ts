import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { uniqueName } from './unique-name.js';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
let compiling: Promise<string> | undefined;

/**
 * Compiles `src/` for tests that run it as a program of its own, and gives the directory, laid out as the installed
 * package: `${await compiledPackage()}/dist/cli/main.js`.
 */
export function compiledPackage(): Promise<string> {
  compiling ??= compile();
  return compiling;
}

async function compile(): Promise<string> {
  const directory = join(inject('runDirectory'), uniqueName('package'));
  await mkdir(directory);
  for (const name of ['package.json', 'node_modules', 'sql', 'schema']) {
    await symlink(join(checkout, name), join(directory, name));
  }
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  await promisify(execFile)(process.execPath, [
    tsc,
    '--project',
    join(checkout, 'tsconfig.build.json'),
    '--outDir',
    join(directory, 'dist'),
    // Types are checked once for all, elsewhere.
    '--noCheck',
  ]);
  return directory;
}
