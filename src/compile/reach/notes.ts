/** What a plan tells of what lies within reach of the tool `sql`: also of what is acknowledged, so that nobody forgets it. */
import type { CompiledPolicy } from '../../policy/compiled.js';
import type { Note } from '../notes.js';
import { acknowledgement, type ReachFinding } from '../reach.js';

export function reachNotes(policy: CompiledPolicy, findings: readonly ReachFinding[]): readonly Note[] {
  const found = new Set(findings.map(({ identity }) => identity));
  const idle = [...policy.acknowledgedReach].filter((identity) => !found.has(identity));
  return [
    ...findings.map(
      (finding): Note => ({
        about: 'reach',
        table: null,
        text: `${finding.identity} ${finding.why}. Within reach of sql in ${finding.roles.join(', ')}${
          finding.acknowledged ? ', and acknowledged.' : `: apply refuses it. ${advice(finding)}`
        }`,
      }),
    ),
    ...idle.map(
      (identity): Note => ({
        about: 'reach',
        table: null,
        text: `acknowledge.reach names ${identity}, and nothing of that name is within reach of sql: take it out, or correct it.`,
      }),
    ),
  ];
}

function advice(finding: ReachFinding): string {
  const mend = finding.mend.map((sql) => `${sql};`).join(' ');
  return mend === ''
    ? `Take it away, or write ${acknowledgement(finding)}`
    : `Run: ${mend} Or write ${acknowledgement(finding)}`;
}
