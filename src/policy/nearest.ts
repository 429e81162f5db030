/**
 * The candidate that somebody most likely meant by `name`, or undefined where nothing is close.
 *
 * Close is at most a third of the longer name in edits (insert, delete, replace, swap of neighbours), case and
 * underscores not counted. Optimal string alignment distance (Damerau 1964, restricted). Ties go to the first candidate.
 *
 * @example
 * ```ts
 * nearest('custmer', ['customer', 'invoice']); // 'customer'
 * ```
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(name);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const other = fold(candidate);
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3));
    if (Math.abs(wanted.length - other.length) > allowed) continue;
    const distance = editDistance(wanted, other);
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `did you mean customer?`, or nothing to say. Meant to be spread into a complaint. */
export function didYouMean(name: string, candidates: Iterable<string>): { readonly suggestion?: string } {
  const candidate = nearest(name, candidates);
  return candidate === undefined ? {} : { suggestion: `did you mean ${candidate}?` };
}

/** Long enough for any identifier; longer text is cut so that hostile input costs nothing. */
const LONGEST = 128;

function fold(name: string): string {
  return name.slice(0, LONGEST).toLowerCase().replaceAll('_', '').replaceAll('"', '');
}

function editDistance(a: string, b: string): number {
  let twoBack: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min(
        at(previous, j) + 1,
        at(current, j - 1) + 1,
        at(previous, j - 1) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) distance = Math.min(distance, at(twoBack, j - 2) + 1);
      current.push(distance);
    }
    twoBack = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
