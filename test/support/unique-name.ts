import { randomBytes } from 'node:crypto';

/** A name nobody else has, fit for roles, databases and files: `prefix_0a1b2c3d4e5f`. */
export function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(6).toString('hex')}`;
}
