/** Functions of the product's in SQL of an agent's: what they run into is told without a word of theirs. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OperatorEntry } from '../../src/operator-log.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { eventsOf } from './support/events.js';

const SQL = `
create table note (id int primary key, org text not null, body text);
insert into note values (1, 'north', 'mine'), (2, 'south', 'canary');
create table price (amount int); insert into price values (7001);
create function shout(word text) returns text language sql immutable as $$ select upper(word) || '!' $$;
create function refuse(word text) returns text language plpgsql as $$ begin raise exception 'canary of south: %', word using detail = 'canary', hint = 'canary'; end $$;
create function odd(word text) returns text language plpgsql as $$ begin raise exception 'canary' using errcode = 'QQ123'; end $$;
create function remember(word text) returns text language plpgsql as $$ begin insert into public.note values (3, 'north', word); return word; end $$;
create function peek() returns int language sql as $$ select amount from public.price $$;
create function insist() returns int language plpgsql as $$ begin assert false, 'canary'; return 1; end $$;
create function lost() returns int language plpgsql as $$ begin return (select count(*) from note); end $$;
create function unnamed() returns int language sql as $$ select 1 $$;
`;
const POLICY = `
version: 1
preset: development
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { note: { tenant: { column: org } } }
roles:
  support:
    tools: [sql]
    sql: { functions: [shout, refuse, odd, remember, peek, insist, lost] }
    tables: { note: {} }
`;

describeOnServers('a function of the product’s', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  const operator: OperatorEntry[] = [];
  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    governed = await govern(database, POLICY, { onOperatorEvent: (entry) => operator.push(entry) });
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });
  const ask = (statement: string) => governed.call('north', 'sql', { statement });

  it('is called where the policy names it, by its name or with its schema', async () => {
    expect(await ask('select shout(body) as a, public.shout(body) as b from note')).toMatchObject({
      rows: [{ a: 'MINE!', b: 'MINE!' }],
    });
  });

  it('does not exist where the policy does not', async () => {
    expect(await ask('select unnamed()')).toMatchObject({ decision: 'denied', code: 'sql_refused' });
  });

  it.each([
    ['raises an error', 'select refuse(body) from note', 'sql_failed', 'P0001'],
    ['fails an assertion', 'select insist()', 'sql_failed', 'P0004'],
    ['writes', 'select remember(body) from note', 'sql_failed', '25006'],
    ['reads what the role may not', 'select peek()', 'sql_failed', '42501'],
    ['looks for names that it does not qualify', 'select lost()', 'sql_failed', '42P01'],
    ['raises an error of its own making', 'select odd(body) from note', 'internal', 'QQ123'],
  ])(
    'that %s ends the statement, and tells the agent nothing of it',
    async (_, statement, code, sqlstate) => {
      const told = operator.length;
      const answer = await ask(statement);
      expect(answer).toMatchObject({ decision: 'failed', code, suggestion: expect.any(String) });
      expect(JSON.stringify(answer)).not.toMatch(/canary|7001|price/);
      const events = await eventsOf(database, answer.event);
      expect(events).toMatchObject([{ decision: { effect: 'failed', sqlstate } }]);
      expect(JSON.stringify(events)).not.toMatch(/canary|7001/);
      expect(operator.length - told).toBe(code === 'internal' ? 1 : 0);
      expect(await database.query('select count(*)::int as n from note')).toEqual([{ n: 2 }]);
    },
  );

  it('is told to the operator with PostgreSQL’s words where nobody else can do anything', async () => {
    expect(operator.at(-1)).toMatchObject({
      kind: 'call_failed',
      message: expect.stringMatching(/^Event [0-9a-f-]{36}: /),
    });
    expect(String(operator.at(-1)?.cause)).toContain('QQ123');
  });
});
