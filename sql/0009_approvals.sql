-- Approvals: calls that wait until people have agreed to them.
--
-- A call that a rule of the policy names is not made: it becomes a row here, bound to the digest of the exact call and to the boundary that
-- asked. People whose role the rule names decide. Enough of them approve, and the same call, made again, runs; the row is then executed, in
-- the transaction of the call itself, so that it is used once or not at all. Everything else that can become of it is an end: denied, revoked,
-- or expired, which is a denial by nobody at the deadline.
--
--   pending ── approve, as often as the rule says ──► approved ── the call, made again ──► executed
--      │                                                 │
--      └──────────── deny · revoke · deadline ───────────┘
--
-- Whoever calls these functions shows a claim, as for a seal: whose request and whose decision it is comes from there and from nowhere else.
-- A login without claims can neither ask, decide, use nor read an approval. What the rule asks of deciders is written into the row when it is made.
--
-- Time is this server's clock, read where it counts, after the row has been locked: a deadline holds although nobody has swept yet.
-- approvals_expire() only writes down what is true already. An answer of denied, revoked or expired is given for the same call until its
-- deadline, and at least once; after that the call may ask anew.
--
-- The input is kept for as long as somebody may have to read it, and cleared at the end; the digest stays. Events name ids and digests.

set local role ringfence_owner;

create table ringfence.approval (
  id uuid primary key,
  tenant text not null,
  -- Whose call it is, as its claim says: '' where a boundary has no such value.
  workspace text not null,
  user_id text not null,
  role text not null,
  actor_kind text not null,
  actor text not null,
  cross_tenant text not null,
  -- Where and how its end by the clock is recorded.
  log text not null,
  boundary text not null,
  expired_event uuid not null,
  expired_body text not null,
  -- HMAC-SHA256 over the canonical call, hex; see src/approvals/call-digest.ts.
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  rule text not null,
  rule_digest text not null check (rule_digest ~ '^[0-9a-f]{64}$'),
  tool text not null,
  input text check (octet_length(input) <= 262144),
  approvers text[] not null check (cardinality(approvers) > 0),
  -- Those of the approvers' roles that reach all workspaces of a tenant.
  tenant_wide text[] not null,
  cosigners int not null check (cosigners between 1 and 10),
  state text not null default 'pending' check (state in ('pending', 'approved', 'denied', 'revoked', 'expired', 'executed')),
  requested_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  settled_at timestamptz,
  -- Whether the caller has heard of an end that was not its own doing.
  told boolean not null default false,
  check ((settled_at is null) = (state in ('pending', 'approved'))),
  check ((input is null) = (settled_at is not null))
);
create unique index approval_open on ringfence.approval (tenant, digest) where state in ('pending', 'approved');
create index approval_due on ringfence.approval (expires_at) where state in ('pending', 'approved');
create index approval_latest on ringfence.approval (tenant, requested_at);
create index approval_of_user on ringfence.approval (tenant, user_id) where settled_at is null;
create index approval_of_call on ringfence.approval (digest, requested_at);

create table ringfence.approval_decision (
  approval uuid not null references ringfence.approval,
  user_id text not null,
  role text not null,
  verdict text not null check (verdict in ('approve', 'deny', 'revoke')),
  reason text check (octet_length(reason) <= 8000),
  decided_at timestamptz not null default clock_timestamp(),
  primary key (approval, user_id, verdict),
  check (verdict = 'approve' or reason <> '')
);
-- Nobody decides twice.
create unique index approval_decision_once on ringfence.approval_decision (approval, user_id) where verdict <> 'revoke';

create trigger append_only before update or delete or truncate on ringfence.approval_decision
  for each statement execute function ringfence.refuse_change();
create trigger kept before delete or truncate on ringfence.approval
  for each statement execute function ringfence.refuse_change();
alter table ringfence.approval_decision enable always trigger append_only;
alter table ringfence.approval enable always trigger kept;

-- Whether a claim is of the boundary that asked.
create function ringfence.approval_is_of(this ringfence.approval, fields text[]) returns boolean
language sql immutable parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select array[(this).tenant, (this).workspace, (this).user_id, (this).role, (this).actor_kind, (this).actor, (this).cross_tenant]
    = array[fields[7], fields[8], fields[9], fields[10], fields[12], fields[13], fields[14]];
end;

-- Whether a claim is of a person whose role may decide, in the tenant itself and where the role reaches.
create function ringfence.approval_is_for(this ringfence.approval, fields text[]) returns boolean
language sql immutable parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select fields[12] in ('user', 'operator') and fields[14] = '' and fields[7] = (this).tenant and fields[10] = any ((this).approvers)
    and (fields[8] = (this).workspace or fields[10] = any ((this).tenant_wide));
end;

-- Ends a request whose deadline has passed, with its event.
create function ringfence.approval_expire(approval_id uuid) returns void
language sql volatile parallel unsafe set search_path = pg_catalog, pg_temp
begin atomic
  with ended as (
    update ringfence.approval a set state = 'expired', settled_at = clock_timestamp(), input = null
    where a.id = approval_id and a.state in ('pending', 'approved') and a.expires_at <= clock_timestamp()
    returning a.*
  )
  insert into ringfence.event_pending (id, log, tenant, boundary, body, row_count)
  select e.expired_event, e.log, e.tenant, e.boundary, e.expired_body, 0 from ended e;
end;

-- What stands about a call: {state, id, expires_ms, reason?}. Where nothing does, the call is asked for, with its event, and state is "requested";
-- or "full", where one user has so much open already that nobody could look at it all.
create function ringfence.approval_ask(claim text, request jsonb, event_id uuid, event_body text) returns jsonb
language plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp as $$
declare
  fields constant text[] := ringfence.claim_fields(claim);
  this ringfence.approval;
  wanted constant text := request ->> 'digest';
  ends constant timestamptz := clock_timestamp() + make_interval(mins => (request ->> 'minutes')::int);
begin
  -- Again where somebody else was faster, or a deadline has passed.
  for attempt in 1..10 loop
    select a.* into this from ringfence.approval a
    where a.digest = wanted and ringfence.approval_is_of(a, fields) order by a.requested_at desc, a.id desc limit 1;
    if this.settled_at is null and this.expires_at <= clock_timestamp() then
      perform ringfence.approval_expire(this.id);
      continue;
    end if;
    if this.id is not null and this.state <> 'executed'
      and (this.settled_at is null or not this.told or this.expires_at > clock_timestamp()) then
      if this.settled_at is not null then
        update ringfence.approval a set told = true where a.id = this.id and not a.told;
      end if;
      return jsonb_build_object('state', this.state, 'id', this.id,
        'expires_ms', floor(extract(epoch from this.expires_at) * 1000), 'reason', (
          select d.reason from ringfence.approval_decision d
          where d.approval = this.id and d.verdict = case this.state when 'denied' then 'deny' when 'revoked' then 'revoke' end limit 1));
    end if;
    if (select count(*) from ringfence.approval a
        where a.tenant = fields[7] and a.user_id = fields[9] and a.settled_at is null) >= 200 then
      return jsonb_build_object('state', 'full', 'id', null, 'expires_ms', 0);
    end if;
    insert into ringfence.approval (id, tenant, workspace, user_id, role, actor_kind, actor, cross_tenant, log, boundary, expired_event,
      expired_body, digest, rule, rule_digest, tool, input, approvers, tenant_wide, cosigners, expires_at)
    values ((request ->> 'id')::uuid, fields[7], fields[8], fields[9], fields[10], fields[12], fields[13], fields[14], fields[15],
      ringfence.leaf_boundary(fields[7:16]), (request ->> 'expired_event')::uuid, request ->> 'expired_body', wanted, request ->> 'rule',
      request ->> 'rule_digest', request ->> 'tool', request ->> 'input', array(select jsonb_array_elements_text(request -> 'approvers')),
      array(select jsonb_array_elements_text(request -> 'tenant_wide')), (request ->> 'cosigners')::int, ends)
    on conflict (tenant, digest) where state in ('pending', 'approved') do nothing;
    continue when not found;
    insert into ringfence.event_pending (id, log, tenant, boundary, body, row_count)
    values (event_id, fields[15], fields[7], ringfence.leaf_boundary(fields[7:16]), event_body, 0);
    return jsonb_build_object('state', 'requested', 'id', request ->> 'id', 'expires_ms', floor(extract(epoch from ends) * 1000));
  end loop;
  raise exception 'the approval kept changing' using errcode = '40001';
end
$$;

-- Uses approvals for the call of this transaction: all of them, or RF403. Commits and ends with it.
create function ringfence.approval_consume(claim text, ids uuid[], digests text[]) returns void
language plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp as $$
declare
  fields constant text[] := ringfence.claim_fields(claim);
  wanted record;
  this ringfence.approval;
begin
  -- In one order, so that two calls never wait for each other.
  for wanted in select w.id, w.digest from unnest(ids, digests) as w (id, digest) order by w.id loop
    select a.* into this from ringfence.approval a where a.id = wanted.id for update;
    if not found or this.digest is distinct from wanted.digest or not ringfence.approval_is_of(this, fields)
      or this.state <> 'approved' or this.expires_at <= clock_timestamp() then
      raise exception 'no approval of this call holds' using errcode = 'RF403';
    end if;
    update ringfence.approval a set state = 'executed', settled_at = clock_timestamp(), input = null where a.id = this.id;
  end loop;
end
$$;

-- A person's word on a request: {outcome, state?}. Only "done" has changed something, and has its event with it. Outcomes that refuse: unknown,
-- not_a_person, own_request, role, changed (the rule is another by now), twice, settled.
create function ringfence.approval_decide(claim text, approval_id uuid, verdict text, why text, rule_digest text, event_id uuid, event_body text)
returns jsonb
language plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp as $$
declare
  fields constant text[] := ringfence.claim_fields(claim);
  this ringfence.approval;
  next text := case verdict when 'deny' then 'denied' when 'revoke' then 'revoked' when 'approve' then 'approved' end;
  own boolean;
begin
  select a.* into this from ringfence.approval a where a.id = approval_id and a.tenant = fields[7] for update;
  if not found or fields[14] <> '' then
    return jsonb_build_object('outcome', 'unknown');
  end if;
  own := this.user_id = fields[9];
  if fields[12] not in ('user', 'operator') then
    return jsonb_build_object('outcome', 'not_a_person');
  end if;
  if own and verdict <> 'revoke' then
    return jsonb_build_object('outcome', 'own_request');
  end if;
  if not own and not ringfence.approval_is_for(this, fields) then
    return jsonb_build_object('outcome', case when fields[8] = this.workspace then 'role' else 'unknown' end);
  end if;
  perform ringfence.approval_expire(this.id);
  select a.state into strict this.state from ringfence.approval a where a.id = this.id;
  if this.state <> 'pending' and not (this.state = 'approved' and verdict = 'revoke') then
    return jsonb_build_object('outcome', 'settled', 'state', this.state);
  end if;
  if verdict = 'approve' and this.rule_digest is distinct from approval_decide.rule_digest then
    return jsonb_build_object('outcome', 'changed');
  end if;
  if exists (select from ringfence.approval_decision d where d.approval = this.id and d.user_id = fields[9]
      and (d.verdict <> 'revoke') and approval_decide.verdict <> 'revoke') then
    return jsonb_build_object('outcome', 'twice');
  end if;
  insert into ringfence.approval_decision (approval, user_id, role, verdict, reason)
  values (this.id, fields[9], fields[10], approval_decide.verdict, why);
  if verdict = 'approve' and this.cosigners > (
    select count(*) from ringfence.approval_decision d where d.approval = this.id and d.verdict = 'approve') then
    next := 'pending';
  end if;
  update ringfence.approval a
  set state = next,
    settled_at = case when next in ('pending', 'approved') then null else clock_timestamp() end,
    input = case when next in ('pending', 'approved') then a.input end
  where a.id = this.id;
  insert into ringfence.event_pending (id, log, tenant, boundary, body, row_count)
  values (event_id, fields[15], fields[7], ringfence.leaf_boundary(fields[7:16]), event_body, 0);
  return jsonb_build_object('outcome', 'done', 'state', next);
end
$$;

-- The requests that a claim's boundary may see, the newest first: its user's own, and those that its role may decide.
create function ringfence.approvals(claim text, of_id uuid, of_state text, at_most int) returns jsonb
language plpgsql stable security definer parallel restricted set search_path = pg_catalog, pg_temp as $$
declare
  fields constant text[] := ringfence.claim_fields(claim);
begin
  return coalesce((
    select jsonb_agg(to_jsonb(f) order by f.requested_at desc, f.id desc) from (
      select a.id, s.state, a.rule, a.rule_digest, a.digest, a.tool, case when s.state <> 'expired' then a.input end as input, a.workspace,
        a.user_id, a.role, a.actor_kind, a.actor, a.approvers, a.cosigners, a.requested_at, a.expires_at,
        case when s.state = 'expired' then a.expires_at else a.settled_at end as settled_at,
        a.user_id <> fields[9] and ringfence.approval_is_for(a, fields) as decidable,
        (select coalesce(jsonb_agg(jsonb_build_object('verdict', d.verdict, 'user', d.user_id, 'role', d.role, 'reason', d.reason,
           'at', d.decided_at) order by d.decided_at), '[]') from ringfence.approval_decision d where d.approval = a.id) as decisions
      from ringfence.approval a
      cross join lateral (
        select case when a.settled_at is null and a.expires_at <= clock_timestamp() then 'expired' else a.state end) s (state)
      where a.tenant = fields[7] and (of_id is null or a.id = of_id) and (of_state is null or s.state = of_state)
        and (ringfence.approval_is_for(a, fields)
          or (a.user_id = fields[9] and a.workspace = fields[8] and a.cross_tenant = fields[14]))
      order by a.requested_at desc, a.id desc limit at_most
    ) f), '[]');
end
$$;

-- Writes down which deadlines have passed; how many there were. Any number of sessions may ask: each row is one session's.
create function ringfence.approvals_expire(at_most int) returns int
language plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp as $$
declare
  due uuid;
  ended int := 0;
begin
  for due in
    select a.id from ringfence.approval a where a.state in ('pending', 'approved') and a.expires_at <= clock_timestamp()
    order by a.expires_at limit at_most for update skip locked
  loop
    perform ringfence.approval_expire(due);
    ended := ended + 1;
  end loop;
  return ended;
end
$$;

revoke all on function
  ringfence.approval_is_of(ringfence.approval, text[]), ringfence.approval_is_for(ringfence.approval, text[]), ringfence.approval_expire(uuid),
  ringfence.approval_ask(text, jsonb, uuid, text), ringfence.approval_consume(text, uuid[], text[]),
  ringfence.approval_decide(text, uuid, text, text, text, uuid, text), ringfence.approvals(text, uuid, text, int),
  ringfence.approvals_expire(int) from public;
grant execute on function
  ringfence.approval_ask(text, jsonb, uuid, text), ringfence.approval_consume(text, uuid[], text[]),
  ringfence.approval_decide(text, uuid, text, text, text, uuid, text), ringfence.approvals(text, uuid, text, int),
  ringfence.approvals_expire(int) to ringfence_gateway;
grant execute on function ringfence.approval_consume(text, uuid[], text[]) to ringfence_app;
reset role;
