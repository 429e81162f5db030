/** Ringfence as a command opens it: the gateway's login on the database that the options and the environment name. */
import { loadKeys } from '../database/keys.js';
import { gatewayUrl } from '../database/login-url.js';
import { createRingfence, type Ringfence, type RingfenceOptions } from '../ringfence.js';
import type { CommandContext } from './context.js';
import { withProgress } from './progress.js';
import { adminUrl } from './settings.js';

/** @param more Connections to keep, default the library's own; and the product's tools, default none. */
export async function openRingfence(
  { options, environment, terminal }: CommandContext,
  more: Pick<RingfenceOptions, 'size' | 'tools'>,
): Promise<Ringfence> {
  const keys = await loadKeys(options.keys, environment);
  const url = environment.RINGFENCE_GATEWAY_URL || gatewayUrl(adminUrl(options, environment), keys);
  return await withProgress(terminal, 'Connecting to the database', () =>
    createRingfence({
      url,
      keys,
      policy: options.policy,
      ...more,
      onOperatorEvent: ({ message }) => terminal.say(message),
    }),
  );
}
