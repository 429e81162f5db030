/** Checkpoints sent to an address: an object store with retention, a log collector, a service of one's own. */
import type { Anchor } from './anchor.js';

export interface HttpAnchorOptions {
  /** Sent along: a token, for example. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default `POST`. `{size}` in the URL becomes the number of leaves, so that with `PUT` each checkpoint is an object of its own. */
  readonly method?: 'POST' | 'PUT';
}

/**
 * Sends each checkpoint as `text/plain`. Any answer from 200 to 299 counts as kept.
 *
 * @example
 * ```ts
 * httpAnchor('https://objects.example/ledger/{size}.note', { method: 'PUT', headers: { authorization: `Bearer ${token}` } });
 * ```
 */
export function httpAnchor(url: string, { headers = {}, method = 'POST' }: HttpAnchorOptions = {}): Anchor {
  const { origin } = new URL(url.replaceAll('{size}', '0'));
  return {
    name: origin,
    async publish({ note, checkpoint }, signal) {
      const response = await fetch(url.replaceAll('{size}', String(checkpoint.size)), {
        method,
        headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
        body: note,
        redirect: 'error',
        signal,
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`${origin} answered ${response.status}`);
      return [];
    },
  };
}
