import type { Boundary } from '../../src/boundary/boundary.js';
import { within } from '../../src/boundary/propagation.js';
import type { TrustedBoundaryFields } from '../../src/boundary/resolve.js';
import { apply } from '../../src/database/apply.js';
import { installClaimKeys, setGatewayPassword } from '../../src/database/credentials.js';
import { generateKeys, type Keys } from '../../src/database/keys.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createRingfence, type Ringfence, type RingfenceOptions } from '../../src/ringfence.js';
import type { CallOptions, Decision } from '../../src/tools/decision.js';
import type { TestDatabase } from './database.js';

/** A database with a policy applied to it, and Ringfence open on it as the gateway's login, which is no superuser. */
export interface Governed {
  readonly ringfence: Ringfence;
  readonly keys: Keys;
  readonly gatewayUrl: string;
  boundary(fields: Partial<Omit<TrustedBoundaryFields, 'policy'>> & { readonly tenant: string }): Boundary;
  /** One call in a boundary of this tenant, as user `u1` in role `support` unless told otherwise. */
  call(
    who: string | (Partial<Omit<TrustedBoundaryFields, 'policy'>> & { readonly tenant: string }),
    tool: string,
    input: unknown,
    options?: CallOptions,
  ): Promise<Decision>;
  close(): Promise<void>;
}

/** Applies the policy as superuser, as `ringfence apply` does, and opens Ringfence. */
export async function govern(
  database: TestDatabase,
  policy: string,
  options: Partial<Omit<RingfenceOptions, 'policy' | 'keys'>> & { readonly keys?: Keys } = {},
): Promise<Governed> {
  const keys = options.keys ?? generateKeys();
  const file = parsePolicy(policy);
  const admin = await database.connect();
  await apply(admin, (catalog) => compilePolicy(file, catalog), {
    alongside: async () => {
      await installClaimKeys(admin, keys);
      await setGatewayPassword(admin, keys);
      return true;
    },
  });
  await admin.end();
  const gatewayUrl = database.urlFor({ name: 'ringfence_gateway', password: keys.gatewayPassword });
  const ringfence = await createRingfence({ url: gatewayUrl, ...options, policy: file, keys });
  const boundary: Governed['boundary'] = (fields) =>
    ringfence.trustedBoundary({
      user: 'u1',
      role: 'support',
      actor: { kind: 'agent', id: 'test' },
      ...fields,
    });
  return {
    ringfence,
    keys,
    gatewayUrl,
    boundary,
    call: (who, tool, input, given) =>
      within(boundary(typeof who === 'string' ? { tenant: who } : who), () =>
        ringfence.call(tool, input, given),
      ),
    close: () => ringfence.close(),
  };
}

/** Chains everything; the leaves of the tenants' own streams, oldest first, as they read. */
export async function chainedLeaves<Leaf>(governed: Governed, database: TestDatabase): Promise<Leaf[]> {
  await governed.ringfence.sequence();
  const leaves = await database.query<{ leaf: string }>(
    "select convert_from(leaf, 'UTF8') as leaf from ringfence.leaf where log like 't%' order by event_id",
  );
  return leaves.map(({ leaf }) => JSON.parse(leaf) as Leaf);
}
