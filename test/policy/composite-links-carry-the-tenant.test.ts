/** A composite foreign key that repeats the tenant: `part (org, doc_no) → doc (org, no)`. The child's copy is the boundary's as well. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

const SQL = `
create table doc (org text not null, no int not null, title text, primary key (org, no));
create table part (id int generated always as identity primary key, org text not null, doc_no int not null, body text,
  foreign key (org, doc_no) references doc (org, no));
create index on part (org, doc_no);
insert into doc values ('a', 1, 'of a'), ('b', 1, 'of b');
insert into part (org, doc_no, body) values ('a', 1, 'part of a'), ('b', 1, 'part of b');
`;
const POLICY = `
version: 1
preset: development
tables:
  doc: { tenant: { column: org } }
  part: { tenant: { via: doc } }
roles:
  support:
    tools: [describe_schema, query, get, aggregate, create]
    tables:
      doc: {}
      part: { create: [doc_no, body] }
`;

describeOnServers('a composite link', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    governed = await govern(database, POLICY);
  });
  afterAll(async () => {
    await governed?.close();
    await database.drop();
  });

  it('hides the tenant from the agent, and takes it from the boundary on create', async () => {
    const found = await governed.call('a', 'query', { table: 'part', include: { doc: true } });
    expect(found).toMatchObject({ rows: [{ doc_no: 1, body: 'part of a', doc: { title: 'of a' } }] });
    expect(JSON.stringify(found)).not.toContain('"org"');
    expect(
      await governed.call('a', 'create', { table: 'part', values: { doc_no: 1, body: 'new' } }),
    ).toMatchObject({
      decision: 'allowed',
    });
    expect(await database.query("select org from part where body = 'new'")).toEqual([{ org: 'a' }]);
    expect(
      await governed.call('a', 'create', { table: 'part', values: { org: 'b', doc_no: 1 } }),
    ).toMatchObject({
      decision: 'denied',
      code: 'tenant_named',
    });
  });
});
