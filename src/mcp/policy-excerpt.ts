/** The part of the policy that one boundary is held to, as its agent may see it: no tenant, no scope columns, nothing of other roles. */
import type { Boundary } from '../boundary/boundary.js';
import type { CompiledPolicy } from '../policy/compiled.js';

export function policyExcerpt(policy: CompiledPolicy, boundary: Boundary): unknown {
  const role = policy.roles.get(boundary.role);
  if (role === undefined) return { hash: policy.hash };
  const tables = [...role.tables.values()].filter(
    ({ name }) => boundary.dataSources === null || boundary.dataSources.includes(name),
  );
  return {
    hash: policy.hash,
    role: { name: role.name, description: role.description },
    limits: {
      rows: role.limits.rows,
      timeout_ms: role.limits.timeoutMs,
      join_depth: role.limits.joinDepth,
    },
    tables: Object.fromEntries(
      tables.map(({ name, columns, write }) => [
        name,
        {
          columns: columns.map((column) => column.name),
          masked: Object.fromEntries(
            columns.flatMap((column) => (column.mask === null ? [] : [[column.name, column.mask]])),
          ),
          create: write.create ?? false,
          update: write.update ?? false,
          delete: write.delete,
        },
      ]),
    ),
  };
}
