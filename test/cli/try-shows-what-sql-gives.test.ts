import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printResult, type TryResult } from '../../src/cli/try-result.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { AS_WRITER, NOTES_POLICY, NOTES_SQL, writeNotesPolicy } from './support/two-tenants.js';

const sql = (statement: string): string => JSON.stringify({ tool: 'sql', input: { statement } });

describe('try', () => {
  let database: TestDatabase;
  let place: Workplace;
  beforeAll(async () => {
    database = await createDatabase(embeddedServer, { sql: NOTES_SQL });
    place = await workplace({ DATABASE_URL: database.url });
    await writeNotesPolicy(place, NOTES_POLICY.replace('aggregate,', 'aggregate, sql,'));
    await succeed(place, ['apply']);
  });
  afterAll(() => database.drop());

  it('answers SQL with its columns, and says what is wrong with it', async () => {
    const input = [
      sql('select body, id as "2", count(*) over () as "1" from note order by id'),
      sql('select bdy from note'),
      sql('drop table note'),
    ].join('\n');
    const answers = (await succeed(place, ['try', ...AS_WRITER], { input })).lines();
    expect(answers).toMatchObject([
      {
        decision: 'allowed',
        tool: 'sql',
        columns: [
          { name: 'body', type: 'text' },
          { name: '2', type: 'integer' },
          { name: '1', type: 'bigint' },
        ],
        rows: [
          { body: 'first', '2': 1, '1': 2 },
          { body: 'second', '2': 2, '1': 2 },
        ],
        truncated: false,
      },
      { decision: 'denied', code: 'unknown_column', suggestion: expect.stringContaining('note.body') },
      { decision: 'denied', code: 'sql_refused' },
    ]);
  });
});

describe('an answer to SQL, for a person', () => {
  const result: TryResult = {
    decision: 'allowed',
    rule: 'roles.writer.tools.sql',
    reason: null,
    code: null,
    columns: [
      { name: 'name', type: 'text' },
      { name: '2', type: 'integer' },
      { name: '1', type: 'integer' },
    ],
    rows: [{ name: 'Ada', '2': 20, '1': null }],
    truncated: true,
    ms: 1,
    tool: 'sql',
    suggestion: 'Go on with OFFSET 1.',
  };

  it('is a table in the order in which it was selected, with what was cut off', () => {
    const lines = printResult({ paint: (_, text) => text }, result);
    expect(lines).toEqual([
      'allowed  sql  1 row, more matched  1 ms  roles.writer.tools.sql',
      '  Go on with OFFSET 1.',
      '  name  2   1',
      '  Ada   20  –',
      '',
    ]);
  });
});
