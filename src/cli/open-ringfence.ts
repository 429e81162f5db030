/** Ringfence as a command opens it: the gateway's login on the database that the options and the environment name. */
import { loadKeys } from '../database/keys.js';
import { gatewayUrl } from '../database/login-url.js';
import { createRingfence, type Ringfence } from '../ringfence.js';
import type { CommandContext } from './context.js';
import { withProgress } from './progress.js';
import { adminUrl } from './settings.js';

/** @param size Connections to keep; default the library's own. */
export async function openRingfence(
  { options, environment, terminal }: CommandContext,
  size?: number,
): Promise<Ringfence> {
  const keys = await loadKeys(options.keys, environment);
  const url = environment.RINGFENCE_GATEWAY_URL || gatewayUrl(adminUrl(options, environment), keys);
  return await withProgress(terminal, 'Connecting to the database', () =>
    createRingfence({
      url,
      keys,
      policy: options.policy,
      ...(size === undefined ? {} : { size }),
      onOperatorEvent: ({ message }) => terminal.say(message),
    }),
  );
}
