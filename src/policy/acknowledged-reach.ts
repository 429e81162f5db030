/**
 * What a policy accepts within reach of the tool `sql`: one thing at a time, by the name that `ringfence plan` gives it. Whether
 * there is such a thing is for the plan to say, which knows what is within reach.
 */
import type { Policy } from './defaults.js';
import type { Findings } from './findings.js';

/** How the names begin that a plan gives. */
const BEGINNINGS = [
  'function ',
  'procedure ',
  'aggregate ',
  'extension ',
  'table ',
  'view ',
  'materialized view ',
  'foreign table ',
  'sequence ',
  'membership of ',
  'create on ',
  'parameter ',
  'setting ',
  'default privileges of ',
];

export function acknowledgedReach({ acknowledge }: Policy, findings: Findings): ReadonlySet<string> {
  for (const [index, identity] of acknowledge.reach.entries()) {
    const path = ['acknowledge', 'reach', index];
    if (identity !== 'large objects' && !BEGINNINGS.some((beginning) => identity.startsWith(beginning)))
      findings.complain(path, 'is no name that a plan gives', {
        suggestion: 'copy it from "ringfence plan": function public.total(integer)',
      });
    else if (unquoted(identity).includes('*'))
      findings.complain(path, 'names more than one thing: each is accepted by itself', {
        suggestion: 'write one line for each',
      });
  }
  return new Set(acknowledge.reach);
}

/** What of a text is not inside double quotes; an odd one out leaves the rest outside. */
function unquoted(text: string): string {
  const parts = text.split('"');
  return parts.filter((_, at) => at % 2 === 0 || at === parts.length - 1).join('');
}
