/** One world on one server, asked many questions at a time. */
import { readMaterial } from './generate/material.js';
import { compareQuestion, type Materials, makeQuestion, type Question } from './question.js';
import { questionText, shrink } from './shrink.js';
import { openStage, type ServerAddress, type Stage, type StageOptions } from './stage.js';
import { featuresOf } from './statement/features.js';
import { count, emptyTally, type Found, type Tally } from './tally.js';
import type { World } from './world.js';

export interface FieldOptions extends StageOptions {
  readonly seed: number;
  /** The numbers of the questions: from the first, and not, to the last. */
  readonly from: number;
  readonly to: number;
  readonly server: number;
  /** Differences after which it is enough. Default 3. */
  readonly enough?: number;
  readonly onProgress?: (tally: Tally) => void;
  /** Changes the shared database before anything is asked: for planting faults. */
  readonly prepare?: (stage: Stage) => Promise<void>;
}

export async function runField(world: World, address: ServerAddress, options: FieldOptions): Promise<Tally> {
  const stage = await openStage(world, address, options);
  try {
    await options.prepare?.(stage);
    return await askAll(stage, await readMaterials(stage), options);
  } finally {
    await stage.close();
  }
}

export async function readMaterials(stage: Stage): Promise<Materials> {
  const materials = new Map();
  for (const place of stage.world.places) materials.set(place, await readMaterial(stage, place));
  return materials;
}

async function askAll(stage: Stage, materials: Materials, options: FieldOptions): Promise<Tally> {
  const { seed, from, to, server, lanes, enough = 3 } = options;
  const { world } = stage;
  const tally = emptyTally();
  let next = from;
  const differing: { number: number; question: Question }[] = [];
  const lane = async (): Promise<void> => {
    while (next < to && differing.length < enough) {
      const number = next;
      next += 1;
      const question = makeQuestion(seed, world.name, number, materials);
      const verdict = await compareQuestion(stage, question);
      if (verdict.kind === 'different') differing.push({ number, question });
      count(tally, verdict, question.kind === 'sql' ? featuresOf(question.query) : [question.call.tool]);
      options.onProgress?.(tally);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  // Lanes that were under way may have found more.
  for (const { number, question } of differing.slice(0, enough))
    tally.found.push(await shrunk(stage, question, { seed, number, server }));
  return tally;
}

async function shrunk(
  stage: Stage,
  question: Question,
  of: Pick<Found, 'seed' | 'number' | 'server'>,
): Promise<Found> {
  const again = await compareQuestion(stage, question);
  const { role, tenant } = question.place;
  const found = { ...of, world: stage.world.name, role, tenant, asked: questionText(question) };
  if (again.kind !== 'different') {
    const difference = {
      kind: 'different',
      about: 'failure',
      what: 'only the first time',
      shared: again.kind,
      alone: again.kind,
    } as const;
    return { ...found, shrunk: found.asked, tried: 1, difference };
  }
  const least = await shrink(stage, question, again);
  return { ...found, shrunk: questionText(least.question), tried: least.tried, difference: least.difference };
}
