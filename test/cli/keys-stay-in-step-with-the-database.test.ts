import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers, embeddedServer } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { expectRefusal } from './support/refusal.js';
import { AS_WRITER, NOTES_POLICY, NOTES_SQL, writeNotesPolicy } from './support/two-tenants.js';

const KEYS = '.ringfence/keys.json';
const CALL = { input: '{"tool":"query","input":{"table":"note"}}\n' };

interface KeyFile {
  readonly claim_keys: readonly { readonly id: string }[];
  readonly gateway_password: string;
}

describe('one database', () => {
  let database: TestDatabase;
  let place: Workplace;
  const keyFile = async (): Promise<KeyFile> => JSON.parse(await readFile(place.path(KEYS), 'utf8'));
  const known = async (): Promise<string[]> =>
    (await database.query<{ key_id: string }>('select key_id from ringfence.claim_key order by 1')).map(
      ({ key_id }) => key_id,
    );
  const works = async (keys = KEYS): Promise<void> => {
    const run = await succeed(place, ['try', ...AS_WRITER, '--keys', keys], CALL);
    expect(run.lines()).toMatchObject([
      { decision: 'allowed', rows: [{ body: 'first' }, { body: 'second' }] },
    ]);
  };
  const ids = (file: KeyFile): string[] => file.claim_keys.map(({ id }) => id).sort();

  beforeAll(async () => {
    database = await createDatabase(embeddedServer, { sql: NOTES_SQL });
    place = await workplace({ DATABASE_URL: database.url });
    await writeNotesPolicy(place);
  });
  afterAll(async () => {
    await database.drop();
  });

  it('a failed apply leaves no keys file, and the next one works', async () => {
    await database.query(`create function refuse() returns event_trigger language plpgsql as $$ begin raise 'not today'; end $$;
      create event trigger refuse on ddl_command_start when tag in ('CREATE VIEW') execute function refuse()`);
    expectRefusal(await place.run(['apply']), 6, 'apply_failed', 'not today', 'Nothing was changed');
    await expect(stat(place.path(KEYS))).rejects.toThrow();
    expect(await database.query(`select from pg_namespace where nspname = 'ringfence'`)).toEqual([]);
    await database.query('drop event trigger refuse');
    await succeed(place, ['apply']);
    await works();
  });

  it('the file and the database name the same keys, and the password is nowhere in the database', async () => {
    const file = await keyFile();
    expect(await known()).toEqual(ids(file));
    const [{ rolpassword } = { rolpassword: '' }] = await database.query<{ rolpassword: string }>(
      `select rolpassword from pg_authid where rolname = 'ringfence_gateway'`,
    );
    expect(rolpassword).toMatch(/^SCRAM-SHA-256\$/);
    expect(rolpassword).not.toContain(file.gateway_password);
  });

  it('rotating puts a new key in front while a process with the old file goes on, until the old ones are dropped', async () => {
    await mkdir(place.path('old'), { mode: 0o700 });
    await writeFile(place.path('old/keys.json'), await readFile(place.path(KEYS)), { mode: 0o600 });
    const before = ids(await keyFile());
    const rotated = (await succeed(place, ['keys', 'rotate', '--json'])).json();
    expect(rotated).toEqual({ keys: KEYS, signing: expect.any(String), verifying: before });
    expect(await known()).toEqual([...before, String(rotated.signing)].sort());
    await works();
    await works('old/keys.json');

    expectRefusal(
      await place.run(['keys', 'drop-old', '--keys', 'old/keys.json']),
      8,
      'config_invalid',
      'newer',
    );
    const dropped = (await succeed(place, ['keys', 'drop-old', '--json'])).json();
    expect(dropped).toEqual({ keys: KEYS, signing: rotated.signing, verifying: [] });
    expect(await known()).toEqual([rotated.signing]);
    await works();
    const stale = await place.run(['try', ...AS_WRITER, '--keys', 'old/keys.json'], CALL);
    expect(stale.exit).not.toBe(0);
    expect(stale.stdout).not.toContain('first');
  });

  it('apply without the keys of an installed database says so and replaces nothing', async () => {
    const before = await known();
    await rename(place.path(KEYS), place.path('kept.json'));
    expectRefusal(await place.run(['apply']), 8, 'key_missing', '--new-keys', 'RINGFENCE_KEYS');
    await expect(stat(place.path(KEYS))).rejects.toThrow();
    await rename(place.path('kept.json'), place.path(KEYS));
    expect(await known()).toEqual(before);
    await works();
  });

  it('apply with the keys of something else says so and replaces nothing', async () => {
    const before = await known();
    expectRefusal(
      await place.run(['apply', '--keys', 'old/keys.json']),
      8,
      'config_invalid',
      '--new-keys',
      '--keys',
    );
    expect(await known()).toEqual(before);
  });

  it('apply --new-keys replaces them where they are lost', async () => {
    const before = await known();
    await rm(place.path(KEYS));
    await succeed(place, ['apply', '--new-keys']);
    expect(await known()).toEqual(ids(await keyFile()));
    expect(await known()).not.toEqual(before);
    await works();
  });

  it('apply mends a password that was changed under it', async () => {
    await database.query(`alter role ringfence_gateway password 'something else'`);
    expectRefusal(await place.run(['try', ...AS_WRITER], CALL), 4, 'database_unreachable', 'password');
    expect((await succeed(place, ['apply', '--json'])).json()).toMatchObject({
      changes: 0,
      gatewayPasswordSet: true,
    });
    await works();
  });
});

describe('two databases of one cluster', () => {
  let first: TestDatabase;
  let second: TestDatabase;
  let place: Workplace;
  const password = async (): Promise<unknown> =>
    (await first.query(`select rolpassword from pg_authid where rolname = 'ringfence_gateway'`))[0];

  beforeAll(async () => {
    first = await createDatabase(embeddedServer, { sql: NOTES_SQL });
    second = await createDatabase(embeddedServer, { sql: NOTES_SQL });
    place = await workplace();
    await writeNotesPolicy(place);
    await succeed(place, ['apply', '--url', first.url, '--keys', 'first.json']);
  });
  afterAll(async () => {
    await first.drop();
    await second.drop();
  });

  it('the second does not change the password that the first uses, and says what can be done', async () => {
    const before = await password();
    const run = await place.run(['apply', '--url', second.url, '--keys', 'second.json']);
    expectRefusal(run, 8, 'config_invalid', first.name, '--new-gateway-password', '--keys');
    expect(await password()).toEqual(before);
    await expect(stat(place.path('second.json'))).rejects.toThrow();
    expect(await second.query(`select from pg_namespace where nspname = 'ringfence'`)).toEqual([]);
  });

  it('the second may share the keys of the first', async () => {
    await succeed(place, ['apply', '--url', second.url, '--keys', 'first.json']);
    for (const { url } of [first, second]) {
      await succeed(place, ['try', ...AS_WRITER, '--url', url, '--keys', 'first.json'], CALL);
    }
  });

  it('a rotation for one reaches the other with its next apply', async () => {
    await succeed(place, ['keys', 'rotate', '--url', first.url, '--keys', 'first.json']);
    const applied = await succeed(place, ['apply', '--url', second.url, '--keys', 'first.json', '--json']);
    expect(applied.json()).toMatchObject({ changes: 0, keys: { made: null, told: true } });
    await succeed(place, ['try', ...AS_WRITER, '--url', second.url, '--keys', 'first.json'], CALL);
  });

  it('the second gets another password where that is asked for', async () => {
    const before = await password();
    await succeed(place, ['remove', '--url', second.url, '--drop-ledger']);
    await succeed(place, ['apply', '--url', second.url, '--keys', 'second.json', '--new-gateway-password']);
    expect(await password()).not.toEqual(before);
    await succeed(place, ['try', ...AS_WRITER, '--url', second.url, '--keys', 'second.json'], CALL);
    const shutOut = await place.run(['try', ...AS_WRITER, '--url', first.url, '--keys', 'first.json'], CALL);
    expectRefusal(shutOut, 4, 'database_unreachable', 'password');
  });
});

describeOnServers('an administrator who is no superuser', (server) => {
  let database: TestDatabase;
  let place: Workplace;

  beforeAll(async () => {
    database = await createDatabase(server);
    const owner = await database.createLogin({ prefix: 'owner', sql: 'alter role $login createrole' });
    await database.query(
      `alter database ${database.name} owner to ${owner.name}; grant create on schema public to ${owner.name}`,
    );
    await (await database.connect(owner)).query(NOTES_SQL);
    place = await workplace({ DATABASE_URL: database.urlFor(owner) });
    await writeNotesPolicy(place, NOTES_POLICY);
  });
  afterAll(async () => {
    await database.drop();
  });

  it('plans, applies, rotates, reads the ledger and removes', async () => {
    expect((await place.run(['plan'])).exit).toBe(2);
    await succeed(place, ['apply']);
    await succeed(place, ['try', ...AS_WRITER], CALL);
    await succeed(place, ['keys', 'rotate']);
    await succeed(place, ['try', ...AS_WRITER], CALL);
    await succeed(place, ['apply']);
    expect((await succeed(place, ['audit', 'verify', '--json'])).json()).toMatchObject({
      intact: true,
      events: 2,
    });
    expect((await succeed(place, ['audit', 'show', '--json'])).lines()).toHaveLength(2);
    await succeed(place, ['remove', '--drop-ledger']);
    expect(await database.query(`select rolname from pg_roles where rolname ~ '^ringfence_'`)).toEqual([]);
  });
});
