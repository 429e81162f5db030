/** Signed notes (https://c2sp.org/signed-note), taken apart. Who signed is checked elsewhere. */
import { fromBase64, toHex } from './bytes.js';

/** More signatures than any note of ours has; the format asks for at least 16. */
const SIGNATURES = 64;

export interface NoteSignature {
  readonly name: string;
  /** 8 hex digits: tells keys of one name apart. */
  readonly keyId: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** A note taken apart; nothing of it has been verified. */
export interface ParsedNote {
  /** With its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Takes a note apart, or null where it is none. */
export function parseNote(note: string): ParsedNote | null {
  if (/[\u0000-\u0009\u000b-\u001f]|\p{Cs}/u.test(note)) return null;
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return null;
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > SIGNATURES) return null;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name = '', encoded = ''] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
    const bytes = fromBase64(encoded);
    if (!isKeyName(name) || bytes === null || bytes.length < 5) return null;
    signatures.push({ name, keyId: toHex(bytes.subarray(0, 4)), signature: bytes.slice(4) });
  }
  return { text: note.slice(0, split + 1), signatures };
}

export function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\p{Cc}\p{Cs}]/u.test(name);
}

/** The parts of `name+keyid+base64`, as far as its form goes; null where it is none. */
export function splitVerifierKey(
  vkey: string,
): { readonly name: string; readonly keyId: string; readonly material: Uint8Array<ArrayBuffer> } | null {
  const [, name = '', keyId = '', encoded = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(vkey) ?? [];
  const material = fromBase64(encoded);
  return !isKeyName(name) || material === null || material.length === 0 ? null : { name, keyId, material };
}
