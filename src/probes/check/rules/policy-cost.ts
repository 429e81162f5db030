/** Policies that cost more than they must, or cannot be asked at all. */
import type { PolicyFact } from '../../../database/inspect/access.js';
import { printName } from '../../../policy/name.js';
import { few, lensOf, policyObject } from '../lens.js';
import { type Call, callsPerRow, improved, policyParts, productPolicies } from '../policy-expressions.js';
import type { Rule } from '../rule.js';

const unwrapped: Rule = {
  id: 'policy.unwrapped',
  title: 'policies that call a function for every row',
  why: 'A call is made for each row that is looked at; inside (select …) it is made once in a statement. Measured over an unindexed scan: 395 ms against 17 ms.',
  severities: ['low'],
  *find(world) {
    const lens = lensOf(world);
    for (const policy of productPolicies(world)) {
      const perRow = (text: string | null): readonly Call[] => {
        const expression = lens.expression(text);
        return expression === undefined ? [] : callsPerRow(lens, expression, policy.table);
      };
      const calls = [...perRow(policy.using), ...perRow(policy.check)];
      if (calls.length === 0) continue;
      yield {
        severity: 'low',
        object: policyObject(policy),
        what: `The policy ${policy.name} on ${printName([policy.schema, policy.table])} calls ${few([...new Set(calls.map(({ name }) => `${printName(name)}()`))])} for every row.`,
        mend: [improved(lens, policy)],
      };
    }
  },
};

const recursion: Rule = {
  id: 'policy.recursive',
  title: 'policies that read their own table',
  why: 'PostgreSQL refuses every statement on the table with “infinite recursion detected in policy”: nobody whom it judges sees anything, and the quick way out is usually to switch row security off.',
  severities: ['medium'],
  *find(world) {
    const lens = lensOf(world);
    const policies = productPolicies(world);
    const key = (schema: string, name: string): string => JSON.stringify([schema, name]);
    const reads = new Map<string, Set<string>>();
    const firsts = new Map<string, PolicyFact>();
    for (const { policy, part } of policyParts(lens, policies)) {
      if (part.kind !== 'query') continue;
      const from = key(policy.schema, policy.table);
      for (const name of part.tables) {
        if (name.length < 2) continue;
        const set = reads.get(from) ?? new Set<string>();
        set.add(key(name[0] ?? '', name[1] ?? ''));
        reads.set(from, set);
        if (!firsts.has(from)) firsts.set(from, policy);
      }
    }
    const told = new Set<string>();
    for (const [table, policy] of firsts) {
      if (told.has(table)) continue;
      const seen = new Set<string>();
      const stack = [...(reads.get(table) ?? [])];
      for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
        if (seen.has(at)) continue;
        seen.add(at);
        stack.push(...(reads.get(at) ?? []));
      }
      if (!seen.has(table)) continue;
      for (const one of seen) if (reads.get(one) !== undefined && seen.has(one)) told.add(one);
      yield {
        severity: 'medium',
        object: policyObject(policy),
        what: `The policy ${policy.name} on ${printName([policy.schema, policy.table])} reads the table that it judges, by itself or over the policies of another.`,
        mend: [],
        advice:
          'Ask through a function that runs as an owner whom row security does not bind (SECURITY DEFINER, with a search_path of its own), and that answers no more than the policy needs.',
      };
    }
  },
};

export const POLICY_COST_RULES: readonly Rule[] = [unwrapped, recursion];
