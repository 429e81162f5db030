/**
 * Attenuation: a boundary made out of another one, that can do less and never more.
 */
import { RingfenceError } from '../errors.js';
import { assertBoundary, type Boundary, makeBoundary, originOf } from './boundary.js';
import { expiryAfter, requireNames } from './values.js';

/** What to take away. A field left out stays as it is. */
export interface Narrowing {
  /** The only tools left; an empty list leaves none. */
  readonly tools?: readonly string[] | undefined;
  /** The only tables left, by agent-facing name; an empty list leaves none. */
  readonly dataSources?: readonly string[] | undefined;
  /** Seconds of life from now; no more than the boundary has left. */
  readonly lifeSeconds?: number | undefined;
}

/**
 * The same boundary with less: fewer tools, fewer tables, a shorter life. For a sub-agent, or for one step of a run.
 *
 * @throws {RingfenceError} `boundary_invalid` when it would allow a tool, a table or a second that the boundary does not;
 * `boundary_expired` when there is nothing left to narrow.
 * @example
 * ```ts
 * const reader = narrow(currentBoundary(), { tools: ['query', 'get'], dataSources: ['invoice'], lifeSeconds: 60 });
 * await within(reader, () => summarise(invoices));
 * ```
 */
export function narrow(boundary: Boundary, to: Narrowing): Boundary {
  assertBoundary(boundary);
  const expiresAt = to.lifeSeconds === undefined ? boundary.expiresAt : expiryAfter(to.lifeSeconds);
  if (expiresAt > boundary.expiresAt) throw widening('lifeSeconds', 'is longer than the boundary has left');
  return makeBoundary(
    {
      ...boundary,
      tools: fewer('tools', boundary.tools, to.tools),
      dataSources: fewer('dataSources', boundary.dataSources, to.dataSources),
      expiresAt,
    },
    { principal: originOf(boundary).principal, parent: boundary },
  );
}

function fewer(
  field: string,
  held: readonly string[] | null,
  wanted: readonly string[] | undefined,
): readonly string[] | null {
  const names = requireNames(field, wanted);
  if (names === null) return held;
  if (held !== null && names.some((name) => !held.includes(name))) {
    throw widening(field, 'names something that the boundary does not allow');
  }
  return names;
}

function widening(field: string, why: string): RingfenceError {
  return new RingfenceError(
    'boundary_invalid',
    `A boundary can be narrowed, never widened: ${field} ${why}. Resolve a new boundary instead.`,
  );
}
