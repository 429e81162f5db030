/** Names for two tenants that differ by one letter or digit, of whatever type the product's tenants have. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { RingfenceError } from '../../errors.js';
import type { Catalog, CatalogColumn } from '../../policy/catalog.js';
import type { CompiledPolicy } from '../../policy/compiled.js';
import { kindOf } from '../../policy/value.js';
import { longest } from './marks.js';

export type TenantPair = readonly [ours: string, theirs: string];

/**
 * Pairs to try in turn, the most natural first.
 * @throws {RingfenceError} `config_invalid` where the tenant's type has no names to choose from, or nothing belongs to a tenant.
 */
export function tenantPairs(policy: CompiledPolicy, catalog: Catalog): readonly TenantPair[] {
  const columns = tenantColumns(policy, catalog);
  const kinds = new Set(columns.map(kindOf));
  if (columns.length === 0)
    throw wrong('No table of the policy has a tenant column, so no tenant can be planted.');
  if (kinds.has('uuid')) {
    return [0, 1, 2].map(() => {
      const stem = randomUUID().slice(0, -1);
      return [`${stem}a`, `${stem}b`];
    });
  }
  if (kinds.has('integer') || kinds.has('number')) {
    const small = columns.some(({ typeOid }) => typeOid === 21);
    return [0, 1, 2].map(() => {
      const first = small ? randomInt(20_000, 32_000) : randomInt(1_500_000_000, 2_000_000_000);
      return [String(first), String(first + 1)];
    });
  }
  if (kinds.size === 1 && kinds.has('text')) {
    const most = Math.min(...columns.map(longest));
    const random = randomBytes(6).toString('hex');
    const letters = [...random].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))).join('');
    const stems = [
      `northstar-${random}-`,
      `northstar_${letters}_`,
      `n${random}`,
      `N${random.toUpperCase()}`,
      letters,
      letters.toUpperCase(),
    ];
    const pairs = stems.map((stem): TenantPair => {
      const cut = stem.slice(0, most - 1);
      const upper = cut !== '' && cut === cut.toUpperCase();
      return upper ? [`${cut}A`, `${cut}B`] : [`${cut}a`, `${cut}b`];
    });
    const stem = randomUUID().slice(0, -1);
    return most >= 36 ? [...pairs, [`${stem}a`, `${stem}b`]] : pairs;
  }
  throw wrong(
    'The tenant column is of a type that has no names to choose from, so no tenant can be planted.',
  );
}

function tenantColumns({ tables }: CompiledPolicy, catalog: Catalog): readonly CatalogColumn[] {
  return [...tables.values()].flatMap(({ schema, table, scope, kind }) => {
    if (scope.kind !== 'scoped' || kind !== 'table') return [];
    const source = catalog.tables.find((one) => one.schema === schema && one.name === table);
    const name = scope.columns.find(({ axis }) => axis === 'tenant')?.column;
    return source?.columns.filter((column) => column.name === name) ?? [];
  });
}

function wrong(message: string): RingfenceError {
  return new RingfenceError('config_invalid', message, {
    suggestion: 'Probe two tenants that are there: --tenant A --tenant B, without --plant.',
  });
}
