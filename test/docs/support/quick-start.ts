/** `docs/quick-start.md`, carried out line by line in a folder of its own. */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { npmInstall } from '../../support/packed.js';
import type { TestServer } from '../../support/test-server.js';
import { uniqueName } from '../../support/unique-name.js';
import { blocksOf, onlyBlock, type Page, readPage } from './pages.js';

const page = readPage('docs/quick-start.md');

export interface QuickStart {
  readonly database: TestDatabase;
  readonly folder: string;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** What each command printed, by its line on the page. */
  readonly printed: ReadonlyMap<string, string>;
  /** Runs one more command there; `npm install` without a registry, see {@link npmInstall}. */
  run(command: string): Promise<string>;
  /** Writes every file of another page and runs every command of it, in order, and gives what each printed. */
  carryOut(page: Page): Promise<ReadonlyMap<string, string>>;
}

/** An empty folder and an existing database; then every file and every command of the page, in order. */
export async function quickStart(server: TestServer): Promise<QuickStart> {
  const database = await createDatabase(server, { sql: onlyBlock(page, 'sql', 'run=shop').text });
  const folder = join(inject('runDirectory'), uniqueName('quick-start'));
  await mkdir(folder);
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: folder,
    NO_COLOR: '1',
    // What is asked for is there; npm has nothing to look for elsewhere.
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  };
  // The page's address of a database, in place of which everybody puts their own.
  const addresses: Readonly<Record<string, string>> = {
    RINGFENCE_ADMIN_URL: database.url,
    RINGFENCE_GATEWAY_URL: database.url.replace(/\/\/[^@]*@/, '//'),
  };
  const run: QuickStart['run'] = async (command) => {
    const [, names] = /^npm i(?:nstall)? (.+)$/.exec(command) ?? [];
    if (names === undefined) return await inShell(command, folder, environment);
    await npmInstall(folder, names.split(' '));
    return '';
  };
  const carryOut: QuickStart['carryOut'] = async ({ blocks }) => {
    const printed = new Map<string, string>();
    for (const { language, info, text } of blocks) {
      const [, file] = /^file=(.+)$/.exec(info) ?? [];
      if (file !== undefined) await writeFile(join(folder, file), text);
      if (language !== 'sh') continue;
      for (const line of text.split('\n')) {
        const [, variable = ''] = /^export ([A-Z_]+)=/.exec(line) ?? [];
        if (variable in addresses) environment[variable] = addresses[variable];
        else printed.set(line, await run(line));
      }
    }
    return printed;
  };
  const printed = await carryOut(page);
  return { database, folder, environment, printed, run, carryOut };
}

/** The code that the page has its reader write. */
export function linesToWrite(): number {
  return blocksOf([page], ['js'])
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => line.trim() !== '').length;
}

function inShell(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let printed = '';
  child.stdout.on('data', (part) => (printed += String(part)));
  child.stderr.on('data', (part) => (said += String(part)));
  return new Promise((resolve, reject) => {
    child.once('close', (exit) =>
      exit === 0 ? resolve(printed) : reject(new Error(`${command} ended with ${exit}: ${printed}${said}`)),
    );
  });
}
