/**
 * The policy file joined with a catalog: every name resolved, every rule checked, everything that is wrong said at once.
 */
import { acknowledgedReach } from './acknowledged-reach.js';
import { approvalRules } from './approvals.js';
import type { Catalog } from './catalog.js';
import type { CompiledPolicy, PolicyTable } from './compiled.js';
import { crossTenantPolicy } from './cross-tenant.js';
import { Denials } from './denial.js';
import type { PolicyFile } from './file.js';
import { Findings } from './findings.js';
import { freezeDeep } from './freeze.js';
import { checkMaterializedViews } from './materialized-views.js';
import { References } from './references.js';
import { compileRole } from './role.js';
import { resolveScopes } from './scope.js';
import type { SqlContext } from './sql-functions.js';
import { acknowledgedColumns } from './telling-keys.js';
import { checkTools } from './tool-names.js';
import type { WriteContext } from './writes.js';

/**
 * Compiles a policy against the database it is for. Pure, and the same for the same file and catalog.
 *
 * What is wrong stops it: a table without tenancy, a column that is gone, a mask that does not fit. What a person should
 * know and may want is in `warnings`.
 *
 * @throws {PolicyInvalidError} `policy_invalid`, one line per complaint: `file:line:column  path  message (suggestion)`.
 *
 * @example
 * ```ts
 * const policy = compilePolicy(parsePolicy(text), catalog);
 * policy.roles.get('support')?.tables.get('invoice')?.columns;
 * ```
 */
export function compilePolicy(file: PolicyFile, catalog: Catalog): CompiledPolicy {
  const { policy } = file;
  const findings = new Findings(file);
  const references = new References(policy, catalog, findings);
  const scopes = resolveScopes(policy, references, findings);
  const context: WriteContext & SqlContext = {
    policy,
    findings,
    references,
    scopes,
    database: catalog.tables,
    functions: catalog.functions,
    denials: new Denials(policy, references, findings),
    acknowledged: acknowledgedColumns(policy, references, findings),
  };
  const roles = Object.entries(policy.roles).map(
    ([name, role]) => [name, compileRole(context, name, role)] as const,
  );
  if (roles.length === 0) findings.note(['roles'], 'there is no role, so no agent may do anything');
  checkMaterializedViews({ references, scopes, roles: new Map(roles), catalog, findings });
  checkTools(policy, findings);
  const approvals = approvalRules({ policy, references, findings, roles: new Map(roles) });
  const crossTenant = crossTenantPolicy(policy, findings);
  const reach = acknowledgedReach(policy, findings);
  findings.settle();

  const tables = [...scopes].map(([{ name, source, entry }, scope]): readonly [string, PolicyTable] => [
    name,
    {
      name,
      schema: source.schema,
      table: source.name,
      kind: source.kind === 'materialized_view' ? 'materialized_view' : 'table',
      refreshMinutes: entry.refresh_minutes,
      scope,
    },
  ]);
  return freezeDeep({
    version: 1,
    hash: file.hash,
    preset: policy.preset,
    tenancy: policy.tenancy,
    defaultSchema: policy.schema,
    owners: policy.owners,
    tables: new Map(tables),
    roles: new Map(roles),
    ownTools: new Map(Object.entries(policy.tools)),
    canaries: new Map(Object.entries(policy.canaries)),
    plans: new Map(
      Object.entries(policy.plans).map(([name, plan]) => [name, { tools: new Set(plan.tools) }]),
    ),
    approvals,
    crossTenant,
    acknowledgedReach: reach,
    warnings: findings.notes,
  });
}
