/** For suites of your own: two lookalike tenants in a database, and tools that must keep them apart. Named exports, no logic. */
export type { IsolationOptions, IsolationResult } from './expect-isolated.js';
export { expectIsolated } from './expect-isolated.js';
export type { LookalikeOptions, Lookalikes, LookalikeTenant } from './lookalike-tenants.js';
export { lookalikeTenants } from './lookalike-tenants.js';
