import { afterAll, beforeAll, expect, it } from 'vitest';
import { introspect } from '../../src/database/introspect.js';
import { guessPolicy } from '../../src/policy/guess/guess-policy.js';
import { writePolicy } from '../../src/policy/guess/write-policy.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

/** One table for each kind of trigger: the function's body, and whether it needs a table. */
const KINDS = {
  stamps: ['new.touched := now(); return new;', false],
  compares: ['if new.title is distinct from old.title then new.touched := now(); end if; return new;', false],
  extracts: ['new.year := extract(year from now()); return new;', false],
  unnests: ['new.year := (select count(*) from unnest(array[1, 2])); return new;', false],
  tells: ["perform pg_notify('changes', new.title); return new;", false],
  remarks: ['/* insert into history, */ -- delete from history\n return new;', false],
  inserts: ['insert into public.history (said) values (new.title); return new;', true],
  updates: ['update public.history h set said = new.title where h.said = old.title; return new;', true],
  deletes: ['delete from public.history where said = new.title; return new;', true],
  selects: [
    'if exists (select 1 from public.history where said = new.title) then null; end if; return new;',
    true,
  ],
  builds: ["execute format('insert into public.history values (%L)', new.title); return new;", true],
} as const;
const names = Object.keys(KINDS) as (keyof typeof KINDS)[];

const SCHEMA = `
create table tenants (id int primary key, name text);
create table history (said text);
${names
  .map(
    (name) => `
create table ${name}_rows (id int generated always as identity primary key, tenant_id int not null references tenants,
  title text, touched timestamptz, year int);
create function ${name}() returns trigger language plpgsql as $body$ begin ${KINDS[name][0]} end $body$;
create trigger ${name} before update on ${name}_rows for each row execute function ${name}();`,
  )
  .join('')}
create table logged_rows (id int generated always as identity primary key, tenant_id int not null references tenants, title text);
create function logs() returns trigger language plpgsql security definer as
  $body$ begin insert into public.history (said) values (new.title); return new; end $body$;
create trigger logs before update on logged_rows for each row execute function logs();
create table ruled_rows (id int generated always as identity primary key, tenant_id int not null references tenants, title text);
create function rules() returns trigger language plpgsql as $body$ begin
  if new.title = 'plain' then raise exception 'row % of tenant 2 has the secret title', old.id; end if;
  if new.title = 'coded' then raise exception 'row % of tenant 2 has the secret title', old.id using errcode = 'AP042'; end if;
  return new;
end $body$;
create trigger rules before update on ruled_rows for each row execute function rules();
insert into tenants values (1, 'one'), (2, 'two');
${[...names.map((name) => `${name}_rows`), 'logged_rows', 'ruled_rows'].map((name) => `insert into ${name} (tenant_id, title) values (1, 'a'), (2, 'b');`).join('\n')}`;

describeOnServers('a trigger of the product’s, under a policy as init writes it', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  let text: string;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SCHEMA });
    text = writePolicy(guessPolicy(await introspect(await database.connect())));
    governed = await govern(database, text);
  });
  afterAll(async () => {
    await governed.close();
    await database.drop();
  });

  it.each(names.filter((name) => !KINDS[name][1]))('lets the write through when it %s', async (name) => {
    const decision = await governed.call({ tenant: '1', role: 'editor' }, 'update', {
      table: `${name}_rows`,
      id: 1,
      values: { title: 'changed' },
      reason: 'because',
    });
    expect(decision).toMatchObject({ decision: 'allowed' });
  });

  it('lets the write through when it uses tables with its owner’s rights', async () => {
    const values = { title: 'changed' };
    const decision = await governed.call({ tenant: '1', role: 'editor' }, 'update', {
      table: 'logged_rows',
      id: 1,
      values,
      reason: 'because',
    });
    expect(decision).toMatchObject({ decision: 'allowed' });
  });

  it.each(names.filter((name) => KINDS[name][1]))(
    'keeps the table from being updated when it %s, and the file says so',
    async (name) => {
      const decision = await governed.call({ tenant: '1', role: 'editor' }, 'update', {
        table: `${name}_rows`,
        id: 1,
        values: { title: 'changed' },
        reason: 'because',
      });
      expect(decision).toMatchObject({ decision: 'denied', code: 'not_writable' });
      expect(text).toContain(`not all of ${name}_rows is offered for writing: ${name} runs as the agent`);
    },
  );

  it('leaves alone the writes that it does not fire on', async () => {
    const decision = await governed.call({ tenant: '1', role: 'editor' }, 'create', {
      table: 'inserts_rows',
      values: { title: 'new' },
      reason: 'because',
    });
    expect(decision).toMatchObject({ decision: 'allowed' });
  });

  it.each(['plain', 'coded'])('says no to a write without telling why when it raises, %s', async (title) => {
    const decision = await governed.call({ tenant: '1', role: 'editor' }, 'update', {
      table: 'ruled_rows',
      id: 1,
      values: { title },
      reason: 'because',
    });
    expect(decision).toMatchObject({ decision: 'denied', code: 'constraint_failed' });
    expect(JSON.stringify(decision)).not.toContain('secret');
  });
});
