/** The database that probes run on, as the options name it: opened, planted in where asked, and left as it was. */
import { type Administrator, connectAdministrator } from '../database/administrator.js';
import { introspect } from '../database/introspect.js';
import { loadKeys } from '../database/keys.js';
import { withGatewayLogin } from '../database/login-url.js';
import { DATABASE } from '../demo/schema.js';
import { setStage } from '../demo/stage.js';
import { clearAbandoned, takeAway } from '../probes/plant/journal.js';
import { whyLive } from '../probes/plant/looks-live.js';
import { marksOf } from '../probes/plant/marks.js';
import { type Planting, plant } from '../probes/plant/plant.js';
import type { Ground } from '../probes/probe/ground.js';
import { pickSides } from '../probes/probe/pick-sides.js';
import { type StandOptions, standWithAdministrator, standWithGateway } from '../probes/probe/stand.js';
import type { Ringfence } from '../ringfence.js';
import { printCount } from './columns.js';
import { confirmChange } from './confirm.js';
import type { CommandContext } from './context.js';
import { openRingfence } from './open-ringfence.js';
import { withProgress } from './progress.js';
import { adminUrl } from './settings.js';
import { UsageError } from './usage-error.js';

export interface ProbedOptions
  extends Pick<StandOptions, 'tenants' | 'workspace' | 'user' | 'tools' | 'lines'> {
  readonly plant?: boolean;
  readonly yes?: boolean;
  readonly demo?: boolean;
}

export interface ProbedDatabase {
  readonly ground: Ground;
  /** What may be told where values may be shown. */
  readonly told: { readonly tenants: readonly string[] };
  /** Takes away what was planted, and closes every connection. */
  close(): Promise<void>;
}

/** Few connections, so that calls share them. */
const CONNECTIONS = 6;

export async function probedDatabase(
  context: CommandContext,
  signal: AbortSignal,
  options: ProbedOptions,
): Promise<ProbedDatabase> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (let end = closing.pop(); end !== undefined; end = closing.pop()) await end();
  };
  try {
    const { ringfence, url } = await opened(context, options, signal, closing);
    signal.throwIfAborted();
    const ground =
      url === null
        ? await throughGateway(context, ringfence, options, closing)
        : await aroundGate(context, ringfence, url, options, closing);
    return { ground, told: { tenants: [ground.ours.tenant, ground.theirs.tenant] }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Opened {
  readonly ringfence: Ringfence;
  /** An administrator's; null where there is only the gateway. */
  readonly url: string | null;
}

async function opened(
  context: CommandContext,
  { demo, tools }: ProbedOptions,
  signal: AbortSignal,
  closing: (() => Promise<unknown>)[],
): Promise<Opened> {
  const { terminal, environment, options } = context;
  if (demo === true) {
    const listener = {
      tell: async () => undefined,
      progress: (line: string) => terminal.say(terminal.paint('dim', `${line} …`, 'stderr')),
      paint: (_: unknown, text: string) => text,
    };
    const stage = await setStage({ dataDir: '.ringfence/demo', listener, signal });
    closing.push(() => stage.close());
    const { server, ringfence } = stage;
    return { ringfence, url: server.url(DATABASE, server.superuser, server.superuserPassword) };
  }
  const onlyGateway =
    options.url === undefined &&
    !environment.RINGFENCE_ADMIN_URL &&
    !environment.DATABASE_URL &&
    Boolean(environment.RINGFENCE_GATEWAY_URL);
  const url = onlyGateway ? null : adminUrl(options, environment);
  const ringfence = await openRingfence(context, {
    size: CONNECTIONS,
    ...(tools === undefined ? {} : { tools }),
  });
  closing.push(() => ringfence.close());
  return { ringfence, url };
}

async function throughGateway(
  { environment, options: { keys: keysPath } }: CommandContext,
  ringfence: Ringfence,
  options: ProbedOptions,
  closing: (() => Promise<unknown>)[],
): Promise<Ground> {
  if (options.plant === true)
    throw new UsageError('Planting takes an administrator.', 'Pass --url, or set RINGFENCE_ADMIN_URL.');
  const keys = await loadKeys(keysPath, environment);
  const gateway = await connectAdministrator(withGatewayLogin(environment.RINGFENCE_GATEWAY_URL ?? '', keys));
  closing.push(() => gateway.close());
  return standWithGateway(ringfence, gateway, options);
}

async function aroundGate(
  context: CommandContext,
  ringfence: Ringfence,
  url: string,
  options: ProbedOptions,
  closing: (() => Promise<unknown>)[],
): Promise<Ground> {
  const { terminal } = context;
  const connect = async (): Promise<Administrator> => {
    const administrator = await connectAdministrator(url);
    closing.push(() => administrator.close());
    return administrator;
  };
  const writer = await connect();
  try {
    await clear(context, writer);
    const planted =
      options.plant === true ? await planting(context, ringfence, writer, url, options, closing) : undefined;
    return await withProgress(terminal, 'Reading what there is', async () =>
      standWithAdministrator(ringfence, await connect(), {
        ...options,
        ...(planted === undefined ? {} : { planted }),
      }),
    );
  } catch (error) {
    throw writer.explain(error);
  }
}

/** Takes away what a run before this left. */
async function clear({ terminal }: CommandContext, writer: Administrator): Promise<void> {
  const { rows, kept } = await clearAbandoned(writer);
  if (rows > 0)
    terminal.say(
      `A run that did not come to its end had left planted rows: ${printCount(rows, 'row')} taken away.`,
    );
  sayKept(terminal, kept);
}

async function planting(
  context: CommandContext,
  { policy }: Ringfence,
  writer: Administrator,
  url: string,
  { yes, demo }: ProbedOptions,
  closing: (() => Promise<unknown>)[],
): Promise<NonNullable<StandOptions['planted']>> {
  const { terminal, environment } = context;
  const live = demo === true ? null : whyLive(url, environment);
  if (live !== null && yes !== true && environment.RINGFENCE_PLANT !== 'yes') {
    if (!terminal.interactive) {
      throw new UsageError(
        `Rows are not planted where customers are, and this database looks live: ${live}.`,
        'Pass --yes or set RINGFENCE_PLANT=yes where it is not; without --plant nothing is written.',
      );
    }
    await confirmChange(terminal, `${writer.where} looks live: ${live}. Plant rows all the same?`, false);
  }
  let made: Planting | null = null;
  closing.push(async () => {
    if (made === null) return;
    const { kept } = await takeAway(writer, made.batch);
    sayKept(terminal, kept);
  });
  made = await withProgress(terminal, 'Planting two tenants', async () =>
    plant(writer, policy, await introspect(writer.client)),
  );
  tellPlanted(context, made);
  const sides = await pickSides(writer, policy, { tenants: [made.ours.tenant, made.theirs.tenant] });
  return { sides, canaries: marksOf(made.theirs.canary) };
}

function tellPlanted({ terminal }: CommandContext, made: Planting): void {
  const say = (text: string): void => terminal.say(terminal.paint('dim', text, 'stderr'));
  say(`Planted ${printCount(made.rows, 'row')} of two tenants.`);
  for (const { table, why } of made.unplanted) say(`  not in ${table}: ${why}`);
  if (made.unmarked.length > 0) say(`  without a canary: ${made.unmarked.join(', ')}`);
  if (made.triggers.length > 0)
    say(`  triggers of yours fired, and fire again when the rows go: ${made.triggers.join(', ')}`);
  if (made.writtenBeside.length > 0)
    say(`  they wrote to ${made.writtenBeside.join(', ')}: what they wrote there stays`);
}

function sayKept(
  { say }: CommandContext['terminal'],
  kept: readonly { readonly table: string; readonly why: string }[],
): void {
  for (const { table, why } of kept)
    say(
      `A planted row of ${table} could not be taken away: ${why}. It stays in ringfence.planted, and the next run tries again.`,
    );
}
