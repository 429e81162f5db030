import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, inject, it } from 'vitest';
import { type Server, type ServerOptions, startServer } from '../../src/database/server.js';
import { RingfenceError } from '../../src/errors.js';
import { isRunning } from '../support/is-running.js';
import { describeOnServers } from '../support/test-server.js';
import { uniqueName } from '../support/unique-name.js';

const running: Server[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function start(options: ServerOptions): Promise<Server> {
  const server = await startServer(options);
  running.push(server);
  return server;
}

async function ask(server: Server, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(server.url('postgres', server.superuser, server.superuserPassword));
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

async function complaintOf(starting: Promise<Server>): Promise<string> {
  const error = await starting.then(
    () => expect.unreachable('the server started'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RingfenceError);
  expect(error).toMatchObject({ code: 'server_failed' });
  return (error as RingfenceError).message;
}

describeOnServers('a server of our own', ({ binDir, major }) => {
  const freshDir = () => join(inject('runDirectory'), uniqueName('data'));
  const where = (dataDir = freshDir()): ServerOptions => ({
    dataDir,
    ...(binDir === undefined ? {} : { binDir }),
  });

  it('is the version asked for, keeps Unicode, and is durable unless told otherwise', async () => {
    const steps: string[] = [];
    const server = await start({ ...where(), onProgress: (step) => steps.push(step) });
    const [row] = await ask(
      server,
      `select current_setting('server_version_num')::int / 10000 as major, upper('é') as upper,
         getdatabaseencoding() as encoding, current_setting('fsync') as fsync, current_setting('TimeZone') as zone`,
    );
    expect(row).toMatchObject({ major, upper: 'É', encoding: 'UTF8', fsync: 'on' });
    expect(row?.zone).toMatch(/UTC$/);
    expect(Number.parseInt(server.version, 10)).toBe(major);
    expect(steps[0]).toMatch(/^Creating a PostgreSQL/);
  });

  it('applies the settings it is given', async () => {
    const server = await start({
      ...where(),
      settings: { fsync: false, work_mem: '5MB', max_connections: 17 },
    });
    expect(
      await ask(
        server,
        `select current_setting('fsync') as f, current_setting('work_mem') as w, current_setting('max_connections') as m`,
      ),
    ).toEqual([{ f: 'off', w: '5MB', m: '17' }]);
  });

  it('opens the same data with the same password the next time', async () => {
    const options = where();
    const first = await start(options);
    await ask(first, `create table kept as select 'still here' as word`);
    await first.stop();
    expect(isRunning(first.pid)).toBe(false);

    const second = await start(options);
    expect(second.superuserPassword).toBe(first.superuserPassword);
    expect(await ask(second, 'select word from kept')).toEqual([{ word: 'still here' }]);
  });

  it('can be stopped twice', async () => {
    const server = await start(where());
    await server.stop();
    await server.stop();
    await expect(ask(server, 'select 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('runs beside another one without either knowing', async () => {
    const [one, other] = await Promise.all([start(where()), start(where())]);
    await ask(one, 'create table only_here ()');
    expect(one.port).not.toBe(other.port);
    expect(one.superuserPassword).not.toBe(other.superuserPassword);
    expect(await ask(other, `select to_regclass('only_here') as found`)).toEqual([{ found: null }]);
  });

  it('is one, and one alone, when two programs start it on new data at once', async () => {
    const options = where();
    const attempts = await Promise.allSettled([start(options), start(options)]);
    const started = attempts.filter((attempt) => attempt.status === 'fulfilled');
    expect(started.length).toBeGreaterThanOrEqual(1);
    for (const { value } of started) expect(await ask(value, 'select 1 as one')).toEqual([{ one: 1 }]);
    for (const attempt of attempts) {
      if (attempt.status === 'rejected')
        expect(String(attempt.reason)).toContain('Another program is running');
    }
  });

  it('lets nobody in without the password, from nowhere but this machine', async () => {
    const server = await start(where());
    for (const password of [undefined, 'postgres', '']) {
      const client = new pg.Client(server.url('postgres', server.superuser, password));
      await expect(client.connect()).rejects.toThrow(/password/);
    }
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal);
    if (outside !== undefined) {
      const client = new pg.Client({
        host: outside.address,
        port: server.port,
        user: 'postgres',
        password: 'x',
      });
      await expect(client.connect()).rejects.toThrow('ECONNREFUSED');
    }
  });

  it('keeps its password and its log where only their owner can read them', async () => {
    const options = where();
    const server = await start(options);
    expect(await readFile(`${options.dataDir}.password`, 'utf8')).toBe(server.superuserPassword);
    for (const suffix of ['password', 'log']) {
      expect((await stat(`${options.dataDir}.${suffix}`)).mode & 0o077).toBe(0);
    }
  });

  it('says that a port is taken, and what to do', async () => {
    const squatter = createServer();
    const port = await new Promise<number>((resolve) => {
      squatter.listen(0, '127.0.0.1', () => {
        const address = squatter.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    try {
      const complaint = await complaintOf(start({ ...where(), port }));
      expect(complaint).toContain(`Port ${port} on 127.0.0.1 is in use`);
      expect(complaint).toContain('choose another port');
    } finally {
      squatter.close();
    }
  });

  it('refuses data that another program is using', async () => {
    const options = where();
    await start(options);
    expect(await complaintOf(start(options))).toContain('Stop that program, or use another data directory');
  });

  it('refuses a directory that holds something else, and leaves it alone', async () => {
    const dataDir = freshDir();
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'thesis.txt'), 'years of work');
    expect(await complaintOf(start(where(dataDir)))).toContain('not a PostgreSQL database cluster');
    expect(await readdir(dataDir)).toEqual(['thesis.txt']);
  });

  it("refuses another version's data by name", async () => {
    const dataDir = freshDir();
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'PG_VERSION'), '13\n');
    expect(await complaintOf(start(where(dataDir)))).toContain('was made by PostgreSQL 13');
  });

  it('repeats what PostgreSQL said of a setting it does not know', async () => {
    expect(await complaintOf(start({ ...where(), settings: { no_such_setting: 1 } }))).toContain(
      'no_such_setting',
    );
  });

  it('begins anew where a creation was cut short, and clears up after it', async () => {
    const options = where();
    // No process has this id: it is past what any system gives out.
    const half = `${options.dataDir}.initdb-99999999`;
    await mkdir(half);
    await writeFile(join(half, 'PG_VERSION'), `${major}\n`);
    const server = await start(options);
    expect(await ask(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    await expect(stat(half)).rejects.toThrow('ENOENT');
  });
});
