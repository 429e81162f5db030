import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { type Server, startServer } from '../../src/database/server.js';
import { compiledPackage } from '../support/compiled.js';
import { isRunning } from '../support/is-running.js';
import { type Program, startProgram } from '../support/program.js';
import { uniqueName } from '../support/unique-name.js';

const running: Server[] = [];
const programs: Program[] = [];

afterEach(async () => {
  for (const { child } of programs.splice(0)) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function start(dataDir: string, onProgress?: (step: string) => void): Promise<Server> {
  const server = await startServer({ dataDir, ...(onProgress === undefined ? {} : { onProgress }) });
  running.push(server);
  return server;
}

/** Another program that starts a server on the data, prints its process id, and then does as `afterwards` says. */
async function startElsewhere(
  dataDir: string,
  afterwards: string,
): Promise<{ program: Program; pid: number }> {
  const module = join(await compiledPackage(), 'dist/database/server.js');
  const program = startProgram(`
    import { startServer } from ${JSON.stringify(module)};
    const server = await startServer({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(server.pid);
    ${afterwards}
  `);
  programs.push(program);
  return { program, pid: Number(await program.line()) };
}

async function goes(pid: number): Promise<void> {
  await expect.poll(() => isRunning(pid), { timeout: 30_000, interval: 20 }).toBe(false);
}

const stays = 'setInterval(() => undefined, 1000);';

describe('the end of a server of our own', () => {
  const freshDir = () => join(inject('runDirectory'), uniqueName('data'));

  it('comes when the program that started it forgets it and ends', async () => {
    const { program, pid } = await startElsewhere(freshDir(), '');
    expect(await program.ended()).toBe(0);
    await goes(pid);
  });

  it('comes when the program that started it is killed outright', async () => {
    const { program, pid } = await startElsewhere(freshDir(), stays);
    expect(isRunning(pid)).toBe(true);
    program.child.kill('SIGKILL');
    expect(await program.ended()).toBe('SIGKILL');
    await goes(pid);
  });

  it('is waited for by the next start on the same data', async () => {
    const dataDir = freshDir();
    const { program, pid } = await startElsewhere(dataDir, stays);
    program.child.kill('SIGKILL');
    await program.ended();
    const server = await start(dataDir);
    expect(server.pid).not.toBe(pid);
    expect(isRunning(pid)).toBe(false);
  });

  it('is brought about by the next start if it was left running', async () => {
    const dataDir = freshDir();
    const { program, pid } = await startElsewhere(dataDir, stays);
    // Stopped, the server cannot follow the program that started it, as if its watcher had been killed too.
    process.kill(pid, 'SIGSTOP');
    program.child.kill('SIGKILL');
    await program.ended();
    const steps: string[] = [];
    const starting = start(dataDir, (step) => steps.push(step));
    await expect.poll(() => steps.join('\n'), { timeout: 10_000 }).toContain('left behind');
    process.kill(pid, 'SIGCONT');
    const server = await starting;
    expect(isRunning(pid)).toBe(false);
    expect(server.pid).not.toBe(pid);
  });

  it('loses nothing committed when the server is killed outright, and leaves no obstacle', async () => {
    const dataDir = freshDir();
    const first = await start(dataDir);
    const client = new pg.Client(first.url('postgres', first.superuser, first.superuserPassword));
    client.on('error', () => undefined);
    await client.connect();
    await client.query(`create table kept as select 42 as answer`);
    process.kill(first.pid, 'SIGKILL');
    await goes(first.pid);
    expect(existsSync(join(first.dataDir, 'postmaster.pid'))).toBe(true);

    const second = await start(dataDir);
    const again = new pg.Client(second.url('postgres', second.superuser, second.superuserPassword));
    await again.connect();
    expect((await again.query('select answer from kept')).rows).toEqual([{ answer: 42 }]);
    await again.end();
  });

  it('does not come with a Ctrl-C that the program handles', async () => {
    const dataDir = freshDir();
    const { program, pid } = await startElsewhere(
      dataDir,
      `process.on('SIGINT', async () => { console.log('busy'); await server.stop(); console.log('stopped'); process.exit(3); });
       console.log('listening');${stays}`,
    );
    expect(await program.line()).toBe('listening');
    program.child.kill('SIGINT');
    expect(await program.line()).toBe('busy');
    expect(await program.line()).toBe('stopped');
    expect(await program.ended()).toBe(3);
    expect(isRunning(pid)).toBe(false);
    expect(existsSync(`${dataDir}.launcher`)).toBe(false);
  });

  it.skipIf(!existsSync('/proc/self'))('leaves no process behind', async () => {
    const server = await start(freshDir());
    expect(await processesNaming(server.dataDir)).not.toBe(0);
    await server.stop();
    await expect.poll(() => processesNaming(server.dataDir), { timeout: 10_000, interval: 20 }).toBe(0);
  });
});

async function processesNaming(text: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return commands.filter((command) => command.includes(text)).length;
}
