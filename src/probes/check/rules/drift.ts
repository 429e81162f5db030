/** Drift: what was applied is not what is there. */
import type { DriftStep } from '../../../database/inspect/drift.js';
import type { Severity } from '../finding.js';
import type { Rule } from '../rule.js';

/** What holds rows apart, and what would let an agent past it. */
const HOLDING: ReadonlySet<DriftStep['kind']> = new Set([
  'policy',
  'row_security',
  'role',
  'membership',
  'view',
  'function',
]);
const OPENING: ReadonlySet<DriftStep['kind']> = new Set([
  'table_grant',
  'schema_grant',
  'function_grant',
  'function_grants',
]);

function severityOf({ kind, how }: DriftStep): Severity {
  if (how === 'extra') return OPENING.has(kind) ? 'high' : 'medium';
  if (how === 'wanted') return HOLDING.has(kind) || OPENING.has(kind) ? 'medium' : 'low';
  return HOLDING.has(kind) || OPENING.has(kind) ? 'high' : 'medium';
}

const HOW: Readonly<Record<DriftStep['how'], string>> = {
  gone: 'is gone',
  altered: 'is not as it was applied',
  extra: 'is there and was not applied',
  wanted: 'is not as the policy wants it',
};

const drift: Rule = {
  id: 'drift.applied',
  title: 'differences between what was applied and what is there',
  why: 'The boundary that was reviewed and applied is not the one that holds. Somebody changed it by hand, or the product’s schema went on without it.',
  severities: ['high', 'medium', 'low'],
  *find({ drift }) {
    for (const step of drift.steps) {
      const kind = step.kind.replaceAll('_', ' ');
      yield {
        severity: severityOf(step),
        object: `${kind} ${step.identity}`,
        what: `The ${kind} ${step.identity} ${HOW[step.how]}: ${step.words}.`,
        mend: step.how === 'extra' ? step.sql : [],
        ...(step.how === 'extra'
          ? {}
          : {
              advice:
                'Run "ringfence plan" with the policy, then "ringfence apply": it puts back what differs, all or nothing.',
            }),
      };
    }
  },
  *unseen({ drift }) {
    if (drift.unseen !== null) yield { object: null, why: drift.unseen };
  },
};

export const DRIFT_RULES: readonly Rule[] = [drift];
