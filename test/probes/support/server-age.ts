/** What `check` says of the server's release has nothing to do with what a test made, and changes with what PostgreSQL's people find. */
import type { Finding } from '../../../src/probes/check/finding.js';

/** The findings, but for the one that a newer minor release of the server mends. */
export function besidesServerAge(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ rule }) => rule !== 'server.known_holes');
}

/** An entry of an allow-list for that one. */
export const SERVER_AGE_ALLOWED =
  '  - { rule: server.known_holes, object: server, reason: the release is not what is tested, expires: 2999-12-31 }\n';
