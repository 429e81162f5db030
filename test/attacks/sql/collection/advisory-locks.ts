import type { Idea } from '../support/attack.js';

/** Advisory locks are seen by every session of the database, and those of a session are not undone with a transaction. */
export const advisoryLocks: Idea = {
  name: 'advisory locks',
  about: 'locks that no table knows: held, waited for, told by, taken from others',
  attacks: [
    {
      name: 'held for the session, past the end of the transaction',
      text: `select pg_advisory_lock(4242)`,
      aim: 'session',
      raw: {
        where: 'session',
        elsewhere: [`select objid from pg_locks where locktype = 'advisory'`, /4242/],
      },
    },
    {
      name: 'held in two numbers',
      text: `select pg_advisory_lock(42, 43), pg_advisory_lock_shared(42, 44)`,
      aim: 'session',
      raw: {
        where: 'session',
        elsewhere: [`select classid, objid from pg_locks where locktype = 'advisory'`, /"42","43"/],
      },
    },
    {
      name: 'taken as often as rows are met',
      text: `select count(pg_advisory_lock(id)) from {ticket}, generate_series(1, 3)`,
      aim: 'session',
      raw: {
        where: 'session',
        elsewhere: [`select count(*) from pg_locks where locktype = 'advisory'`, /"3"/],
      },
    },
    {
      name: 'tried without waiting',
      text: `select pg_try_advisory_lock(4243), pg_try_advisory_lock_shared(4244)`,
      aim: 'session',
      raw: {
        where: 'session',
        elsewhere: [`select objid from pg_locks where locktype = 'advisory'`, /4243/],
      },
    },
    {
      name: 'held for the transaction in which the event is written',
      text: `select pg_advisory_xact_lock(4245)`,
      aim: 'session',
      raw: { elsewhere: [`select objid from pg_locks where locktype = 'advisory'`, /4245/] },
    },
    {
      name: 'as a word to another session: a bit for each row that has a letter',
      text: `select pg_try_advisory_lock(100 + id) from {customer} where phone like '%555%'`,
      aim: 'columns',
      raw: { where: 'session', elsewhere: [`select objid from pg_locks where locktype = 'advisory'`, /101/] },
    },
    {
      name: 'taken inside an error, so that the failing statement leaves it behind',
      text: `select pg_advisory_lock(4246), 1 / (id - id) from {ticket}`,
      aim: 'session',
      raw: {
        where: 'session',
        elsewhere: [`select objid from pg_locks where locktype = 'advisory'`, /4246/],
      },
    },
    {
      name: 'taken before a time limit, so that the cancelled statement leaves it behind',
      text: `select pg_advisory_lock(4247), pg_sleep(5)`,
      aim: 'session',
      raw: {
        where: 'session',
        state: '57014',
        elsewhere: [`select objid from pg_locks where locktype = 'advisory'`, /4247/],
      },
    },
    {
      name: 'all of the connection’s, released',
      text: `select pg_advisory_unlock_all()`,
      aim: 'session',
      raw: { state: 'ok' },
      onlyTheGuard: { what: 'statement', shows: /^\[\[""\]\]$/ },
    },
    {
      name: 'one that somebody else holds, told by a warning',
      text: `select pg_advisory_unlock(77)`,
      aim: 'metadata',
      raw: { says: /you don't own a lock/ },
      onlyTheGuard: { what: 'statement', shows: /^\[\["f"\]\]$/ },
    },
    {
      name: 'one that the product waits for, for as long as a statement may run',
      text: `select pg_advisory_xact_lock(1), pg_sleep(0.02)`,
      aim: 'resources',
      raw: { elsewhere: [`select objid from pg_locks where locktype = 'advisory'`, /"1"/] },
      onlyTheGuard: { what: 'statement', shows: /^\[\["",""\]\]$/ },
    },
    {
      name: 'so many that the server’s table of locks is full',
      text: `select count(pg_advisory_lock(n)) from generate_series(1, 3000) n`,
      aim: 'resources',
      raw: {
        where: 'session',
        elsewhere: [`select count(*) > 2000 from pg_locks where locktype = 'advisory'`, /"t"/],
      },
    },
  ],
};
