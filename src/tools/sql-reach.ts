/**
 * Whether the tool `sql` may be served to a role at this moment: nothing lies within reach of its slice role beside the slice, but what
 * the policy names or acknowledges. A product adds functions and grants without telling anybody, so the question is asked again and again.
 */
import type { CompiledRole } from '../policy/compiled.js';

export interface SqlReach {
  /** Asked before each statement; cheap, for the database is read at most once a minute. False: answer {@link outOfReach}. */
  allows(role: CompiledRole): Promise<boolean>;
}
