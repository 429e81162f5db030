/** The URL of one of Ringfence's logins, from that of another login on the same database. */
import { APP_ROLE, GATEWAY_ROLE } from '../compile/names.js';
import { appPassword, type Keys } from './keys.js';

/** Scheme, credentials where there are any, and the rest. The last @ before a slash ends the credentials. */
const PARTS = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?([^?#]*)(?:\?([^#]*))?/i;

/**
 * The same server and database, for another login. Works for URLs that the WHATWG parser refuses to give a login to, such as
 * `postgres:///app?host=/run/postgresql`.
 */
export function gatewayUrl(url: string, keys: Pick<Keys, 'gatewayPassword'>): string {
  return urlFor(url, GATEWAY_ROLE, keys.gatewayPassword);
}

/** The same for the login of the product's own tools. */
export function appUrl(url: string, keys: Pick<Keys, 'gatewayPassword'>): string {
  return urlFor(url, APP_ROLE, appPassword(keys));
}

/** A URL that names no login gets the gateway's; any other stays as it is. */
export function withGatewayLogin(url: string, keys: Pick<Keys, 'gatewayPassword'>): string {
  const [, , credentials, , query = ''] = PARTS.exec(url) ?? [];
  const isNamed = credentials !== undefined || new URLSearchParams(query).has('user');
  return isNamed || !isPostgresUrl(url) ? url : gatewayUrl(url, keys);
}

function urlFor(url: string, login: string, password: string): string {
  const [, scheme = 'postgres://', , place = '', query = ''] = PARTS.exec(url) ?? [];
  const parameters = new URLSearchParams(query);
  // A login in the query would win over one before the host.
  parameters.delete('user');
  parameters.delete('password');
  const rest = parameters.size === 0 ? '' : `?${parameters.toString().replaceAll('+', '%20')}`;
  return `${scheme}${login}:${encodeURIComponent(password)}@${place}${rest}`;
}

/** Whether text can be taken for the URL of a PostgreSQL server. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//i.test(text) && PARTS.test(text);
}
