/** What `docs/policy.md` says of the policy file, held against the schema, the compiler and PostgreSQL. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { introspect } from '../../src/database/introspect.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers, embeddedServer } from '../support/test-server.js';
import { blocksOf, checkout, codeSpans, onlyBlock, readPage, section, tableRows } from './support/pages.js';
import { makeTables } from './support/shop.js';

const page = readPage('docs/policy.md');

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | false;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly string[];
}

describe('docs/policy.md', () => {
  it('tells of every key and every word of the published schema', () => {
    const schema = JSON.parse(readFileSync(join(checkout, 'schema/policy.schema.json'), 'utf8')) as Node;
    const words = new Set<string>();
    const visit = (node: Node): void => {
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        words.add(key);
        visit(child);
      }
      for (const word of node.enum ?? []) words.add(word);
      if (typeof node.additionalProperties === 'object') visit(node.additionalProperties);
      if (node.items !== undefined) visit(node.items);
      for (const child of node.anyOf ?? []) visit(child);
    };
    visit(schema);
    const told = new Set(codeSpans(page.prose.join('\n')));
    expect(words.size).toBeGreaterThan(60);
    // Three tools that write are told of in docs/tools.md; here as fields of a table.
    expect([...words].filter((word) => !told.has(word))).toEqual([]);
  });

  it('gives both presets as the parser fills them in', () => {
    const rows = tableRows(section(page, 'Top level')).filter(
      ([, reason]) => reason === 'required' || reason === 'optional',
    );
    const filledIn = (['production', 'development'] as const).map((preset) => {
      const owners = preset === 'production' ? 'owners: { tenant: a, role: a, secrets: a, audit: a }\n' : '';
      const text = `version: 1\npreset: ${preset}\n${owners}tables: { t: { tenant: shared } }\nroles: { r: { tables: { t: {} } } }\n`;
      const { policy } = parsePolicy(text);
      const role = policy.roles.r;
      const { rows: most, scanned_rows, timeout_ms, join_depth } = role?.limits ?? {};
      const reason = role?.tables.t?.reasonRequired ? 'required' : 'optional';
      const owner = preset === 'production' ? 'required' : `\`${policy.owners.tenant}\``;
      return [`\`${preset}\``, reason, ...[most, scanned_rows, timeout_ms, join_depth].map(String), owner];
    });
    expect(rows).toEqual(filledIn);
    expect(() => parsePolicy('version: 1\ntables: {}\nroles: {}\n')).toThrow(/owner/);
  });
});

describe('the examples of docs/policy.md', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeTables(embeddedServer);
  });
  afterAll(async () => database.drop());

  it('compile on the tables of the page', async () => {
    const catalog = await introspect(await database.connect());
    const complete = parsePolicy(onlyBlock(page, 'yaml', 'complete').text);
    expect(compilePolicy(complete, catalog).roles.size).toBe(2);
    const parts = blocksOf([page], ['yaml'], 'compiles');
    expect(parts.length).toBeGreaterThan(1);
    for (const { text, line } of parts) {
      const roles = /^roles:/m.test(text) ? '' : 'roles: {}\n';
      const file = parsePolicy(`${text}\nversion: 1\npreset: development\n${roles}`, {
        filename: `docs/policy.md:${line}`,
      });
      expect(compilePolicy(file, catalog).tables.size).toBeGreaterThan(1);
    }
  });
});

describeOnServers('the masks of docs/policy.md', (server) => {
  const rows = tableRows(section(page, 'Masks')).map((cells) =>
    cells.map((cell) => codeSpans(cell)[0] ?? cell),
  );
  let database: TestDatabase;
  let governed: Governed;

  beforeAll(async () => {
    const columns = rows.map(([, type = ''], at) => `c${at} ${type}`);
    database = await createDatabase(server, {
      sql: `create table masked (id int primary key, tenant text not null, ${columns.join(', ')})`,
    });
    const values = rows.map(([, , value = '']) => value);
    const places = values.map((_, at) => `$${at + 1}`).join(', ');
    for (const [id, tenant] of [
      [1, 'a'],
      [2, 'a'],
      [3, 'b'],
    ] as const)
      await database.query(`insert into masked values (${id}, '${tenant}', ${places})`, values);
    await database.query(`insert into masked (id, tenant) values (4, 'a')`);
    const masks = rows.map(([mask = ''], at) => `c${at}: ${mask}`).join(', ');
    governed = await govern(
      database,
      `version: 1\npreset: development\ntables: { masked: { tenant: { column: tenant } } }\nroles: { support: { tables: { masked: { mask: { ${masks} } } } } }`,
    );
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });

  const seenBy = async (tenant: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const decision = await governed.call(tenant, 'query', { table: 'masked' });
    if (decision.decision !== 'allowed') throw new Error(JSON.stringify(decision));
    return decision.rows;
  };

  it('show what the page says, and null for null', async () => {
    const [first, second, empty] = await seenBy('a');
    expect(rows.length).toBeGreaterThan(10);
    for (const [at, [mask, , value, out]] of rows.entries()) {
      const shown = first?.[`c${at}`];
      if (out === '16 hex digits') expect(shown).toMatch(/^[0-9a-f]{16}$/);
      else expect(shown, `${mask} of ${value}`).toBe(out === 'null' ? null : out);
      expect(second?.[`c${at}`]).toBe(shown);
      expect(empty?.[`c${at}`], `${mask} of null`).toBeNull();
    }
  });

  it('give equal values equal names inside a tenant, and others in another', async () => {
    const at = `c${rows.findIndex(([mask]) => mask === 'hash')}`;
    const [ours] = await seenBy('a');
    const [theirs] = await seenBy('b');
    expect(ours?.[at]).toMatch(/^[0-9a-f]{16}$/);
    expect(theirs?.[at]).not.toBe(ours?.[at]);
  });
});

describe('where docs/policy.md says that row rules and tools differ', () => {
  let database: TestDatabase;
  let governed: Governed;
  beforeAll(async () => {
    database = await createDatabase(embeddedServer, {
      sql: `create table task (id int primary key, org text not null, status text);
        insert into task values (1, 'a', 'Open'), (2, 'a', null), (3, 'a', 'void'), (4, 'a', '$user');`,
    });
    governed = await govern(
      database,
      `version: 1
preset: development
tables: { task: { tenant: { column: org } } }
roles:
  support: { tables: { task: {} } }
  ne: { tables: { task: { rows: { status: { ne: void } } } } }
  kept: { tables: { task: { rows: { or: [{ status: null }, { status: { ne: void } }] } } } }
  negated: { tables: { task: { rows: { not: { status: void } } } } }
  contains: { tables: { task: { rows: { status: { contains: open } } } } }
  own: { tables: { task: { rows: { status: $user } } } }`,
    );
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });
  const ids = async (role: string, where: object = {}): Promise<unknown[]> => {
    const decision = await governed.call({ tenant: 'a', role, user: 'Open' }, 'query', {
      table: 'task',
      where,
    });
    if (decision.decision !== 'allowed') throw new Error(JSON.stringify(decision));
    return decision.rows.map(({ id }) => id);
  };

  it('they do', async () => {
    expect(await ids('support', { status: { ne: 'void' } })).toEqual([1, 2, 4]);
    expect(await ids('ne')).toEqual([1, 4]);
    expect(await ids('kept')).toEqual([1, 2, 4]);
    expect(await ids('support', { not: { status: 'void' } })).toEqual([1, 2, 4]);
    expect(await ids('negated')).toEqual([1, 4]);
    expect(await ids('support', { status: { contains: 'open' } })).toEqual([1]);
    expect(await ids('contains')).toEqual([1]);
    expect(await ids('support', { status: '$user' })).toEqual([4]);
    expect(await ids('own')).toEqual([1]);
  });
});
