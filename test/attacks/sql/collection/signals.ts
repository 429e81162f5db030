import type { Idea } from '../support/attack.js';

/** Sessions of one login may end each other. */
export const signals: Idea = {
  name: 'signals',
  about: 'other sessions of the same login: ended, cancelled, blocked, looked into',
  attacks: [
    {
      name: 'every other session ended',
      text: `select pg_terminate_backend(pid) from pg_stat_activity where usename = session_user and pid <> pg_backend_pid()`,
      aim: 'resources',
      raw: { says: /"t"/ },
    },
    {
      name: 'every other session ended, after a wait',
      text: `select pg_terminate_backend(pid, 50) from pg_stat_activity where usename = session_user and pid <> pg_backend_pid()`,
      aim: 'resources',
      raw: { as: 'reader', says: /"t"|did not terminate/ },
    },
    {
      name: 'every other session’s statement cancelled',
      text: `select pg_cancel_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename = session_user`,
      aim: 'resources',
      raw: { as: 'superuser', says: /"t"/ },
    },
    {
      name: 'its own statement cancelled',
      text: `select pg_cancel_backend(pg_backend_pid()), pg_sleep(1)`,
      aim: 'session',
      raw: { state: '57014' },
    },
    {
      name: 'its own session ended',
      text: `select pg_terminate_backend(pg_backend_pid())`,
      aim: 'session',
      raw: { where: 'session', state: '57P01' },
    },
    {
      name: 'a session ended through a number that is guessed',
      text: `select pg_terminate_backend(pg_backend_pid() + n) from generate_series(-3, -1) n`,
      aim: 'resources',
      raw: { says: /"[tf]"/ },
    },
    {
      name: 'memory of another session written to the log',
      text: `select pg_log_backend_memory_contexts(pid) from pg_stat_activity limit 1`,
      aim: 'metadata',
      raw: { as: 'superuser', says: /"[tf]"/ },
    },
    {
      name: 'who waits for whom',
      text: `select pg_blocking_pids(pid), pg_safe_snapshot_blocking_pids(pid) from pg_stat_activity`,
      aim: 'metadata',
      raw: { says: /\{\}/ },
      onlyTheGuard: { what: 'metadata', shows: /\{\}/ },
    },
    {
      name: 'what another session is running',
      text: `select query, state, xact_start from pg_stat_activity where usename = session_user`,
      aim: 'metadata',
      raw: { says: /pg_stat_activity/ },
      onlyTheGuard: { what: 'metadata', shows: /insufficient privilege/ },
    },
    {
      name: 'its own statistics forgotten',
      text: `select pg_stat_clear_snapshot(), pg_stat_force_next_flush()`,
      aim: 'session',
      raw: { state: 'ok' },
      onlyTheGuard: { what: 'statement', shows: /^\[\["",""\]\]$/ },
    },
  ],
};
