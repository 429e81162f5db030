/** Which call it is that people agree to: one value over everything that would make it another. */
import { createHmac } from 'node:crypto';
import type { Boundary } from '../boundary/boundary.js';
import { canonicalJson } from '../ledger/canonical.js';
import type { ApprovalRule } from '../policy/compiled.js';

export interface CallToApprove {
  readonly boundary: Boundary;
  readonly tool: string;
  /** What a tool of the product's own was accepted as; null for Ringfence's. */
  readonly manifest: string | null;
  /** Canonical JSON (RFC 8785). */
  readonly input: string;
}

/**
 * HMAC-SHA256, hex, over the canonical JSON (RFC 8785) of the tool, its input, whose call it is, and the rule by what it says: a digest
 * stays in the ledger for ever, and without the key nobody can guess an input from it.
 *
 * @param key The ledger key.
 */
export function callDigest(key: Uint8Array, call: CallToApprove, rule: ApprovalRule): string {
  const { tenant, workspace, user, role, actor, crossTenant } = call.boundary;
  const told = {
    version: 1,
    tool: call.tool,
    manifest: call.manifest,
    input: call.input,
    boundary: {
      tenant,
      workspace,
      user,
      role,
      actor: { kind: actor.kind, id: actor.id },
      cross_tenant: crossTenant === null ? null : { ...crossTenant },
    },
    rule: { name: rule.name, digest: rule.digest },
  };
  return createHmac('sha256', key)
    .update(`approval\0${canonicalJson(told)}`)
    .digest('hex');
}
