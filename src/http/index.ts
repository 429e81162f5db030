/** `ringfence/http`: the tools over HTTP. */
export type { HttpFace, HttpOptions } from './app.js';
export { createHttpFace } from './app.js';
export type { Scopes } from './authenticate.js';
export type { HttpCode, Problem } from './problem.js';
export { problemOfDecision, problemOfError } from './problem.js';
export type { RateLimits } from './rate-limit.js';
export type { Served, ServeOptions, Timeouts } from './serve.js';
export { serve } from './serve.js';
