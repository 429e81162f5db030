/** `ringfence/proof`: checking what the ledger proves, anywhere. */
export type { Checkpoint } from './checkpoint.js';
export { parseCheckpoint } from './checkpoint.js';
export type { EventProof, ProofFault, ProofVerdict } from './event-proof.js';
export { parseProof, verifyEventProof } from './event-proof.js';
export type { Consistency, Inclusion } from './merkle.js';
export { verifyConsistency, verifyInclusion } from './merkle.js';
