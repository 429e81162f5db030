/** Whether two trees of PostgreSQL's parser say the same. */

/** Where something stands, or how it was spelled: a function called by special syntax is the same function. */
const NOISE: ReadonlySet<string> = new Set([
  'location',
  'name_location',
  'list_start',
  'list_end',
  'rexpr_list_start',
  'rexpr_list_end',
  'funcformat',
]);

/** Told of each pair of nodes that stand in the same place of both trees, by the name they are in their parent. */
export type Met = (name: string, one: object, other: object) => void;

/** Compares what both say; positions and spelling aside. `met` may hear of nodes before a difference is found. */
export function sameTree(one: unknown, other: unknown, met: Met): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null)
    return one === other;
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false;
    for (let at = 0; at < one.length; at++) if (!sameTree(one[at], other[at], met)) return false;
    return true;
  }
  let count = 0;
  for (const [name, value] of Object.entries(one)) {
    if (value === undefined || NOISE.has(name)) continue;
    count += 1;
    const counterpart: unknown = (other as Readonly<Record<string, unknown>>)[name];
    if (!sameTree(value, counterpart, met)) return false;
    if (typeof value === 'object' && value !== null) met(name, value, counterpart as object);
  }
  for (const name in other) if (!NOISE.has(name)) count -= 1;
  return count === 0;
}
