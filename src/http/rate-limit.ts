/** How many requests an address and a caller may make, in this process. What a call may cost the database is the policy's matter. */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

export interface RateLimits {
  /** Requests a minute from one address, those without a valid token included. */
  readonly perAddress: number;
  /** Requests a minute of one user in one tenant, wherever they come from. */
  readonly perSession: number;
}

export const DEFAULT_RATE_LIMITS: RateLimits = { perAddress: 1_200, perSession: 600 };

export interface RateLimiter {
  /** Seconds to wait before the next request, or 0 where these may go on: one, unless told otherwise. */
  take(key: string, requests?: number): Promise<number>;
}

/** Counts by key over a minute. */
export function createRateLimiter(perMinute: number): RateLimiter {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return {
    async take(key, requests = 1) {
      try {
        await limiter.consume(key, requests);
        return 0;
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
        throw refused;
      }
    },
  };
}
