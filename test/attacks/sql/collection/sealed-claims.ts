import type { Idea } from '../support/attack.js';

const MOOT = { moot: 'there is no seal on the raw path' } as const;

/** The functions of schema ringfence, from the agent’s side: what the gateway calls, called by a statement. */
export const sealedClaims: Idea = {
  name: 'seals and claims',
  about: 'calling Ringfence’s own functions, forging what they check, reading what they check it with',
  attacks: [
    {
      name: 'a claim made up from its parts',
      text: `select ringfence.enter(concat_ws(chr(31), 'rf1', 'key', ringfence.domain(), pg_backend_pid(), '99999999999999', 'nonce',
        'northstar-design', '', 'u1', 'support', 'run', 'agent', 'test', '', 't_0', 's_0', repeat('0', 64)))`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'entering with the empty claim',
      text: `select ringfence.enter(''), ringfence.enter(null)`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'the claim of the call under way, looked for in the statement that carried it',
      text: `select ringfence.enter(substring(current_query() from 'rf1[^'']*'))`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'a claim seen in somebody else’s running statement',
      text: `select ringfence.enter(substring(query from 'rf1[^'']*')) from pg_stat_activity where query like '%rf1%'`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'the seal, its tenant exchanged',
      text: `select body from slice_support.ticket where set_config('ringfence.seal',
        replace(current_setting('ringfence.seal', true), 'northstar-dental', 'northstar-design'), true) is not null`,
      aim: 'rows',
      raw: MOOT,
    },
    {
      name: 'the seal, its role exchanged',
      text: `with changed as materialized (select set_config('ringfence.seal',
        replace(current_setting('ringfence.seal', true), 'support', 'finance'), true))
        select ringfence.tenant('finance'), ringfence.role() from changed`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'the seal kept for the session, to be found by the next call',
      text: `select set_config('ringfence.seal', current_setting('ringfence.seal', true), false)`,
      aim: 'session',
      raw: MOOT,
    },
    {
      name: 'the seal blanked, so that a second one may be opened',
      text: `select set_config('ringfence.seal', '', true), ringfence.enter('rf1')`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'the seal’s fields, read out',
      text: `select ringfence.sealed()`,
      aim: 'metadata',
      raw: MOOT,
    },
    {
      name: 'the fields of a claim, checked for the asking',
      text: `select ringfence.claim_fields('rf1')`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'the key of the seals',
      text: `select domain, seal_inner, seal_outer from ringfence.install`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'the keys of the claims',
      text: `select key_id, inner_pad, outer_pad from ringfence.claim_key`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'a key of its own among those of the claims',
      text: `select ringfence.add_claim_key('mine', decode(repeat('00', 32), 'hex'))`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'who is a member of what',
      text: `select * from ringfence.membership`,
      aim: 'metadata',
      raw: MOOT,
    },
    {
      name: 'who is a member of what, through the function for it',
      text: `select * from ringfence.memberships('u1')`,
      aim: 'metadata',
      raw: MOOT,
    },
    {
      name: 'an event of its own in the ledger',
      text: `select ringfence.append(gen_random_uuid(), '{"action":"forged","decision":{"effect":"allowed"}}', 0)`,
      aim: 'writes',
      raw: MOOT,
    },
    {
      name: 'an event of its own, out of a CTE that nothing refers to',
      text: `with forged as materialized (select ringfence.append(gen_random_uuid(), '{"action":"forged"}', 0) as id)
        select t.id from slice_support.ticket t where exists (select from forged)`,
      aim: 'writes',
      raw: MOOT,
    },
    {
      name: 'an event under another boundary',
      text: `select ringfence.record(array['rf1'], array[gen_random_uuid()], array['{"action":"forged"}'], array[0])`,
      aim: 'writes',
      raw: MOOT,
    },
    {
      name: 'the sequencer, run by an agent',
      text: `select ringfence.sequence(1000)`,
      aim: 'writes',
      raw: MOOT,
    },
    {
      name: 'the executor called from within itself',
      text: `select ringfence.execute('rf1', 'select 1', 1, 1, null, null, null)`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'the slice’s own executor, told of another tenant',
      text: `select slice_support.execute('select body from slice_support.ticket', 'northstar-design', null, 'u1', 10, 1000)`,
      aim: 'rows',
      raw: MOOT,
    },
    {
      name: 'the slice’s own executor, altered by the role that owns it',
      text: `alter function slice_support.execute(text, text, text, text, int4, int4) security invoker`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'every function of the schema, called by its name out of the catalog',
      text: `select p.proname, query_to_xml(format('select %s', p.oid::regprocedure), true, true, '') from pg_proc p
        where p.pronamespace = 'ringfence'::regnamespace and p.pronargs = 0`,
      aim: 'identity',
      raw: MOOT,
    },
    {
      name: 'the leaves of the ledger, of all tenants',
      text: `select log, seq, convert_from(leaf, 'UTF8') from ringfence.leaf`,
      aim: 'rows',
      raw: MOOT,
    },
    {
      name: 'the leaves of the ledger, through the auditor’s function',
      text: `select * from ringfence.ledger_events(null, null, null, 100)`,
      aim: 'rows',
      raw: MOOT,
    },
    {
      name: 'what waits to become a leaf, deleted',
      text: `with gone as (delete from ringfence.event_pending returning id) select count(*) from gone`,
      aim: 'writes',
      raw: MOOT,
    },
    {
      name: 'the accessor asked for another role',
      text: `select ringfence.tenant('finance'), ringfence.user_id('finance')`,
      aim: 'identity',
      raw: MOOT,
      onlyTheGuard: { what: 'statement', shows: /^\[\[null,null\]\]$/ },
    },
    {
      name: 'whose boundary it is in',
      text: `select ringfence.tenant('support'), ringfence.run_id()`,
      aim: 'metadata',
      raw: MOOT,
      onlyTheGuard: { what: 'statement', shows: /northstar-dental/ },
    },
    {
      name: 'the hash that masks write, asked of guessed values',
      text: `select ringfence.mask_hash('umbra' || '-id-1')`,
      aim: 'columns',
      raw: MOOT,
      onlyTheGuard: { what: 'statement', shows: /^\[\["[0-9a-z_]+"\]\]$/i },
    },
    {
      name: 'the MAC of the seal computed with an empty key',
      text: `select body from slice_support.ticket where set_config('ringfence.seal', concat_ws(chr(31), 'northstar-design', '', 'u1', 'support',
        'run', 'agent', 'test', '', 't_0', 's_0', encode(sha256(decode(repeat('5c', 64), 'hex') || sha256(decode(repeat('36', 64), 'hex')
        || convert_to('seal', 'UTF8') || int4send(pg_backend_pid()) || timestamptz_send(now()))), 'hex')), true) is not null`,
      aim: 'rows',
      raw: MOOT,
    },
  ],
};
