import type { CrossTenantPolicy } from './compiled.js';
import type { PolicyPath } from './complaint.js';
import type { Policy } from './defaults.js';
import type { Findings } from './findings.js';
import { didYouMean } from './nearest.js';

/** Who may work for tenants other than their own; complains about roles that are not there. */
export function crossTenantPolicy(policy: Policy, findings: Findings): CrossTenantPolicy {
  const { acting_for: actingFor, grants } = policy.cross_tenant;
  const roles = Object.keys(policy.roles);
  const checkRole = (role: string, path: PolicyPath): void => {
    if (!roles.includes(role)) findings.complain(path, `there is no role ${role}`, didYouMean(role, roles));
  };
  if (policy.tenancy === 'single' && (actingFor.length > 0 || Object.keys(grants).length > 0))
    findings.complain(['cross_tenant'], 'tenancy is single: there is no other tenant', {
      suggestion: 'take it out',
    });
  for (const [index, entry] of actingFor.entries())
    for (const [position, role] of entry.roles.entries())
      checkRole(role, ['cross_tenant', 'acting_for', index, 'roles', position]);
  for (const [name, grant] of Object.entries(grants))
    checkRole(grant.role, ['cross_tenant', 'grants', name, 'role']);
  return {
    actingFor,
    grants: new Map(
      Object.entries(grants).map(([name, { role, tenants, expires }]) => [
        name,
        { role, tenants, expires: new Date(expires) },
      ]),
    ),
  };
}
