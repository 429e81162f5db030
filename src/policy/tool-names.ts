/** Names of tools in a policy: Ringfence's own, and the product's, each said once. */
import type { PolicyPath } from './complaint.js';
import type { Policy } from './defaults.js';
import type { Findings } from './findings.js';
import { nearest } from './nearest.js';
import { TOOLS } from './schema.js';

/** Complains about every tool that a role or a plan names and nobody has, and about a product's tool that takes a name of ours. */
export function checkTools(policy: Policy, findings: Findings): void {
  const known = new Set<string>([...TOOLS, ...Object.keys(policy.tools)]);
  for (const name of Object.keys(policy.tools)) {
    if (TOOLS.some((ours) => ours === name))
      findings.complain(['tools', name], `${name} is a tool of Ringfence's`, {
        suggestion: 'give yours another name',
      });
  }
  const check = (path: PolicyPath, names: readonly string[]): void => {
    for (const [index, name] of names.entries()) {
      if (known.has(name)) continue;
      const closest = nearest(name, known);
      findings.complain([...path, index], `there is no tool ${name}`, {
        suggestion:
          closest === undefined
            ? 'a tool of the product’s own stands under tools: { name: { effect: … } }'
            : `did you mean ${closest}? A tool of the product's own stands under tools`,
      });
    }
  };
  for (const [role, { tools }] of Object.entries(policy.roles)) check(['roles', role, 'tools'], tools);
  for (const [plan, { tools }] of Object.entries(policy.plans)) check(['plans', plan, 'tools'], tools);
}
