/**
 * Columns that hold secrets, beyond those the default patterns of a policy catch, and tables that hold little else.
 */
import type { CatalogColumn, CatalogTable } from '../catalog.js';
import { matchesWildcard } from '../wildcard.js';
import { rowWords, snake } from './words.js';

/** The patterns a policy has when it says nothing. */
const DEFAULT_PATTERNS: readonly string[] = ['*password*', '*secret*', '*token*', '*api_key*'];

/** Patterns that are added when a column of the database matches one. */
const FURTHER_PATTERNS: readonly string[] = [
  '*passwd*',
  '*pwd*',
  '*passphrase*',
  '*passcode*',
  '*private_key*',
  '*access_key*',
  '*encryption_key*',
  '*signing_key*',
  '*signing_cert*',
  '*session_key*',
  '*auth_key*',
  '*credential*',
  '*recovery_code*',
  '*backup_code*',
  '*otp_code*',
  '*totp*',
  '*mfa_seed*',
  '*connection_string*',
  '*connection_url*',
  '*security_answer*',
  '*webhook_key*',
  '*license_key*',
  '*salt',
  'cvv*',
  'cvc*',
  '*_cvv',
  'pin',
  'pin_hash',
  'otp',
  'hash',
  'passhash',
  'pass_hash',
  'pass',
];

/** A count of tokens is no token, and neither is when a password changed. */
const COUNTS =
  /(^|_)(count|counts|total|limit|used|usage|max|min|budget|remaining|per|input|output|price|cost)(_|$)|(^|_)tokens$/;

const SECRET_TABLES =
  /(^|_)(api_keys?|access_keys?|tokens?|sessions?|credentials?|secrets?|passwords?|password_resets?|otps?|mfa_\w+|totp_\w+|webauthn\w*|passkeys?|oauth\w*|identities|signing_keys|encryption_keys)$/;
const BOOKKEEPING =
  /(^|_)(migrations?|flyway\w*|alembic\w*|knex\w*|liquibase|databasechangelog(lock)?|sequelizemeta|ar_internal_metadata|django_\w+|goose_\w+|schema_(version|info|history)|typeorm_metadata|prisma)(_|$)/;

/** Why agents have no business in a table, whoever owns its rows; null where they may have. */
export function whyKeptFromRoles(table: CatalogTable): string | null {
  const name = snake(table.name);
  const row = rowWords(table.name).join('_');
  if (BOOKKEEPING.test(name)) return 'it is a migration tool’s own bookkeeping';
  if (SECRET_TABLES.test(name) || SECRET_TABLES.test(row)) return 'it holds credentials or sessions';
  return null;
}

/** Which of the further patterns this database needs. */
export function furtherPatterns(tables: readonly CatalogTable[]): readonly string[] {
  return FURTHER_PATTERNS.filter((pattern) =>
    tables.some((table) =>
      table.columns.some(
        ({ name }) =>
          matchesWildcard(pattern, name) && !DEFAULT_PATTERNS.some((known) => matchesWildcard(known, name)),
      ),
    ),
  );
}

/** Whether the default patterns or these ones catch a column. */
export function isCaught(column: string, further: readonly string[]): boolean {
  return [...DEFAULT_PATTERNS, ...further].some((pattern) => matchesWildcard(pattern, column));
}

/** Whether a column that a pattern catches counts something instead of being it. */
export function onlyCounts(column: CatalogColumn): boolean {
  return column.category === 'N' && COUNTS.test(snake(column.name));
}
