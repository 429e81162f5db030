/** The SQL that mends findings, as a script to be read before it is run. */
import type { Finding } from './finding.js';

const comment = (text: string): string =>
  text
    .split(/[\r\n]+/)
    .map((line) => `-- ${line}`)
    .join('\n');

/** Every statement once, under what it mends; what a person has to decide is a comment. */
export function mendingSql(findings: readonly Finding[]): string {
  const done = new Set<string>();
  const blocks = findings.map(({ severity, rule, object, what, mend, advice }) => {
    const head = comment(`${severity} ${rule}: ${object}\n${what}`);
    const statements = mend.filter((sql) => !done.has(sql));
    for (const sql of statements) done.add(sql);
    const body = statements.map((sql) => `${sql};`);
    if (mend.length > 0 && statements.length === 0) body.push('-- Mended above.');
    const also = advice === undefined ? [] : [comment(mend.length === 0 ? `To decide: ${advice}` : advice)];
    return [head, ...body, ...also].join('\n');
  });
  return blocks.length === 0 ? '-- Nothing to mend.' : blocks.join('\n\n');
}
