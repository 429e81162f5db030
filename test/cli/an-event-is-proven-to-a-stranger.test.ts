/** `audit prove`, `check`, `checkpoint`, `keys`: from a governed call to a proof that holds without any database. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyEventProof } from '../../src/proof/event-proof.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { AS_WRITER, NOTES_SQL, writeNotesPolicy } from './support/two-tenants.js';

describe('an event', () => {
  let database: TestDatabase;
  let place: Workplace;
  /** Without a database, a keys file or a policy. */
  let stranger: Workplace;
  let vkey: string;
  let event: string;

  beforeAll(async () => {
    database = await createDatabase(embeddedServer, { sql: NOTES_SQL });
    place = await workplace({ DATABASE_URL: database.url });
    stranger = await workplace();
    await writeNotesPolicy(place);
    await succeed(place, ['apply']);
    const input = '{"tool":"query","input":{"table":"note"}}\n'.repeat(5);
    const tried = await succeed(place, ['try', '--json', ...AS_WRITER], { input });
    event = tried.lines<{ event: string }>()[2]?.event ?? '';
    vkey = (await succeed(place, ['audit', 'keys'])).stdout.trim();
  });
  afterAll(() => database.drop());

  it('is proven by two files, which hold on a machine that has neither database nor keys', async () => {
    const written = (await succeed(place, ['audit', 'prove', event])).stdout.trim().split('\n');
    expect(written).toEqual([`${event}.json`, `${event}.tlog-proof`]);
    for (const name of written) await writeFile(stranger.path(name), await readFile(place.path(name)));
    const [leaf = '', proof = ''] = written;
    const holds = await succeed(stranger, ['audit', 'check', leaf, proof, '--key', vkey, '--json']);
    expect(holds.json()).toMatchObject({ holds: true, seq: 3, size: 5, signedBy: [vkey] });
    const bytes = await readFile(stranger.path(leaf));
    expect(JSON.parse(bytes.toString())).toMatchObject({ event_id: event });
    const text = (await readFile(stranger.path(proof))).toString();
    expect(await verifyEventProof(bytes, text, [vkey])).toMatchObject({ holds: true, index: 2 });
  });

  it('is not proven once a letter of it, of its proof or of the key differs', async () => {
    const { leaf, proof } = (await succeed(place, ['audit', 'prove', event, '--json'])).json<{
      leaf: string;
      proof: string;
    }>();
    const check = async (changedLeaf: string, changedProof: string, key = vkey) => {
      await writeFile(stranger.path('leaf'), changedLeaf);
      await writeFile(stranger.path('proof'), changedProof);
      const run = await stranger.run(['audit', 'check', 'leaf', 'proof', '--key', key, '--json']);
      return [run.exit, run.json()];
    };
    expect(await check(leaf, proof)).toEqual([0, expect.objectContaining({ holds: true })]);
    expect(await check(leaf.replace('allowed', 'refused'), proof)).toEqual([
      7,
      { holds: false, fault: 'inclusion' },
    ]);
    expect(await check(leaf, proof.replace('index 2', 'index 1'))).toEqual([
      7,
      { holds: false, fault: 'inclusion' },
    ]);
    expect(await check(leaf, proof.replace('\n5\n', '\n6\n'))).toEqual([
      7,
      { holds: false, fault: 'signature' },
    ]);
    expect(await check(leaf, proof.slice(1))).toEqual([7, { holds: false, fault: 'malformed' }]);
    expect(await check(leaf, proof, `${vkey.slice(0, -4)}AAA=`)).toEqual([
      7,
      { holds: false, fault: 'malformed' },
    ]);
    const other = (await succeed(await otherInstallation(), ['audit', 'keys'])).stdout.trim();
    expect(await check(leaf, proof, other)).toEqual([7, { holds: false, fault: 'signature' }]);
  });

  const otherInstallation = async (): Promise<Workplace> => {
    const other = await workplace({ DATABASE_URL: database.url });
    const { checkpoint, ...keys } = JSON.parse(await readFile(place.path('.ringfence/keys.json'), 'utf8'));
    await writeFile(
      other.path('keys.json'),
      JSON.stringify({ ...keys, checkpoint: { ...checkpoint, name: 'ringfence/other' } }),
      { mode: 0o600 },
    );
    return { ...other, run: (args, options) => other.run([...args, '--keys', 'keys.json'], options) };
  };

  it('is in an export, which verifies on that machine as well', async () => {
    const written = await succeed(place, ['audit', 'export', '--out', stranger.path('ledger'), '--json']);
    expect(written.json()).toMatchObject({ streams: [{ events: 5 }, { log: 'operator' }] });
    const verified = await succeed(stranger, [
      'audit',
      'verify',
      '--from',
      'ledger',
      '--key',
      vkey,
      '--json',
    ]);
    expect(verified.json()).toMatchObject({ intact: true, events: 5, signaturesChecked: true });
    const said = await stranger.run(['audit', 'verify', '--from', 'ledger']);
    expect([said.exit, said.stderr]).toEqual([0, expect.stringContaining('were not verified')]);
    await writeFile(stranger.path('ledger/operator/checkpoint'), 'none');
    const tampered = await stranger.run(['audit', 'verify', '--from', 'ledger', '--key', vkey]);
    expect([tampered.exit, tampered.stdout]).toEqual([
      7,
      expect.stringContaining('unreadable: operator/checkpoint'),
    ]);
    expect((await stranger.run(['audit', 'verify', '--from', 'nowhere'])).exit).toBe(64);
    expect((await stranger.run(['audit', 'verify', '--from', 'ledger', '--tenant', 'north'])).exit).toBe(64);
  });

  it('that is none, or in no stream, is said to be so', async () => {
    expect((await place.run(['audit', 'prove', 'seven'])).exit).toBe(64);
    const absent = await place.run(['audit', 'prove', '0190f7a0-0000-7000-8000-000000000000']);
    expect(absent.exit).toBe(64);
    expect(absent.stderr).toContain('No stream of this ledger holds that event');
  });

  it('that was rewritten with everything that signs it is found out by the checkpoint that was kept', async () => {
    const kept = await succeed(place, ['audit', 'checkpoint']);
    await writeFile(place.path('kept.note'), kept.stdout);
    await succeed(place, ['audit', 'verify', '--checkpoint', 'kept.note']);
    await database.query(`begin;
      ${['leaf', 'operator_leaf', 'stream', 'checkpoint', 'tile'].map((table) => `alter table ringfence.${table} disable trigger all;`).join('')}
      delete from ringfence.leaf; delete from ringfence.operator_leaf; delete from ringfence.stream; delete from ringfence.checkpoint; delete from ringfence.tile; commit`);
    await succeed(place, ['try', ...AS_WRITER], { input: '{"tool":"query","input":{"table":"note"}}\n' });
    expect((await place.run(['audit', 'verify'])).exit).toBe(0);
    const run = await place.run(['audit', 'verify', '--checkpoint', 'kept.note']);
    expect([run.exit, run.stdout]).toEqual([7, expect.stringContaining('forked')]);
    const unsigned = await stranger.run([
      'audit',
      'verify',
      '--checkpoint',
      'kept.note',
      '--url',
      database.url,
    ]);
    expect([unsigned.exit, unsigned.stderr]).toEqual([64, expect.stringContaining('no key')]);
  });
});
