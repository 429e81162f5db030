import type { Idea } from '../support/attack.js';

/** What is copied elsewhere is not seen by row security. */
export const replication: Idea = {
  name: 'replication and backup',
  about: 'streams of changes and copies of the whole server',
  attacks: [
    {
      name: 'a logical slot',
      text: `select pg_create_logical_replication_slot('spy', 'test_decoding')`,
      aim: 'rows',
      raw: { refused: '42501' },
    },
    {
      name: 'a physical slot',
      text: `select pg_create_physical_replication_slot('spy', true)`,
      aim: 'resources',
      raw: {
        as: 'superuser',
        where: 'session',
        next: [`select slot_name from pg_replication_slots; select pg_drop_replication_slot('spy')`, /spy/],
      },
    },
    {
      name: 'the changes of a slot',
      text: `select data from pg_logical_slot_get_changes('spy', null, null)`,
      aim: 'rows',
      raw: { refused: '42501' },
    },
    {
      name: 'a message into the stream of changes',
      text: `select pg_logical_emit_message(true, 'ringfence', 'forged')`,
      aim: 'writes',
      raw: { state: 'ok' },
    },
    {
      name: 'a message into the stream of changes, outside of any transaction',
      text: `select pg_logical_emit_message(false, 'ringfence', 'forged')`,
      aim: 'writes',
      raw: { says: /[0-9A-F]\/[0-9A-F]/ },
      onlyTheGuard: { what: 'trace', shows: /[0-9A-F]\/[0-9A-F]/ },
    },
    {
      name: 'a backup begun',
      text: `select pg_backup_start('x', true)`,
      aim: 'resources',
      raw: { refused: '42501' },
    },
    {
      name: 'the log switched to another segment',
      text: `select pg_switch_wal()`,
      aim: 'resources',
      raw: { as: 'superuser', says: /[0-9A-F]\/[0-9A-F]/ },
    },
    {
      name: 'where the log is',
      text: `select pg_current_wal_lsn(), pg_walfile_name(pg_current_wal_lsn())`,
      aim: 'metadata',
      raw: { says: /[0-9A-F]\/[0-9A-F]/ },
      onlyTheGuard: { what: 'metadata', shows: /[0-9A-F]\/[0-9A-F]/ },
    },
    {
      name: 'a restore point',
      text: `select pg_create_restore_point('x')`,
      aim: 'writes',
      raw: { refused: '42501' },
    },
    {
      name: 'an origin of replication',
      text: `select pg_replication_origin_session_setup('x')`,
      aim: 'session',
      raw: { refused: '42501' },
    },
    { name: 'a standby promoted', text: `select pg_promote()`, aim: 'resources', raw: { refused: '42501' } },
    {
      name: 'the settings read again',
      text: `select pg_reload_conf(), pg_rotate_logfile()`,
      aim: 'resources',
      raw: { refused: '42501' },
    },
    {
      name: 'who replicates',
      text: `select * from pg_stat_replication`,
      aim: 'metadata',
      raw: { says: /^\[\[\]\]$/ },
      onlyTheGuard: { what: 'metadata', shows: /^\[\]$/ },
    },
    {
      name: 'a subscription',
      text: `create subscription spy connection 'host=127.0.0.1' publication p with (connect = false)`,
      aim: 'rows',
      raw: { refused: '42501' },
    },
    {
      name: 'all statistics thrown away',
      text: `select pg_stat_reset(), pg_stat_reset_shared('bgwriter')`,
      aim: 'writes',
      raw: { refused: '42501' },
    },
  ],
};
