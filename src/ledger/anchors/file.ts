/** Checkpoints at the end of a file: on a volume that only appends, in a synchronised folder, on another machine's share. */
import { open } from 'node:fs/promises';
import { type Checkpoint, parseCheckpoint } from '../../proof/checkpoint.js';
import { verifyConsistency } from '../../proof/merkle.js';
import { parseNote } from '../../proof/note-text.js';
import { nodeHash } from '../tree/hash.js';
import { type Anchor, otherHistory } from './anchor.js';

/** More than the last note has. */
const TAIL_BYTES = 16_384;

/**
 * Appends each checkpoint to a file, and an empty line after it. The file is made if it is not there, and synced before the checkpoint counts
 * as kept. A ledger that is shorter than what the file ends with, or another, is not appended.
 *
 * @example
 * ```ts
 * const ringfence = await createRingfence({ url, anchors: [fileAnchor('/mnt/append-only/ledger.notes')] });
 * ```
 */
export function fileAnchor(path: string): Anchor {
  return {
    name: `file ${path}`,
    async publish({ note, checkpoint, consistencyFrom }) {
      const file = await open(path, 'a+', 0o644);
      try {
        const { size } = await file.stat();
        const from = Math.max(0, size - TAIL_BYTES);
        const tail = Buffer.alloc(size - from);
        await file.read(tail, 0, tail.length, from);
        const end = tail.toString();
        const last = lastCheckpoint(end);
        if (last !== null) {
          const isSame = Buffer.from(last.root).equals(Buffer.from(checkpoint.root));
          if (last.size === checkpoint.size && isSame) return [];
          if (last.size >= checkpoint.size || last.origin !== checkpoint.origin)
            throw otherHistory(`The file ${path}`, last.size);
          const proof = await consistencyFrom(last.size);
          if (!(await verifyConsistency({ earlier: last, later: checkpoint, proof }, nodeHash)))
            throw otherHistory(`The file ${path}`, last.size);
        }
        // A note that a crash cut off must not run into this one.
        const apart = end === '' || end.endsWith('\n\n') ? '' : '\n\n';
        await file.appendFile(`${apart}${note}\n`);
        await file.sync();
        return [];
      } finally {
        await file.close();
      }
    },
  };
}

/** The last note of a file of notes; a line that was cut off in the middle is passed over. */
function lastCheckpoint(tail: string): Checkpoint | null {
  const blocks = tail.split(/\n\n(?!— )/);
  for (const block of blocks.reverse()) {
    const note = parseNote(`${block.replace(/\n$/, '')}\n`);
    const checkpoint = note === null ? null : parseCheckpoint(note.text);
    if (checkpoint !== null) return checkpoint;
  }
  return null;
}
