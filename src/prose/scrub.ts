/** Takes out of a text what must not stand in a log. */
import type { Detector, Span } from './detector.js';
import { personalDetectors } from './personal.js';
import { secretDetectors } from './secrets.js';

/** What is looked for unless told otherwise: secrets first, then what belongs to a person. */
export const defaultDetectors: readonly Detector[] = [...secretDetectors, ...personalDetectors];

/** As far as a finding may reach beyond what is kept. */
const BEYOND = 8_192;

/**
 * The text with what the detectors find replaced by their labels. Where findings overlap they become one, under the label of the detector that
 * comes first in the list.
 *
 * @param length Only the first characters of the text, so many. What they cut in two is found all the same, and replaced as a whole.
 * @example
 * ```ts
 * scrub('Mail jane@example.com, the key is sk_live_51H8xQ2eZvKYlo2C'); // 'Mail [email], the key is [secret]'
 * ```
 */
export function scrub(
  text: string,
  detectors: readonly Detector[] = defaultDetectors,
  length: number = text.length,
): string {
  const looked = text.slice(0, length + BEYOND);
  const found = detectors
    .flatMap(({ label, find }, rank) => [...find(looked)].map((span) => ({ ...span, label, rank })))
    .filter(({ start, end }) => start < end && start < length)
    .sort((a, b) => a.start - b.start);
  let scrubbed = '';
  let from = 0;
  for (let at = 0; at < found.length; ) {
    let one = found[at] as Span & { readonly label: string; readonly rank: number };
    let { end } = one;
    const { start } = one;
    for (at++; at < found.length; at++) {
      const next = found[at] as typeof one;
      if (next.start >= end) break;
      end = Math.max(end, next.end);
      if (next.rank < one.rank) one = next;
    }
    scrubbed += text.slice(from, start) + one.label;
    from = end;
  }
  return scrubbed + text.slice(from, Math.max(from, length));
}
