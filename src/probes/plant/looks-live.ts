/** Whether a database looks as if customers were on it. A guess by names: where it is wrong, somebody says so with --yes. */

const LIVE = /(^|[^a-z])(prod|production|live|prd)([^a-z]|$)/i;
const NOT_LIVE =
  /(^|[^a-z])(stag(e|ing)|test(s|ing)?|dev(elopment)?|demo|preview|sandbox|ci|qa|uat|local|tmp)([^a-z]|$)/i;

/** Why it looks live; null where it does not. */
export function whyLive(url: string, environment: NodeJS.ProcessEnv): string | null {
  if (environment.NODE_ENV === 'production') return 'NODE_ENV is production';
  const { hostname, pathname } = namesOf(url);
  for (const name of [hostname, pathname]) if (LIVE.test(name)) return `"${name}" has a name of a live one`;
  if (isLoopback(hostname) || NOT_LIVE.test(hostname) || NOT_LIVE.test(pathname)) return null;
  return 'it is on another machine, and neither host nor database are called staging, test or dev';
}

function namesOf(url: string): { readonly hostname: string; readonly pathname: string } {
  try {
    const { hostname, pathname, searchParams } = new URL(url);
    return {
      hostname: searchParams.get('host') ?? hostname,
      pathname: decodeURIComponent(pathname.slice(1)),
    };
  } catch {
    return { hostname: '', pathname: url };
  }
}

function isLoopback(host: string): boolean {
  return (
    host === '' || host === 'localhost' || host === '[::1]' || /^127\./.test(host) || host.startsWith('/')
  );
}
