/**
 * Holes of PostgreSQL's own that let rows past row security, or let whoever may run SQL be the server, by the release that mended them.
 *
 * Sources: https://www.postgresql.org/support/security/, what it says of each CVE, and the release notes of 15.3, 15.4, 15.7, 15.9, 15.14,
 * 15.16, 15.18, 15.19, 15.20 and their like. CVE-2016-2193 and CVE-2019-10130 were mended before PostgreSQL 15; 18.5 was never released.
 */
export interface ServerHole {
  readonly cve: string;
  /** What it allows, to complete “… lets …”. */
  readonly what: string;
  /** `server_version_num` of the first release of each major version without it. A major that is not here never had it. */
  readonly mended: Readonly<Record<number, number>>;
  /**
   * Whether the gateway refuses a server that has it: rows get past row security by it. What is not about row security, and what needs
   * INSERT … ON CONFLICT, which Ringfence sends for no agent, is for `check` to tell.
   */
  readonly refused: boolean;
}

export const SERVER_HOLES: readonly ServerHole[] = [
  {
    cve: 'CVE-2023-2455',
    what: 'a function that is inlined be judged by another role’s policies',
    mended: { 15: 150003 },
    refused: true,
  },
  {
    cve: 'CVE-2023-39418',
    what: 'MERGE change rows that policies for SELECT or UPDATE hide',
    mended: { 15: 150004 },
    refused: true,
  },
  {
    // An update of the server does not mend a cluster that is older: fix-CVE-2024-4317.sql does.
    cve: 'CVE-2024-4317',
    what: 'everybody read values of others’ rows in extended statistics',
    mended: { 15: 150007, 16: 160003 },
    refused: true,
  },
  {
    cve: 'CVE-2024-10976',
    what: 'subqueries be judged by another role’s policies',
    mended: { 15: 150009, 16: 160005, 17: 170001 },
    refused: true,
  },
  {
    cve: 'CVE-2024-10978',
    what: 'a session get back to another role than it was',
    mended: { 15: 150009, 16: 160005, 17: 170001 },
    refused: true,
  },
  {
    cve: 'CVE-2025-8713',
    what: 'whoever writes an operator read values of hidden rows from the planner’s statistics',
    mended: { 15: 150014, 16: 160010, 17: 170006 },
    refused: true,
  },
  {
    cve: 'CVE-2026-2006',
    what: 'whoever runs SQL run code as the server, by malformed text',
    mended: { 15: 150016, 16: 160012, 17: 170008, 18: 180002 },
    refused: false,
  },
  {
    cve: 'CVE-2026-6473',
    what: 'whoever chooses the size of an input write past the server’s memory',
    mended: { 15: 150018, 16: 160014, 17: 170010, 18: 180004 },
    refused: false,
  },
  {
    cve: 'CVE-2026-14680',
    what: 'whoever runs SQL run code as the server, by calling what takes arguments of type internal',
    mended: { 15: 150019, 16: 160015, 17: 170011, 18: 180006 },
    refused: false,
  },
  {
    cve: 'CVE-2026-16239',
    what: 'whoever runs SQL run code as the server, by making a cursor again with other types',
    mended: { 15: 150019, 16: 160015, 17: 170011, 18: 180006 },
    refused: false,
  },
  {
    cve: 'CVE-2026-120141',
    what: 'whoever runs SQL run code as the server, by functions that return rows of changing types',
    mended: { 15: 150020, 16: 160016, 17: 170012, 18: 180007 },
    refused: false,
  },
  {
    cve: 'CVE-2026-120154',
    what: 'whoever may INSERT and UPDATE read every row, by INSERT … ON CONFLICT DO UPDATE',
    mended: { 15: 150020, 16: 160016, 17: 170012, 18: 180007 },
    refused: false,
  },
];

/** The holes of a server, by `server_version_num`. */
export function holesOf(version: number): readonly ServerHole[] {
  return SERVER_HOLES.filter(({ mended }) => version < (mended[Math.floor(version / 10_000)] ?? 0));
}

/** The first release of the same major version without any of these. */
export function mendedIn(version: number, holes: readonly ServerHole[]): string {
  const major = Math.floor(version / 10_000);
  return printVersion(Math.max(...holes.map(({ mended }) => mended[major] ?? 0)));
}

/** `15.14`, for the `server_version_num` 150014. */
export function printVersion(version: number): string {
  return `${Math.floor(version / 10_000)}.${version % 10_000}`;
}
