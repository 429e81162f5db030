/** The URL of the gateway's login, from that of an administrator. */
import { GATEWAY_ROLE } from '../compile/names.js';

/** Scheme, credentials where there are any, and the rest. The last @ before a slash ends the credentials. */
const PARTS = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^?#]*)(?:\?([^#]*))?/i;

/**
 * The same server and database, for another login. Works for URLs that the WHATWG parser refuses to give a login to, such as
 * `postgres:///app?host=/run/postgresql`.
 */
export function gatewayUrl(adminUrl: string, password: string): string {
  const [, scheme = 'postgres://', place = '', query = ''] = PARTS.exec(adminUrl) ?? [];
  const parameters = new URLSearchParams(query);
  // A login in the query would win over one before the host.
  parameters.delete('user');
  parameters.delete('password');
  const rest = parameters.size === 0 ? '' : `?${parameters.toString().replaceAll('+', '%20')}`;
  return `${scheme}${GATEWAY_ROLE}:${encodeURIComponent(password)}@${place}${rest}`;
}

/** Whether text can be taken for the URL of a PostgreSQL server. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//i.test(text) && PARTS.test(text);
}
