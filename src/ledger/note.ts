/**
 * Signed notes (https://c2sp.org/signed-note): a text, and lines of signatures under it. Ed25519 (RFC 8032), and timestamped cosignatures
 * of checkpoints (https://c2sp.org/tlog-cosignature).
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { RingfenceError } from '../errors.js';
import { isKeyName, type ParsedNote, splitVerifierKey } from '../proof/note-text.js';

const ED25519 = 0x01;
const COSIGNATURE = 0x04;

/** A public key with the name it signs under. */
export interface NoteVerifier {
  readonly name: string;
  /** 8 hex digits: tells keys of one name apart. */
  readonly keyId: string;
  readonly kind: 'ed25519' | 'cosignature';
  /** `name+keyid+base64`: how it is written down, handed on and pinned. */
  readonly vkey: string;
  /** Seconds since 1970 for a cosignature, 0 for a signature; null where it does not verify. */
  check(text: string, signature: Uint8Array): number | null;
}

export interface NoteSigner {
  readonly verifier: NoteVerifier;
  /** The line to put under a text. */
  line(text: string): string;
}

/** A private Ed25519 key as it is kept: 32 bytes. */
export function generateSeed(): Buffer {
  const { privateKey } = generateKeyPairSync('ed25519');
  return Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
}

/**
 * Signs under a name.
 * @throws {RingfenceError} `config_invalid` where the name cannot be one, or the seed is not 32 bytes.
 */
export function createNoteSigner(name: string, seed: Uint8Array): NoteSigner {
  if (seed.length !== 32) throw new RingfenceError('config_invalid', 'A signing key has 32 bytes.');
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  const verifier = verifierOf(name, ED25519, Buffer.from(x, 'base64url'));
  return {
    verifier,
    line: (text) => {
      const signed = Buffer.concat([Buffer.from(verifier.keyId, 'hex'), sign(null, Buffer.from(text), key)]);
      return `— ${name} ${signed.toString('base64')}\n`;
    },
  };
}

/**
 * A verifier out of a `vkey`.
 * @throws {RingfenceError} `config_invalid` where it is malformed or of a kind that is not known here.
 */
export function parseVerifier(vkey: string): NoteVerifier {
  const refuse = (): never => {
    throw new RingfenceError(
      'config_invalid',
      'A verifier key looks like this: example.com/name+1234abcd+base64.',
    );
  };
  const { name, keyId, material } = splitVerifierKey(vkey) ?? refuse();
  const kind = material[0];
  if ((kind !== ED25519 && kind !== COSIGNATURE) || material.length !== 33) refuse();
  const verifier = verifierOf(
    name,
    kind === ED25519 ? ED25519 : COSIGNATURE,
    Buffer.from(material.subarray(1)),
  );
  if (verifier.keyId !== keyId) refuse();
  return verifier;
}

function verifierOf(name: string, type: typeof ED25519 | typeof COSIGNATURE, raw: Buffer): NoteVerifier {
  if (!isKeyName(name)) {
    throw new RingfenceError('config_invalid', 'A key’s name is not empty and has neither spaces nor "+".');
  }
  const material = Buffer.concat([Buffer.of(type), raw]);
  const keyId = createHash('sha256').update(`${name}\n`).update(material).digest('hex').slice(0, 8);
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
  return {
    name,
    keyId,
    kind: type === ED25519 ? 'ed25519' : 'cosignature',
    vkey: `${name}+${keyId}+${material.toString('base64')}`,
    check: type === ED25519 ? plainCheck(key) : cosignatureCheck(key),
  };
}

const plainCheck =
  (key: KeyObject): NoteVerifier['check'] =>
  (text, signature) =>
    signature.length === 64 && verify(null, Buffer.from(text), key, signature) ? 0 : null;

const cosignatureCheck =
  (key: KeyObject): NoteVerifier['check'] =>
  (text, signature) => {
    if (signature.length !== 72) return null;
    const time = Number(Buffer.from(signature).readBigUInt64BE(0));
    const signed = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
    return time > 0 && verify(null, signed, key, signature.subarray(8)) ? time : null;
  };

/** A text under which signers put their lines. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  return `${text}\n${signers.map((signer) => signer.line(text)).join('')}`;
}

/** What known keys say of a note. */
export interface NoteVerdict {
  /** Keys whose signature verifies, each with its time (0 where it has none). */
  readonly good: readonly { readonly verifier: NoteVerifier; readonly time: number }[];
  /** Known keys with a signature that does not: such a note is to be rejected. */
  readonly bad: readonly NoteVerifier[];
}

/** Checks the signatures of known keys; those of others are passed over, as the format asks. */
export function checkNote({ text, signatures }: ParsedNote, verifiers: readonly NoteVerifier[]): NoteVerdict {
  const good: { verifier: NoteVerifier; time: number }[] = [];
  const bad: NoteVerifier[] = [];
  for (const { name, keyId, signature } of signatures) {
    const verifier = verifiers.find((one) => one.name === name && one.keyId === keyId);
    if (verifier === undefined) continue;
    const time = verifier.check(text, signature);
    if (time === null) bad.push(verifier);
    else good.push({ verifier, time });
  }
  return { good, bad };
}
