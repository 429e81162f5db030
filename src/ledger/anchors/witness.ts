/** A witness (https://c2sp.org/tlog-witness): it signs a checkpoint only if it grew out of the last one that it signed. */
import { RingfenceError } from '../../errors.js';
import { toBase64 } from '../../proof/bytes.js';
import { parseNote } from '../../proof/note-text.js';
import { checkNote, parseVerifier } from '../note.js';
import { type Anchor, type CheckpointToAnchor, otherHistory } from './anchor.js';

/** Bytes of an answer that are read. */
const ANSWER_BYTES = 65_536;

/**
 * Has each checkpoint cosigned. The cosignature is verified and kept beside the checkpoint: a proof made later carries it.
 *
 * @param url the witness's submission prefix
 * @param vkey its public key: a `vkey` of a timestamped Ed25519 cosigner
 * @throws {RingfenceError} `config_invalid` where the key is none of a cosigner.
 * @example
 * ```ts
 * witnessAnchor('https://witness.example', 'witness.example/w1+1234abcd+BAekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
 * ```
 */
export function witnessAnchor(url: string, vkey: string): Anchor {
  const verifier = parseVerifier(vkey);
  if (verifier.kind !== 'cosignature')
    throw new RingfenceError('config_invalid', `${vkey} is the key of a log, not of a witness.`);
  const endpoint = `${url.replace(/\/$/, '')}/add-checkpoint`;
  /** What it signed last, as far as is known here; it says so where we are wrong. */
  let known = 0;

  const submit = async (made: CheckpointToAnchor, signal: AbortSignal): Promise<Response> => {
    const proof = known === 0 ? [] : await made.consistencyFrom(known);
    const lines = [`old ${known}`, ...proof.map(toBase64), '', made.note];
    return fetch(endpoint, { method: 'POST', body: lines.join('\n'), redirect: 'error', signal });
  };
  return {
    name: `witness ${verifier.name}`,
    async publish(made, signal) {
      let response = await submit(made, signal);
      if (response.status === 409) {
        const size = Number((await textOf(response)).trim());
        if (!Number.isSafeInteger(size) || size < 0)
          throw new Error(`${verifier.name} answered 409 without a size`);
        if (size > made.checkpoint.size) throw otherHistory(`The witness ${verifier.name}`, size);
        known = size;
        response = await submit(made, signal);
      }
      const answer = await textOf(response);
      if (response.status === 422) throw otherHistory(`The witness ${verifier.name}`, known);
      if (response.status !== 200) throw new Error(`${verifier.name} answered ${response.status}`);
      const lines = answer.split('\n').filter((line) => line !== '');
      const [own, ...others] = lines.filter((line) => {
        const note = parseNote(`${parseNote(made.note)?.text ?? ''}\n${line}\n`);
        return note !== null && checkNote(note, [verifier]).good.length > 0;
      });
      if (own === undefined || others.length > 0)
        throw new Error(`${verifier.name} answered without one cosignature of its key`);
      known = made.checkpoint.size;
      return [own];
    },
  };
}

async function textOf(response: Response): Promise<string> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > ANSWER_BYTES) throw new Error('the answer is too long');
  return new TextDecoder().decode(bytes);
}
