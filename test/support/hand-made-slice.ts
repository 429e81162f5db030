import type { CompiledRole } from '../../src/policy/compiled.js';

/** A slice made by hand, for tests of what lies beneath the policy: table `note`, tenants `a` and `b`, role `support`. */
export const HAND_MADE_SLICE = `
create table note (id int primary key, tenant text not null, body text not null);
create index on note (tenant);
insert into note select n, case when n % 2 = 0 then 'a' else 'b' end, 'note ' || n from generate_series(1, 20) n;
alter table note enable row level security;
create role ringfence_slice_support nologin; create role ringfence_view_support nologin;
grant usage on schema public to ringfence_view_support;
grant select, insert, update, delete on note to ringfence_view_support;
create policy boundary on note as restrictive to ringfence_view_support using (tenant = (select ringfence.tenant('support')));
create policy opened on note to ringfence_view_support using (true);
create schema slice_support;
create view slice_support.note as select * from note; alter view slice_support.note owner to ringfence_view_support;
grant usage on schema slice_support, ringfence to ringfence_slice_support;
grant select, insert, update, delete on slice_support.note to ringfence_slice_support;
grant execute on function ringfence.tenant(text), ringfence.append(uuid, text, bigint, bigint) to ringfence_slice_support;
grant ringfence_slice_support to ringfence_gateway;
`;

/** The role whose slice {@link HAND_MADE_SLICE} is. */
export const HAND_MADE_ROLE: CompiledRole = {
  name: 'support',
  description: '',
  sliceRole: 'ringfence_slice_support',
  viewRole: 'ringfence_view_support',
  sliceSchema: 'slice_support',
  scopeSchema: 'scope_support',
  reach: 'tenant',
  tools: new Set(['query']),
  sql: null,
  limits: { rows: 100, scannedRows: 100_000, timeoutMs: 5_000, joinDepth: 3 },
  tables: new Map(),
};
