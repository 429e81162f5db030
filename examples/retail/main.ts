/**
 * The retail shop: replays the actions of a task file through the gate, each task from the initial state.
 *
 *   npm run example:retail -- --tasks FILE [--data FOLDER] [--json]
 */
import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { TENANTS } from './load.js';
import { replay, type Task } from './replay.js';
import { setStage } from './stage.js';

const HELP = `Replays the actions of a task file through Ringfence's gate, each task from the initial state of the shop.

  npm run example:retail -- --tasks FILE [options]

  --tasks FILE     one task a line: actions, observations, changed
  --data FOLDER    users.json, orders.json and products.json; default: the task file's folder
  --server FOLDER  where the example's PostgreSQL keeps its data; default .ringfence/retail
  --json           the closing line alone, on standard output

Exit code 0: every end state is as it should be and no row of another tenant was touched. 1: not so. 64: usage.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      tasks: { type: 'string' },
      data: { type: 'string' },
      server: { type: 'string', default: join('.ringfence', 'retail') },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.tasks === undefined) {
    console.error(`Which tasks? Pass --tasks FILE.\n\n${HELP}`);
    return 64;
  }
  const say = (text: string): void => {
    if (!values.json) console.error(text);
  };
  const stage = await setStage(values.data ?? dirname(values.tasks), values.server, say);
  try {
    const startedAt = performance.now();
    const sum = { tasks: 0, actions: 0, statesMatched: 0, observationsMatched: 0, otherTenantRowsTouched: 0 };
    const unmatched: string[] = [];
    const eventsBefore = await stage.events();
    for await (const line of createInterface({ input: createReadStream(values.tasks) })) {
      if (line.trim() === '') continue;
      const task = JSON.parse(line) as Task;
      const boundary = stage.ringfence.trustedBoundary({
        tenant: TENANTS[0],
        user: 'clerk',
        role: 'clerk',
        actor: { kind: 'agent', id: 'retail-replay' },
      });
      const replayed = await replay(task, stage.ringfence, boundary, stage.admin);
      sum.tasks++;
      sum.actions += task.actions.length;
      sum.statesMatched += replayed.stateMatched ? 1 : 0;
      sum.observationsMatched += replayed.observationsMatched;
      sum.otherTenantRowsTouched += replayed.otherTenantRowsTouched;
      if (!replayed.stateMatched) unmatched.push(String(task.id));
      if (sum.tasks % 50 === 0) say(`  ${sum.tasks} tasks, ${sum.statesMatched} end states as expected`);
    }
    const closing = {
      ...sum,
      eventsWritten: (await stage.events()) - eventsBefore,
      ms: Math.round(performance.now() - startedAt),
    };
    if (values.json) console.log(JSON.stringify(closing));
    else {
      console.table(closing);
      if (unmatched.length > 0) console.log(`Tasks with another end state: ${unmatched.join(', ')}`);
    }
    const held =
      sum.statesMatched === sum.tasks &&
      sum.otherTenantRowsTouched === 0 &&
      closing.eventsWritten >= sum.actions;
    return held ? 0 : 1;
  } finally {
    await stage.close();
  }
}

process.exitCode = await main();
