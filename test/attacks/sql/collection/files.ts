import type { Idea } from '../support/attack.js';

/** The server has files, and a shell. */
export const files: Idea = {
  name: 'files and programs',
  about: 'files, directories and programs of the host',
  attacks: [
    {
      name: 'pg_read_file',
      text: `select pg_read_file('PG_VERSION')`,
      aim: 'host',
      raw: { as: 'superuser', says: /1[0-9]\\n/ },
    },
    {
      name: 'pg_read_file of the logins',
      text: `select pg_read_file('pg_hba.conf', 0, 100000)`,
      aim: 'host',
      raw: { as: 'superuser', says: /scram|trust|md5/ },
    },
    {
      name: 'pg_read_binary_file',
      text: `select pg_read_binary_file('global/pg_control', 0, 16)`,
      aim: 'host',
      raw: { as: 'superuser', says: /\\\\x/ },
    },
    {
      name: 'pg_ls_dir',
      text: `select pg_ls_dir('.')`,
      aim: 'host',
      raw: { as: 'superuser', says: /PG_VERSION/ },
    },
    {
      name: 'pg_ls_waldir and its like',
      text: `select name from pg_ls_waldir()`,
      aim: 'host',
      raw: { as: 'superuser', says: /0000/ },
    },
    {
      name: 'pg_stat_file',
      text: `select size from pg_stat_file('PG_VERSION')`,
      aim: 'host',
      raw: { as: 'superuser', says: /"3"/ },
    },
    {
      name: 'where a table’s file is',
      text: `select pg_relation_filepath('public.payroll')`,
      aim: 'metadata',
      raw: { says: /base\// },
      onlyTheGuard: { what: 'metadata', shows: /base\// },
    },
    { name: 'the server’s log', text: `select pg_current_logfile()`, aim: 'host', raw: { refused: '42501' } },
    {
      name: 'the rules of logins',
      text: `select type, auth_method from pg_hba_file_rules`,
      aim: 'metadata',
      raw: { as: 'superuser', says: /host/ },
    },
    {
      name: 'COPY TO PROGRAM',
      text: `copy (select 1) to program 'cat > /dev/null'`,
      aim: 'host',
      raw: { as: 'superuser', state: 'ok' },
    },
    {
      name: 'COPY FROM PROGRAM',
      text: `create temp table heard (line text); copy heard from program 'echo run by the server'; select line from heard`,
      aim: 'host',
      raw: { as: 'superuser', says: /run by the server/ },
    },
    {
      name: 'COPY FROM a file',
      text: `create temp table heard (line text); copy heard from '/etc/hostname'; select count(*) > 0 from heard`,
      aim: 'host',
      raw: { as: 'superuser', says: /"t"/ },
    },
    {
      name: 'COPY TO a file',
      text: `copy public.payroll to '/dev/null'`,
      aim: 'host',
      raw: { as: 'superuser', state: 'ok' },
    },
    {
      name: 'LOAD of a library',
      text: `load '$libdir/plpgsql'`,
      aim: 'host',
      raw: { as: 'superuser', state: 'ok' },
    },
    {
      name: 'a function out of a library',
      text: `create function public.system(cstring) returns int language c as '/lib/x86_64-linux-gnu/libc.so.6', 'system'`,
      aim: 'host',
      raw: { refused: '42501' },
    },
    {
      name: 'a setting that names a library',
      text: `select set_config('local_preload_libraries', 'x', false), set_config('dynamic_library_path', '/tmp', false)`,
      aim: 'host',
      raw: { refused: '42501' },
    },
    {
      name: 'a file through adminpack',
      text: `select pg_catalog.pg_file_write('x', 'y', false)`,
      aim: 'host',
      raw: { refused: '42883' },
    },
    {
      name: 'a file of text search',
      text: `create text search dictionary public.passwd (template = simple, stopwords = '../../../../../../etc/passwd')`,
      aim: 'host',
      raw: { refused: '22023' },
    },
  ],
};
