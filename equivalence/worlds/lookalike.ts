/**
 * Four tenants that differ by a letter and have the same keys, with every common type, nulls everywhere, duplicates, every way to
 * belong (own column, one and two parents away, shared, workspace, user), every mask, row rules, and a materialised view.
 */
import { literal, type Place, type World } from '../world.js';
import { fillLookalike, LOOKALIKES, shownNotes } from './lookalike-rows.js';
import { email, hash, last4, partial, text, yearOfDate, yearOfInstant, yearOfTimestamp } from './mask.js';

const SCHEMA = `
create schema desk;
create type desk.level as enum ('trial', 'basic', 'gold', 'closed');
create table desk.country (code text primary key, name text not null, people int8, area numeric(12, 2), member bool);
create table desk.client (
  org text, id int4 not null, name text, email varchar(80), phone text, country text references desk.country,
  born date, joined timestamptz, made timestamp, notes text, balance numeric(12, 2), rating float8, vip bool, level desk.level,
  outside uuid, extra jsonb, loose json, tags text[], scores int4[], picture bytea, small int2, big int8, code char(4),
  referrer int4, ssn text, keeper text, api_token text, unique (org, id));
create table desk.project (
  id int4 primary key, org text, client int4, name text not null, budget numeric(14, 4), starts date, level desk.level, owner text,
  foreign key (org, client) references desk.client (org, id));
create index on desk.project (org);
create table desk.task (
  id int8 primary key, project_id int4 references desk.project, title text, hours numeric(8, 2), done bool, due timestamptz, labels text[]);
create index on desk.task (project_id);
create table desk.step (task_id int8 references desk.task, n int4, what text, cost numeric(10, 2), primary key (task_id, n));
create table desk.note (
  id int4 primary key, org text, room int4, author text, body text, at timestamptz, pinned bool, stars int4);
create table desk.event (org text, kind text, at timestamp, amount numeric(10, 2), data jsonb);
create table desk.payroll (id int4 primary key, org text not null, person text, wage numeric(10, 2));
create materialized view desk.summary as
  select org, level, count(*) as clients, sum(balance) as balance, max(born) as youngest from desk.client group by org, level;
create unique index on desk.summary (org, level);
`;

const policy = `
version: 1
preset: development
schema: desk
tables:
  country: { tenant: shared }
  client:  { tenant: { column: org } }
  project: { tenant: { column: org } }
  task:    { tenant: { via: project } }
  step:    { tenant: { via: task } }
  note:    { tenant: { column: org }, workspace: { column: room }, user: { column: author } }
  event:   { tenant: { column: org } }
  payroll: { tenant: { column: org } }
  summary: { tenant: { column: org } }
limits: { rows: 10000, scanned_rows: 1000000000000, timeout_ms: 20000, join_depth: 8 }
roles:
  plain:
    reach: tenant
    tools: [query, get, aggregate, sql]
    tables:
      country: {}
      client: {}
      project: {}
      task: {}
      step: {}
      note: {}
      event: {}
      summary: {}
  masked:
    reach: tenant
    tools: [query, get, aggregate, sql]
    tables:
      country: { columns: [code, name, people] }
      client:
        columns: [id, name, email, phone, country, born, joined, made, notes, balance, vip, level, extra, tags, big, ssn, referrer]
        mask: { name: partial, email: email, phone: last4, born: year, joined: year, made: year, notes: text, vip: "null", extra: "null", big: hash, ssn: hash }
      project: { columns: [id, client, name, budget, starts, level], mask: { name: partial, starts: year } }
      task: { mask: { title: hash, hours: "null" } }
      step: { columns: [task_id, n, what], mask: { what: last4 } }
      event: { mask: { kind: partial, at: year } }
      summary: { mask: { youngest: year, balance: hash } }
  ruled:
    reach: tenant
    tools: [query, get, aggregate, sql]
    tables:
      country: { rows: { member: true } }
      client: { rows: { level: { not_in: [closed] }, or: [{ balance: null }, { balance: { gte: 0 } }, { vip: true }] } }
      project: { rows: { owner: { ne: nobody } } }
      task: { rows: { not: { done: true } } }
      step: { rows: { cost: { lt: 50 } } }
      note: { rows: { or: [{ author: $user }, { pinned: true }] } }
      event: { rows: { kind: { prefix: o } } }
      summary: { rows: { clients: { gt: 2 } } }
  desk:
    reach: workspace
    tools: [query, get, aggregate, sql]
    tables: { note: {}, client: { columns: [id, name, keeper, level], rows: { keeper: $user } }, country: {} }
  own:
    reach: user
    tools: [query, get, aggregate, sql]
    tables: { note: { mask: { body: partial } }, country: {} }
`;

const place = (role: string, tenant: string, user: string, workspace?: string): Place => ({
  role,
  tenant,
  user,
  ...(workspace === undefined ? {} : { workspace }),
});

const places: readonly Place[] = [
  place('plain', 'acme', 'ann'),
  place('plain', 'acne', 'ann'),
  place('masked', 'acme', 'ann'),
  place('masked', 'Acme', 'anm'),
  place('ruled', 'acme', 'ann'),
  place('ruled', 'acmé', 'anm'),
  place('desk', 'acne', 'ann', '1'),
  place('desk', 'acme', 'anm', '11'),
  place('own', 'Acme', 'ann', '1'),
];

const CLIENT =
  'id, name, email, phone, country, born, joined, made, notes, balance, rating, vip, level, outside, extra, loose, tags, scores, picture, small, big, code, referrer, ssn, keeper';
const PROJECT = 'id, client, name, budget, starts, level, owner';

const VIEWS: Readonly<Record<string, (place: Place) => Readonly<Record<string, string>>>> = {
  plain: () => ({
    country: 'select code, name, people, area, member from desk.country',
    client: `select ${CLIENT} from desk.client`,
    project: `select ${PROJECT} from desk.project`,
    task: 'select id, project_id, title, hours, done, due, labels from desk.task',
    step: 'select task_id, n, what, cost from desk.step',
    note: 'select id, room, author, body, at, pinned, stars from desk.note',
    event: 'select kind, at, amount, data from desk.event',
    summary: 'select level, clients, balance, youngest from desk.summary',
  }),
  masked: () => ({
    country: 'select code, name, people from desk.country',
    client: `select id, ${partial('name')} as name, ${email('email')} as email, ${last4('phone')} as phone, country,
      ${yearOfDate('born')} as born, ${yearOfInstant('joined')} as joined, ${yearOfTimestamp('made')} as made, ${text('notes')} as notes, balance,
      null::bool as vip, level, null::jsonb as extra, tags, ${hash('big')} as big, referrer, ${hash('ssn')} as ssn from desk.client`,
    project: `select id, client, ${partial('name')} as name, budget, ${yearOfDate('starts')} as starts, level from desk.project`,
    task: `select id, project_id, ${hash('title')} as title, null::numeric(8, 2) as hours, done, due, labels from desk.task`,
    step: `select task_id, n, ${last4('what')} as what from desk.step`,
    event: `select ${partial('kind')} as kind, ${yearOfTimestamp('at')} as at, amount, data from desk.event`,
    summary: `select level, clients, ${hash('balance')} as balance, ${yearOfDate('youngest')} as youngest from desk.summary`,
  }),
  ruled: ({ user }) => {
    const projects = `select id from desk.project where owner <> 'nobody'`;
    const tasks = `select id from desk.task where project_id in (${projects}) and done is false`;
    return {
      country: 'select code, name, people, area, member from desk.country where member',
      client: `select ${CLIENT} from desk.client where level <> 'closed' and (balance is null or balance >= 0 or vip)`,
      project: `select ${PROJECT} from desk.project where owner <> 'nobody'`,
      task: `select id, project_id, title, hours, done, due, labels from desk.task where id in (${tasks})`,
      step: `select task_id, n, what, cost from desk.step where cost < 50 and task_id in (${tasks})`,
      note: `select id, room, author, body, at, pinned, stars from desk.note where author = ${literal(user)} or pinned`,
      event: `select kind, at, amount, data from desk.event where left(kind, 1) = 'o'`,
      summary: 'select level, clients, balance, youngest from desk.summary where clients > 2',
    };
  },
  desk: ({ user, workspace }) => ({
    country: 'select code, name, people, area, member from desk.country',
    client: `select id, name, level, keeper from desk.client where keeper = ${literal(user)}`,
    note: `select id, author, body, at, pinned, stars from desk.note where room = ${workspace ?? 'null'}`,
  }),
  own: ({ user, workspace }) => ({
    country: 'select code, name, people, area, member from desk.country',
    note: `select id, ${partial('body')} as body, at, pinned, stars from desk.note where room = ${workspace ?? 'null'} and author = ${literal(user)}`,
  }),
};

export const lookalike: World = {
  name: 'lookalike',
  policy,
  places,
  build: async (client) => {
    await client.query(SCHEMA);
    await fillLookalike(client);
  },
  keepOnly: (tenant) => `
    delete from desk.step where task_id in (select t.id from desk.task t left join desk.project p on p.id = t.project_id where p.org is distinct from ${literal(tenant)});
    delete from desk.task where id in (select t.id from desk.task t left join desk.project p on p.id = t.project_id where p.org is distinct from ${literal(tenant)});
    delete from desk.project where org is distinct from ${literal(tenant)};
    delete from desk.client where org is distinct from ${literal(tenant)};
    delete from desk.note where org is distinct from ${literal(tenant)};
    delete from desk.event where org is distinct from ${literal(tenant)};
    delete from desk.payroll where org is distinct from ${literal(tenant)};
    refresh materialized view desk.summary`,
  views: (at) => VIEWS[at.role]?.(at) ?? {},
  shownTexts: shownNotes,
  pseudonyms: [
    ['desk.client', 'big'],
    ['desk.client', 'ssn'],
    ['desk.task', 'title'],
    ['desk.summary', 'balance'],
  ],
  hidden: {
    tables: ['payroll', 'desk.payroll', 'salary'],
    columns: ['client.org', 'client.api_token', 'note.org', 'task.org', 'step.cst', 'country.cod'],
  },
  disturb: (tenant) => `
    insert into desk.project (id, org, name, budget, starts, level, owner)
      select 100000 + coalesce((select max(id) from desk.project), 0) + row_number() over (), p.org, p.name, p.budget, p.starts, p.level, p.owner
      from desk.project p, generate_series(1, 3) where p.org is distinct from ${literal(tenant)};
    insert into desk.task select 100000 + (select max(id) from desk.task) + row_number() over (), p.id, t.title, t.hours, t.done, t.due, t.labels
      from desk.project p, lateral (select * from desk.task order by id % 7, id limit 10) t where p.org is distinct from ${literal(tenant)} and p.id % 3 = 0;
    insert into desk.step select id, 1, title, hours from desk.task where not exists (select from desk.step where task_id = task.id)
      and id > 100000;
    insert into desk.event select org, kind, at, amount, data from desk.event, generate_series(1, 9) where org is distinct from ${literal(tenant)};
    insert into desk.note select 100000 + (select max(id) from desk.note) + row_number() over (), n.org, n.room, n.author, n.body, n.at, n.pinned, n.stars
      from desk.note n, generate_series(1, 9) where n.org is distinct from ${literal(tenant)};
    insert into desk.client (org, id, name, balance, level, born)
      select org, (select max(id) from desk.client) + row_number() over (), name, balance, level, born from desk.client, generate_series(1, 9)
      where org is distinct from ${literal(tenant)};
    update desk.client set name = 'Zoe', balance = -balance, level = 'closed' where org is distinct from ${literal(tenant)} and id % 2 = 0;
    update desk.project set org = ${literal(LOOKALIKES.find((one) => one !== tenant) ?? '')}, client = null where org is null;
    update desk.event set kind = null, data = '{"a": "Zoe"}' where org is distinct from ${literal(tenant)} and amount > 5;
    delete from desk.step where task_id in (select t.id from desk.task t join desk.project p on p.id = t.project_id where p.org is distinct from ${literal(tenant)} and t.id % 5 = 0);
    delete from desk.event where org is distinct from ${literal(tenant)} and amount < 0;
    delete from desk.note where org is distinct from ${literal(tenant)} and id % 4 = 1;
    refresh materialized view desk.summary`,
};
