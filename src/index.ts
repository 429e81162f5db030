/** The public surface. Named exports, no logic. */
export type { Approval, ApprovalState, ApprovalWord } from './approvals/approval.js';
export type { ApprovalAnswer, ApprovalFilter, Approvals } from './approvals/approvals.js';
export type { Actor, ActorKind, Boundary, BoundaryFields, CrossTenant } from './boundary/boundary.js';
export { assertBoundary } from './boundary/boundary.js';
export type { AcrossTenantsOptions, ActingForOptions, CrossTenantRules } from './boundary/cross-tenant.js';
export type { Membership, MembershipResolver } from './boundary/membership.js';
export type { Narrowing } from './boundary/narrow.js';
export { narrow } from './boundary/narrow.js';
export type { Principal, PrincipalKind } from './boundary/principal.js';
export { trustedPrincipal } from './boundary/principal.js';
export { bindBoundary, currentBoundary, within } from './boundary/propagation.js';
export type {
  BoundaryPolicy,
  ResolveOptions,
  TrustedBoundaryFields,
  WorkOptions,
} from './boundary/resolve.js';
export type { BoundarySnapshot, ReloadOptions } from './boundary/snapshot.js';
export { reloadBoundary, snapshotOf } from './boundary/snapshot.js';
export type { ClaimNames, ClaimPath, TokenVerifier, TokenVerifierOptions } from './boundary/token.js';
export { createTokenVerifier, verifyToken } from './boundary/token.js';
export type { TokenAlgorithm, TokenKeys } from './boundary/token-keys.js';
export type { Keys } from './database/keys.js';
export { loadKeys } from './database/keys.js';
export type { PoolOptions } from './database/pool.js';
export type { Denial, DenialCode, ErrorCode, FailureCode } from './errors.js';
export { RingfenceError } from './errors.js';
export type { Health } from './health.js';
export type { Anchor, CheckpointToAnchor } from './ledger/anchors/anchor.js';
export { fileAnchor } from './ledger/anchors/file.js';
export type { HttpAnchorOptions } from './ledger/anchors/http.js';
export { httpAnchor } from './ledger/anchors/http.js';
export { witnessAnchor } from './ledger/anchors/witness.js';
export type { OperatorEntry } from './operator-log.js';
export type { CompiledPolicy } from './policy/compiled.js';
export { PolicyInvalidError } from './policy/complaint.js';
export type { PolicyFile } from './policy/file.js';
export { parsePolicy } from './policy/file.js';
export type { Detector, Span } from './prose/detector.js';
export { matches } from './prose/detector.js';
export type { ProseEntry, ProseLog, ProseOptions } from './prose/prose-log.js';
export { defaultDetectors, scrub } from './prose/scrub.js';
export type { Ringfence, RingfenceOptions } from './ringfence.js';
export { createRingfence } from './ringfence.js';
export type { ListedTool } from './tools/data-tools.js';
export type { Allowed, CallOptions, Decision, Denied, Failed, Pending, Untrusted } from './tools/decision.js';
export type { OwnTool, Risk, ToolDefinition, ToolRun, Undo } from './tools/define-tool.js';
export { defineTool, Refusal } from './tools/define-tool.js';
export { manifestOf } from './tools/manifest.js';
export type { AnswerToTell } from './tools/model-text.js';
export { modelText } from './tools/model-text.js';
export type { AnswerColumn, Effect } from './tools/tool.js';
export { workingWithRingfence } from './tools/working-with-ringfence.js';
