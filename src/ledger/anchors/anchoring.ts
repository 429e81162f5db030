/** Leaves the newest checkpoint with every anchor, in the background: each at its own pace, none waiting for another. */

import { type BackgroundWork, startBackgroundWork } from '../../background-work.js';
import { parseCheckpoint } from '../../proof/checkpoint.js';
import { parseNote } from '../../proof/note-text.js';
import { subtreesIn, type TileReader } from '../tree/tiles.js';
import { consistencyProof } from '../tree/tree.js';
import type { Anchor } from './anchor.js';

export interface AnchoringOptions {
  readonly anchors: readonly Anchor[];
  /** The newest checkpoint of the operator's stream. */
  readonly newest: () => Promise<{ readonly size: number; readonly note: string } | null>;
  /** Tiles of that stream. */
  readonly tiles: TileReader;
  /** Keeps lines that others signed under a checkpoint. */
  readonly keep: (size: number, lines: readonly string[]) => Promise<void>;
  /** Told each time that an anchor did not take a checkpoint. */
  readonly onFailure: (anchor: string, error: unknown) => void;
  /** Milliseconds between looks; 1000 where not given. */
  readonly intervalMs?: number;
}

/** Milliseconds that an anchor has to answer. */
const ANSWER_MS = 10_000;

/** Starts it, once for each anchor. */
export function startAnchoring(options: AnchoringOptions): readonly BackgroundWork[] {
  const { anchors, newest, tiles, keep, onFailure, intervalMs = 1000 } = options;
  return anchors.map((anchor) => {
    let kept = 0;
    return startBackgroundWork({
      intervalMs,
      onError: (error) => onFailure(anchor.name, error),
      run: async () => {
        const found = await newest();
        const checkpoint = parseCheckpoint(parseNote(found?.note ?? '')?.text ?? '');
        if (found === null || checkpoint === null || checkpoint.size <= kept) return 0;
        const lines = await anchor.publish(
          {
            note: found.note,
            checkpoint,
            consistencyFrom: (size) =>
              consistencyProof(size, checkpoint.size, subtreesIn(checkpoint.size, tiles)),
          },
          AbortSignal.timeout(ANSWER_MS),
        );
        if (lines.length > 0) await keep(checkpoint.size, lines);
        kept = checkpoint.size;
        return 0;
      },
    });
  });
}
