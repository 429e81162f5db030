-- What Ringfence made in the product's part of the database, and for which policy.
--
-- apply() writes here each object it made: where it is, the digest of the statements that made it, and a fingerprint of what the
-- catalog held afterwards. The next plan compares three things: what the policy wants, what is written here, and what is there
-- now. So it tells a changed policy from an object that somebody altered, takes out what is no longer wanted and nothing that it
-- did not make, and finds nothing to do when nothing changed.
--
-- ringfence.applied has one row for each apply that changed something, the newest being the policy in force.

set local role ringfence_owner;

create table ringfence.object (
  kind text not null,
  identity text not null,
  -- Names by part: what kind of object, and its schema, name, role. See src/compile/desired-object.ts.
  address jsonb not null,
  definition text not null check (definition ~ '^[0-9a-f]{64}$'),
  fingerprint text check (fingerprint <> ''),
  create_sql text[] not null,
  drop_sql text[] not null,
  -- Objects are made in this order and dropped in reverse.
  position int not null,
  primary key (kind, identity)
);
comment on table ringfence.object is 'What the last apply made, and how to take it out again.';

create table ringfence.applied (
  id bigint generated always as identity primary key,
  policy_hash text not null check (policy_hash ~ '^sha256:[0-9a-f]{64}$'),
  policy_version int not null,
  plan_digest text not null check (plan_digest ~ '^sha256:[0-9a-f]{64}$'),
  applied_by text not null default session_user,
  applied_at timestamptz not null default clock_timestamp()
);
comment on table ringfence.applied is 'Which policy was applied when, and by whom. The newest is in force.';

-- The hash of the policy in force: the gateway serves no other.
create function ringfence.applied_policy() returns text
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select a.policy_hash from ringfence.applied a order by a.id desc limit 1;
end;
revoke all on function ringfence.applied_policy() from public;
grant execute on function ringfence.applied_policy() to ringfence_gateway;

reset role;
