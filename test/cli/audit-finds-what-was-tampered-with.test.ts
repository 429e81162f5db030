import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { AS_WRITER, NOTES_SQL, writeNotesPolicy } from './support/two-tenants.js';

const CALLS = { input: '{"tool":"query","input":{"table":"note"}}\n'.repeat(3) };

interface Verification {
  readonly intact: boolean;
  readonly events: number;
  readonly streams: readonly { readonly tenant: string; readonly verdict: string }[];
}

describe('audit verify', () => {
  let database: TestDatabase;
  let place: Workplace;
  const asSuperuser = async (sql: string): Promise<void> => {
    await database.query(`begin; alter table ringfence.leaf disable trigger all; ${sql};
      alter table ringfence.leaf enable always trigger append_only; commit`);
  };

  beforeAll(async () => {
    database = await createDatabase(embeddedServer, { sql: NOTES_SQL });
    place = await workplace({ DATABASE_URL: database.url });
    await writeNotesPolicy(place);
  });
  afterAll(async () => {
    await database.drop();
  });
  beforeEach(async () => {
    await succeed(place, ['remove', '--drop-ledger']);
    await succeed(place, ['apply']);
    await succeed(place, ['try', ...AS_WRITER], CALLS);
    await succeed(place, ['try', '--tenant', 'south', ...AS_WRITER.slice(2)], CALLS);
  });

  it('finds every stream intact, and ends with 0', async () => {
    const { intact, events, streams } = (
      await succeed(place, ['audit', 'verify', '--json'])
    ).json<Verification>();
    expect([intact, events]).toEqual([true, 6]);
    expect(streams.map(({ verdict }) => verdict)).toEqual(['intact', 'intact', 'intact']);
    expect((await succeed(place, ['audit', 'verify'])).stdout).toContain('Intact: 2 streams, 6 events.');
  });

  it('names the stream and the event that was changed, and ends with 7', async () => {
    await succeed(place, ['audit', 'verify']);
    await asSuperuser(`update ringfence.leaf l set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), '"allowed"', '"refused"'), 'UTF8')
      from ringfence.stream s where s.log = l.log and s.tenant = 'south' and l.seq = 2`);
    const run = await place.run(['audit', 'verify', '--json']);
    expect(run.exit).toBe(7);
    expect(run.json()).toMatchObject({ intact: false });
    expect(run.json<Verification>().streams).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ tenant: 'south', verdict: 'tampered', seq: 2, what: 'leaf_hash' }),
        expect.objectContaining({ tenant: 'north', verdict: 'intact' }),
      ]),
    );
    const table = await place.run(['audit', 'verify', '--tenant', 'south']);
    expect(table.exit).toBe(7);
    expect(table.stdout).toContain('tampered at event 2');
    expect((await place.run(['audit', 'verify', '--tenant', 'north'])).exit).toBe(0);
  });

  it('finds a tail that was cut off with its head and everything signed only by a head kept elsewhere', async () => {
    const kept = await succeed(place, ['audit', 'verify', '--json']);
    await writeFile(place.path('heads.json'), kept.stdout);
    await succeed(place, ['audit', 'verify', '--heads', 'heads.json']);
    await asSuperuser(`alter table ringfence.stream disable trigger all; alter table ringfence.checkpoint disable trigger all;
      delete from ringfence.checkpoint; delete from ringfence.stream where log = 'operator';
      delete from ringfence.leaf where seq = 3;
      update ringfence.stream s set seq = 2, hash = (select l.hash from ringfence.leaf l where l.log = s.log and l.seq = 2)`);
    expect((await place.run(['audit', 'verify'])).exit).toBe(0);
    const run = await place.run(['audit', 'verify', '--heads', 'heads.json']);
    expect(run.exit).toBe(7);
    expect(run.stdout).toContain('rolled back: 3 events were kept elsewhere');
  });
});
