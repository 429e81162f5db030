import type { Idea } from '../support/attack.js';

/** An answer that is not in the answer: a wait, a lock, a count, an error, for a row that must not be asked about. */
export const sideChannels: Idea = {
  name: 'side channels',
  about: 'a foreign row told by something other than rows',
  attacks: [
    {
      name: 'a wait, if there is such a row',
      text: `select case when exists (select from {ticket} where body like '%seats%') then pg_sleep(20) end`,
      aim: 'rows',
      raw: { as: 'reader', state: '57014' },
    },
    {
      name: 'a wait as long as a foreign number',
      text: `select pg_sleep((select max(id) from {ticket}) - 7000)`,
      aim: 'rows',
      raw: { as: 'reader', state: '57014' },
    },
    {
      name: 'work, if there is such a row',
      text: `select case when exists (select from {ticket} where body like '%seats%') then (select count(*) from generate_series(1, 900000000)) end`,
      aim: 'rows',
      raw: { as: 'reader', state: '57014' },
    },
    {
      name: 'a lock for another session to see, if there is such a row',
      text: `select pg_advisory_lock(id) from {ticket} where body like '%seats%'`,
      aim: 'rows',
      raw: {
        as: 'reader',
        where: 'session',
        elsewhere: [`select objid from pg_locks where locktype = 'advisory'`, /7001/],
      },
    },
    {
      name: 'a notification, if there is such a row',
      text: `select pg_notify('attack', body) from {ticket} where body like '%seats%'`,
      aim: 'rows',
      raw: { as: 'reader', where: 'session', heard: /zephyr/ },
    },
    {
      name: 'an error, if there is such a row',
      text: `select 1 / (select case when count(*) > 0 then 0 else 1 end from {ticket} where body like '%seats%')`,
      aim: 'rows',
      raw: { as: 'reader', state: '22012' },
      guard: 'scoped',
    },
    {
      name: 'a name that other sessions see, out of a row',
      text: `select set_config('application_name', body, false) from {ticket} where body like '%seats%'`,
      aim: 'rows',
      raw: {
        as: 'reader',
        where: 'session',
        elsewhere: ['select application_name from pg_stat_activity', /zephyr/],
      },
    },
    {
      name: 'the size of an answer',
      text: `select repeat('x', (select max(id) from {ticket}))`,
      aim: 'rows',
      raw: { as: 'reader', says: /x{7002}/ },
    },
    {
      name: 'the number of rows',
      text: `select 1 from generate_series(1, (select count(*) from {ticket} where body like '%seats%'))`,
      aim: 'rows',
      raw: { as: 'reader', says: /\["1"\]/ },
      guard: 'scoped',
    },
    {
      name: 'which statement was cancelled, by memory',
      text: `select case when exists (select from {ticket} where body like '%seats%') then length(repeat('x', 1500000000)) end`,
      aim: 'rows',
      raw: { as: 'reader', state: '54000' },
    },
    {
      name: 'the clock around a subquery',
      text: `with a as materialized (select clock_timestamp() as t), w as materialized (select count(*) as n from {ticket}, a where body like '%seats%') select w.n, clock_timestamp() >= a.t from a, w`,
      aim: 'rows',
      raw: { as: 'reader', says: /"1","t"/ },
    },
    {
      name: 'buffers read, before and after',
      text: `select pg_stat_get_blocks_fetched('public.ticket'::regclass), pg_stat_get_xact_blocks_fetched('public.ticket'::regclass)`,
      aim: 'metadata',
      raw: { state: 'ok' },
      onlyTheGuard: { what: 'metadata', shows: /^\[\["[0-9]+"/ },
    },
    {
      name: 'a random number repeated by its seed',
      text: `select setseed(0.5), random()`,
      aim: 'session',
      raw: { says: /0\.[0-9]+/ },
      onlyTheGuard: { what: 'trace', shows: /0\.[0-9]+/, next: ['select random()', /0\.825301858027981/] },
    },
    {
      name: 'rows seen by a snapshot that another holds',
      text: `select pg_snapshot_xip(pg_current_snapshot()), pg_snapshot_xmax(pg_current_snapshot()), pg_visible_in_snapshot('3', pg_current_snapshot())`,
      aim: 'metadata',
      raw: { state: 'ok' },
      onlyTheGuard: { what: 'metadata', shows: /^\[/ },
    },
  ],
};
