/**
 * Ringfence over HTTP: list tools, call a tool, MCP, health. A web-standard `fetch` on top of Hono; `serve.ts` gives it a port.
 *
 * Every request but health brings a bearer token, and runs in a boundary made for it alone. What comes in is bounded before it is
 * read, and what goes wrong is told as problem details.
 */
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { within } from '../boundary/propagation.js';
import type { TokenVerifier } from '../boundary/token.js';
import { createMcpEndpoint } from '../mcp/endpoint.js';
import { type OperatorEntry, rateLimitedLog } from '../operator-log.js';
import type { Ringfence } from '../ringfence.js';
import { visibleJson } from '../tools/model-text.js';
import { type ApprovalAsked, decideApproval, listApprovals, showApproval } from './approvals.js';
import {
  authenticate,
  type Caller,
  DEFAULT_SCOPES,
  openBoundary,
  ScopeError,
  type Scopes,
  traceIdOf,
} from './authenticate.js';
import { callBody } from './call-body.js';
import { openApi } from './openapi.js';
import { hostAllowed, originAllowed } from './origin.js';
import { type Problem, problem, problemOfDecision, problemOfError, problemResponse } from './problem.js';
import { createRateLimiter, DEFAULT_RATE_LIMITS, type RateLimits } from './rate-limit.js';

export interface HttpOptions {
  readonly ringfence: Ringfence;
  /** See `createTokenVerifier`. */
  readonly verify: TokenVerifier;
  /** What to report as version. */
  readonly version: string;
  /** Host names that requests may be addressed to; default those of this machine's loopback. */
  readonly hosts?: readonly string[];
  /** Origins that browsers may call from, as `https://app.example`; default none. */
  readonly origins?: readonly string[];
  /** The scopes that tokens need; null where the issuer's tokens carry none. Default `ringfence:read` and `ringfence:write`. */
  readonly scopes?: Scopes | null;
  /** Bytes of a request's body at most. Default 1 MiB. */
  readonly bodyBytes?: number;
  readonly rateLimits?: Partial<RateLimits>;
  /** Told of what went wrong before there was a tenant to record it under: a few entries of a kind a minute, and how many were left out. */
  readonly log?: (entry: OperatorEntry) => void;
  /** The address of whoever asks, where a proxy of the operator's own stands in between. Default: the connection's. */
  readonly addressOf?: (request: Request, connection: string) => string;
}

type Environment = { Bindings: Partial<HttpBindings>; Variables: { caller: Caller } };

const MIB = 1_048_576;

/** The application. Close it with {@link HttpFace.close} once no request is under way. */
export interface HttpFace {
  readonly fetch: (request: Request, bindings?: Partial<HttpBindings>) => Response | Promise<Response>;
  /** Ends answers that would go on for as long as the client likes; calls go on. */
  endStreams(): void;
  close(): Promise<void>;
}

export function createHttpFace(options: HttpOptions): HttpFace {
  const { ringfence, verify, version } = options;
  const scopes = options.scopes === undefined ? DEFAULT_SCOPES : options.scopes;
  const limits = { ...DEFAULT_RATE_LIMITS, ...options.rateLimits };
  const byAddress = createRateLimiter(limits.perAddress);
  const bySession = createRateLimiter(limits.perSession);
  const maxSize = options.bodyBytes ?? MIB;
  const log = options.log === undefined ? undefined : rateLimitedLog(options.log);
  const mcp = createMcpEndpoint({ ringfence, version, maxRequestBodySize: maxSize, log });
  const app = new Hono<Environment>();

  app.use(secureHeaders());
  app.use(hostAllowed(options.hosts, refuse));
  app.use(originAllowed(options.origins, refuse));
  app.use(async (context, next) => {
    const wait = await byAddress.take(addressOf(context, options));
    return wait === 0 ? await next() : tooMany(wait);
  });
  app.use(
    bodyLimit({
      maxSize,
      onError: () =>
        // What is still on its way is not read: the connection cannot be used again.
        refuse(problem('body_too_large', `A request has at most ${maxSize} bytes.`), { connection: 'close' }),
    }),
  );

  app.get('/healthz', async () => {
    const { status, ...rest } = await ringfence.health();
    return Response.json(
      { status, version, ...rest },
      { status: status === 'down' ? 503 : 200, headers: NO_STORE },
    );
  });
  app.get('/readyz', async () => {
    const ready = (await ringfence.health()).status !== 'down';
    return Response.json({ ready }, { status: ready ? 200 : 503, headers: NO_STORE });
  });
  app.get('/openapi.json', () => Response.json(openApi(version, ringfence.catalogue)));

  const signedIn: MiddlewareHandler<Environment> = async (context, next) => {
    try {
      const caller = await authenticate(
        context.req.header('authorization'),
        verify,
        scopes,
        ringfence.catalogue,
      );
      const wait = await bySession.take(sessionOf(caller));
      if (wait > 0) return tooMany(wait);
      context.set('caller', caller);
    } catch (error) {
      return refuseCaller(error);
    }
    return await next();
  };

  app.get('/v1/tools', signedIn, async ({ get, req }) => {
    const boundary = await openBoundary(ringfence, get('caller'), traceIdOf(req.header('traceparent')));
    return Response.json({ tools: within(boundary, () => ringfence.tools()) }, { headers: NO_STORE });
  });

  app.post('/v1/tools/:tool', signedIn, async ({ get, req }) => {
    const body = await callBody(req.raw);
    if ('status' in body) return refuse(body);
    const boundary = await openBoundary(ringfence, get('caller'), traceIdOf(req.header('traceparent')));
    const decision = await within(boundary, () =>
      ringfence.call(req.param('tool'), body.input, { ...body.options, signal: req.raw.signal }),
    );
    if (decision.decision === 'denied' || decision.decision === 'failed')
      return problemResponse(problemOfDecision(decision));
    return new Response(visibleJson(decision), {
      status: decision.decision === 'pending' ? 202 : 200,
      headers: { 'content-type': 'application/json', ...NO_STORE },
    });
  });

  const approvalAsked = ({ get, req }: Context<Environment>): ApprovalAsked => ({
    caller: get('caller'),
    traceId: traceIdOf(req.header('traceparent')),
    request: req.raw,
  });
  const told = (answer: Response | Problem): Response => ('detail' in answer ? refuse(answer) : answer);
  app.get('/v1/approvals', signedIn, async (context) =>
    told(await listApprovals(ringfence, approvalAsked(context))),
  );
  app.get('/v1/approvals/:id', signedIn, async (context) =>
    showApproval(ringfence, approvalAsked(context), context.req.param('id')),
  );
  app.post('/v1/approvals/:id', signedIn, async (context) =>
    told(await decideApproval(ringfence, approvalAsked(context), context.req.param('id'))),
  );

  app.all('/mcp', signedIn, async ({ get, req }) => {
    const caller = get('caller');
    return await mcp.fetch(req.raw, {
      boundary: () => openBoundary(ringfence, caller, traceIdOf(req.header('traceparent'))),
      // The request has been counted as one.
      admit: async (messages) => {
        const wait = await bySession.take(sessionOf(caller), messages - 1);
        return wait > 0 ? tooMany(wait) : undefined;
      },
    });
  });

  for (const [path, methods] of Object.entries(METHODS)) {
    app.all(path, () =>
      problemResponse(problem('method_not_allowed', `This is asked with ${methods}.`), { allow: methods }),
    );
  }
  app.notFound(() => problemResponse(problem('not_found', 'There is nothing here.', 'See /openapi.json.')));
  app.onError((error, { req }) => {
    if (error instanceof ScopeError) return refuseCaller(error);
    const told = problemOfError(error);
    if (told.status < 500) return refuse(told, {}, error);
    // A client that went away, or was too slow, is no fault of the server's.
    const gone = told.code === 'internal' && req.raw.signal.aborted;
    log?.(
      gone
        ? {
            kind: 'request_refused',
            message: 'A client went away before its request had arrived.',
            cause: error,
          }
        : { kind: 'request_failed', message: 'A request could not be served.', cause: error },
    );
    return problemResponse(told);
  });

  /** What is refused before there is a call has no event: the operator hears of it. */
  function refuse(told: Problem, headers: Readonly<Record<string, string>> = {}, cause?: unknown): Response {
    log?.({
      kind: 'request_refused',
      message: `A request was refused: ${told.code}.`,
      ...(cause === undefined ? {} : { cause }),
    });
    return problemResponse(told, headers);
  }

  function refuseCaller(error: unknown): Response {
    if (error instanceof ScopeError) {
      return refuse(
        problem(
          'scope_insufficient',
          `The token lacks the scope "${error.message}".`,
          'Ask for it when you sign in.',
        ),
        { 'www-authenticate': `Bearer error="insufficient_scope", scope="${error.message}"` },
      );
    }
    const told = problemOfError(error);
    return refuse(
      told,
      told.status === 401 ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {},
      error,
    );
  }

  function tooMany(seconds: number): Response {
    return refuse(problem('rate_limited', 'Too many requests.', `Wait ${seconds} seconds.`), {
      'retry-after': String(seconds),
    });
  }

  return {
    fetch: (request, bindings = {}) => app.fetch(request, bindings),
    endStreams: () => mcp.endStreams(),
    close: () => mcp.close(),
  };
}

/** What each path is asked with; HEAD goes where GET does. */
const METHODS = {
  '/healthz': 'GET, HEAD',
  '/readyz': 'GET, HEAD',
  '/openapi.json': 'GET, HEAD',
  '/v1/tools': 'GET, HEAD',
  '/v1/tools/:tool': 'POST',
  '/v1/approvals': 'GET, HEAD',
  '/v1/approvals/:id': 'GET, HEAD, POST',
} as const;

const NO_STORE = { 'cache-control': 'no-store' };

function sessionOf({ principal }: Caller): string {
  return `${principal.tenant ?? ''}\0${principal.user}`;
}

function addressOf(context: Context<Environment>, { addressOf: told }: HttpOptions): string {
  const connection = context.env.incoming?.socket.remoteAddress ?? 'unknown';
  return told === undefined ? connection : told(context.req.raw, connection);
}
