/** The two tenants that a run stands between. */

export interface Side {
  readonly name: 'ours' | 'theirs';
  readonly tenant: string;
  /** Null where nothing of the policy belongs to a workspace. */
  readonly workspace: string | null;
  readonly user: string;
}
