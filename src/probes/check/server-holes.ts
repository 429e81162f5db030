/**
 * Holes of PostgreSQL's own that let rows past row security, or let whoever may run SQL be the server, by the release that mended them.
 *
 * Sources: https://www.postgresql.org/support/security/ and the release notes of 15.3, 15.4, 15.7, 15.9, 15.14, 15.16, 15.18 and their like.
 */
export interface ServerHole {
  readonly cve: string;
  /** What it allows, to complete “… lets …”. */
  readonly what: string;
  /** `server_version_num` of the first release of each major version without it. A major that is not here never had it. */
  readonly mended: Readonly<Record<number, number>>;
}

export const SERVER_HOLES: readonly ServerHole[] = [
  {
    cve: 'CVE-2023-2455',
    what: 'a function that is inlined be judged by another role’s policies',
    mended: { 15: 150003 },
  },
  {
    cve: 'CVE-2023-39418',
    what: 'MERGE change rows that policies for SELECT or UPDATE hide',
    mended: { 15: 150004 },
  },
  {
    cve: 'CVE-2024-4317',
    what: 'everybody read values of others’ rows in extended statistics',
    mended: { 15: 150007, 16: 160003 },
  },
  {
    cve: 'CVE-2024-10976',
    what: 'subqueries be judged by another role’s policies',
    mended: { 15: 150009, 16: 160005, 17: 170001 },
  },
  {
    cve: 'CVE-2024-10978',
    what: 'a session get back to another role than it was',
    mended: { 15: 150009, 16: 160005, 17: 170001 },
  },
  {
    cve: 'CVE-2025-8713',
    what: 'whoever writes an operator read values of hidden rows from the planner’s statistics',
    mended: { 15: 150014, 16: 160010, 17: 170006 },
  },
  {
    cve: 'CVE-2026-2006',
    what: 'whoever runs SQL run code as the server, by malformed text',
    mended: { 15: 150016, 16: 160012, 17: 170008, 18: 180002 },
  },
  {
    cve: 'CVE-2026-6473',
    what: 'whoever chooses the size of an input write past the server’s memory',
    mended: { 15: 150018, 16: 160014, 17: 170010, 18: 180004 },
  },
];

/** The holes of a server, by `server_version_num`. */
export function holesOf(version: number): readonly ServerHole[] {
  return SERVER_HOLES.filter(({ mended }) => version < (mended[Math.floor(version / 10_000)] ?? 0));
}

/** The first release of the same major version without any of these. */
export function mendedIn(version: number, holes: readonly ServerHole[]): string {
  const major = Math.floor(version / 10_000);
  const first = Math.max(...holes.map(({ mended }) => mended[major] ?? 0));
  return `${major}.${first % 10_000}`;
}
