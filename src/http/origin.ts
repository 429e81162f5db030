/** Which host a request may be addressed to, and which pages may send one: against DNS rebinding and cross-site requests. */
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { type Problem, problem } from './problem.js';

/** Answers with a problem, and tells the operator. */
export type Refuse = (told: Problem) => Response;

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Refuses a request for another host than those allowed, whatever its port. */
export function hostAllowed(hosts: readonly string[] = LOOPBACK, refuse: Refuse): MiddlewareHandler {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return async ({ req }, next) => {
    const name = hostNameOf(req.header('host'));
    if (name !== null && allowed.has(name)) return await next();
    return refuse(problem('host_refused', 'This service is not served under that host name.'));
  };
}

/**
 * Refuses a browser's request from a page that is not allowed. Requests without an Origin come from no page, and a page of the very host and
 * port that is asked is this service's own: that host has been checked before.
 */
export function originAllowed(origins: readonly string[] = [], refuse: Refuse): MiddlewareHandler {
  const allowed = new Set(origins);
  const allow = cors({
    origin: [...allowed],
    allowHeaders: ['authorization', 'content-type', 'mcp-protocol-version'],
    maxAge: 600,
  });
  return async (context, next) => {
    const origin = context.req.header('origin');
    if (origin === undefined || origin === `http://${context.req.header('host')}`) return await next();
    if (allowed.has(origin)) return await allow(context, next);
    return refuse(problem('origin_refused', 'Pages of that origin may not call this service.'));
  };
}

function hostNameOf(header: string | undefined): string | null {
  try {
    return header === undefined ? null : new URL(`http://${header}`).hostname.toLowerCase();
  } catch {
    return null;
  }
}
