import { SignJWT } from 'jose';
import { createTokenVerifier } from '../../../src/boundary/token.js';
import { type Served, type ServeOptions, serve } from '../../../src/http/serve.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { type Governed, govern } from '../../support/governed.js';
import type { TestServer } from '../../support/test-server.js';

export const secret = 'a secret that is long enough for HS256, and known to this test alone';
export const issuer = 'https://login.example.test/';
export const audience = 'https://api.example.test/';

const SQL = `
create table ticket (id int generated always as identity primary key, org text not null, title text not null, secret_note text);
create index on ticket (org, id);
insert into ticket (org, title, secret_note)
select org, org || ' ticket ' || n, 'hidden' from unnest(array['north', 'south']) org, generate_series(1, 5) n;
`;
const POLICY = `
version: 1
preset: production
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { ticket: { tenant: { column: org } } }
roles:
  desk: { description: Answers tickets, reach: tenant, tools: [describe_schema, query, get, update], tables: { ticket: { update: [title] } } }
`;

/** A governed database behind the HTTP face, on a port of its own. */
export interface Faced {
  readonly database: TestDatabase;
  readonly governed: Governed;
  readonly served: Served;
  /** A token as the issuer makes them; `sub` ada, tenant north, both scopes, five minutes, unless told. */
  token(claims?: Readonly<Record<string, unknown>>, life?: string): Promise<string>;
  /** The same once more, on a port of its own and with a log of its own. */
  again(options?: Partial<ServeOptions>): Promise<Served>;
  close(): Promise<void>;
}

export async function faced(server: TestServer, options: Partial<ServeOptions> = {}): Promise<Faced> {
  const database = await createDatabase(server, { sql: SQL });
  const governed = await govern(database, POLICY);
  await database.query(
    "insert into ringfence.membership (tenant, user_id, role) values ('north', 'ada', 'desk'), ('south', 'bob', 'desk')",
  );
  const again: Faced['again'] = (more = options) =>
    serve({
      ringfence: governed.ringfence,
      verify: createTokenVerifier({ issuer, audience, secret }),
      version: '1.2.3',
      port: 0,
      ...more,
    });
  const served = await again();
  return {
    database,
    governed,
    served,
    again,
    token: (claims = {}, life = '5m') =>
      new SignJWT({
        sub: 'ada',
        tenant: 'north',
        scope: 'ringfence:read ringfence:write',
        client_id: 'desk-app',
        ...claims,
      })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(life)
        .sign(new TextEncoder().encode(secret)),
    async close() {
      await served.close();
      await governed.close();
      await database.drop();
    },
  };
}
