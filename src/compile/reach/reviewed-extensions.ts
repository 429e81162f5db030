/**
 * Extensions whose functions in C have been looked at: what they do beyond computing from their arguments. An extension that is not
 * here counts as doing anything at all.
 */

export interface ReviewedExtension {
  /** Why some of it is not for agents, for a sentence that begins with its name. */
  readonly why: string;
  /** The functions that are meant; all of them where absent. */
  readonly functions?: readonly string[];
}

/** Types, operators, indexes and text functions; and languages, whose functions are judged one by one. */
const HARMLESS: ReadonlySet<string> = new Set([
  'bloom',
  'bool_plperl',
  'bool_plperlu',
  'btree_gin',
  'btree_gist',
  'citext',
  'cube',
  'dict_int',
  'dict_xsyn',
  'earthdistance',
  'fuzzystrmatch',
  'hstore',
  'hstore_plperl',
  'hstore_plperlu',
  'hstore_plpython3u',
  'intagg',
  'intarray',
  'jsonb_plperl',
  'jsonb_plperlu',
  'jsonb_plpython3u',
  'ltree',
  'ltree_plpython3u',
  'pg_trgm',
  'pgcrypto',
  'plperl',
  'plperlu',
  'plpgsql',
  'plpython3u',
  'pltcl',
  'pltclu',
  'seg',
  'tsm_system_rows',
  'tsm_system_time',
  'unaccent',
  'uuid-ossp',
  'vector',
]);

const KNOWN: Readonly<Record<string, ReviewedExtension>> = {
  adminpack: { why: 'reads, writes and lists files of the server' },
  amcheck: { why: 'reads any index of the database' },
  dblink: { why: 'connects to databases, this one among them, and runs any text there' },
  file_fdw: { why: 'reads files and runs programs of the server' },
  http: { why: 'sends requests to any address' },
  isn: {
    why: 'changes how later statements of the same connection read a number',
    functions: ['isn_weak'],
  },
  old_snapshot: { why: 'tells of transactions of the whole server' },
  orafce: { why: 'reads and writes files of the server, and passes messages between sessions' },
  pageinspect: { why: 'shows the pages of any table, with the rows of every tenant' },
  pg_buffercache: { why: 'tells how often tables are used, and empties the cache' },
  pg_cron: { why: 'runs any text later, outside of the boundary' },
  pg_freespacemap: { why: 'tells how full any table is' },
  pg_logicalinspect: { why: 'reads what is replicated, of every tenant' },
  pg_net: { why: 'sends requests to any address' },
  pg_prewarm: { why: 'reads whole tables into memory and starts workers' },
  pg_stat_statements: { why: 'shows the texts of other statements, those of other tenants among them' },
  pg_surgery: { why: 'damages tables' },
  pg_visibility: { why: 'reads any table’s pages, and may truncate their maps' },
  pg_walinspect: { why: 'reads what every tenant wrote' },
  pgrowlocks: { why: 'shows who works on which rows of a table' },
  pgstattuple: { why: 'counts the rows of any table' },
  postgis: {
    why: 'estimates from statistics over the rows of every tenant',
    functions: [
      '_postgis_index_extent',
      '_postgis_join_selectivity',
      '_postgis_selectivity',
      '_postgis_stats',
      'st_estimatedextent',
    ],
  },
  postgres_fdw: { why: 'lists and closes connections to other servers, and reads from them' },
  sslinfo: { why: 'tells of the certificate that the gateway logs in with' },
  tablefunc: {
    why: 'runs the text it is given, past the guard',
    functions: ['connectby', 'crosstab', 'crosstab2', 'crosstab3', 'crosstab4'],
  },
  xml2: {
    why: 'runs the text it is given, past the guard, and reads files and addresses that a stylesheet names',
    functions: ['xpath_table', 'xslt_process'],
  },
};

/** What of an extension is not for agents, or null where all of it is harmless. */
export function reviewOf(extension: string): ReviewedExtension | null {
  if (HARMLESS.has(extension)) return null;
  return Object.hasOwn(KNOWN, extension) ? (KNOWN[extension] ?? null) : UNKNOWN;
}

const UNKNOWN: ReviewedExtension = {
  why: 'has functions in C, or tables of its own, that nobody has looked at here',
};
