/**
 * Rights that whoever applies needs for the length of the transaction, and gives back before it commits.
 *
 * A superuser needs none. Anybody else must be a member of a role to give it a view or drop what it owns: PostgreSQL 15 lets a role
 * with CREATEROLE join any other, from 16 on only one that it created or was given ADMIN on.
 */
import { quoteIdent } from '../../compile/quote.js';
import { RingfenceError } from '../../errors.js';
import type { Queryable } from '../migrate.js';

/** From here on a membership says whether it inherits and whether the role can be set. */
const MEMBERSHIP_OPTIONS = 160000;

export class BorrowedRoles {
  readonly #client: Queryable;
  readonly #serverVersion: number;
  readonly #superuser: boolean;
  readonly #borrowed = new Set<string>();

  constructor(
    client: Queryable,
    server: { readonly serverVersion: number; readonly currentUserIsSuperuser: boolean },
  ) {
    this.#client = client;
    this.#serverVersion = server.serverVersion;
    this.#superuser = server.currentUserIsSuperuser;
  }

  /** Becomes a member of a role that exists, unless it is one with all that is needed already. */
  async borrow(role: string): Promise<void> {
    if (this.#superuser || this.#borrowed.has(role) || (await this.#holds(role))) return;
    const options = this.#serverVersion >= MEMBERSHIP_OPTIONS ? ' with inherit true, set true' : '';
    await this.#client.query(`grant ${quoteIdent(role)} to current_user${options}`);
    this.#borrowed.add(role);
    if (!(await this.#holds(role))) {
      throw new RingfenceError(
        'apply_failed',
        'The role that applies is NOINHERIT, and so cannot use the rights of roles it makes. Run "alter role … inherit" for it, or apply as another role. Nothing was changed.',
      );
    }
  }

  /** Forgets a role that was dropped. */
  dropped(role: string): void {
    this.#borrowed.delete(role);
  }

  /** Leaves every role that was joined here. */
  async giveBack(): Promise<void> {
    for (const role of this.#borrowed)
      await this.#client.query(`revoke ${quoteIdent(role)} from current_user`);
    this.#borrowed.clear();
  }

  async #holds(role: string): Promise<boolean> {
    const set = this.#serverVersion >= MEMBERSHIP_OPTIONS ? `and pg_catalog.pg_has_role(r.oid, 'set')` : '';
    const { rows } = await this.#client.query(
      `select from pg_catalog.pg_roles r where r.rolname = $1 and pg_catalog.pg_has_role(r.oid, 'usage') ${set}`,
      [role],
    );
    return rows.length > 0;
  }
}
