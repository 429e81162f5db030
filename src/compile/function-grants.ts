/**
 * Rights on the functions of the product's that a role's SQL may call, where PUBLIC has none. What everybody may execute needs no
 * grant, and whoever applies often may not give one: an extension's functions belong to a superuser.
 */
import type { CatalogFunction } from '../policy/catalog.js';
import type { CompiledRole } from '../policy/compiled.js';
import type { DesiredObject } from './desired-object.js';
import { quoteIdent, quoteName } from './quote.js';

export function functionGrants(
  role: CompiledRole,
  functions: readonly CatalogFunction[],
): readonly DesiredObject[] {
  const named = role.sql?.functions ?? [];
  const to = quoteIdent(role.sliceRole);
  return functions
    .filter(
      (one) =>
        !one.publicExecute && named.some(({ schema, name }) => schema === one.schema && name === one.name),
    )
    .map((one): DesiredObject => {
      const signature = `${one.name}(${one.arguments})`;
      const on = `on function ${quoteName(one.schema, one.name)}(${one.arguments})`;
      return {
        address: { kind: 'function_grant', schema: one.schema, function: signature, role: role.sliceRole },
        identity: `${one.schema}.${signature} to ${role.sliceRole}`,
        create: [`grant execute ${on} to ${to}`],
        drop: [`revoke all ${on} from ${to}`],
        for: [role.sliceRole],
        why: `SQL that agents of role ${role.name} write may call ${one.schema}.${signature}`,
      };
    });
}

/** The schemas of the functions that a role's SQL may call. */
export function functionSchemas(role: CompiledRole): readonly string[] {
  return [...new Set((role.sql?.functions ?? []).map(({ schema }) => schema))];
}
