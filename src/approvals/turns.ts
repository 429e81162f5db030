/**
 * A few at a time, first come first served, each tenant by itself: what people say waits for its turn, where an agent's call would be told
 * that the database is busy.
 */
import { RingfenceError } from '../errors.js';

/** Words of one tenant's people that are taken to the database at once. */
const AT_ONCE = 4;
/** Words that may wait for one tenant's turn. */
const WAITING = 10_000;

export type InTurn = <T>(tenant: string, work: () => Promise<T>) => Promise<T>;

export function createTurns(): InTurn {
  const turns = new Map<string, { active: number; readonly waiting: (() => void)[] }>();
  return async (tenant, work) => {
    const turn = turns.get(tenant) ?? { active: 0, waiting: [] };
    turns.set(tenant, turn);
    if (turn.active < AT_ONCE) turn.active++;
    else if (turn.waiting.length < WAITING) await new Promise<void>((go) => turn.waiting.push(go));
    else
      throw new RingfenceError(
        'database_busy',
        'Too many decisions wait for their turn. Try again in a moment.',
      );
    try {
      return await work();
    } finally {
      const next = turn.waiting.shift();
      if (next !== undefined) next();
      else if (--turn.active === 0) turns.delete(tenant);
    }
  };
}
