/** One question, from a seed, a world and a number: what is asked, from which place, and what both sides answer. */
import type { Boundary } from '../src/boundary/boundary.js';
import { within } from '../src/boundary/propagation.js';
import type { Decision } from '../src/tools/decision.js';
import { compareStatement, type Verdict } from './compare/outcome.js';
import { anotherLiteral, type Material } from './generate/material.js';
import { makeStatement } from './generate/statement.js';
import { Random } from './random.js';
import { found, type Stage } from './stage.js';
import type { Query } from './statement/ast.js';
import { withOtherLiterals } from './statement/other-literals.js';
import { isSorted, statementText } from './statement/text.js';
import { askShared, compareStructured, type StructuredAnswer } from './structured/ask.js';
import type { StructuredCall } from './structured/input.js';
import { makeCall } from './structured/make.js';
import type { Place } from './world.js';

export type Question = { readonly place: Place } & (
  | { readonly kind: 'sql'; readonly query: Query }
  | { readonly kind: 'structured'; readonly call: StructuredCall }
);

/** How many of a hundred go to the structured tools. */
const STRUCTURED = 0.2;

export type Materials = ReadonlyMap<Place, Material>;

/** How many of a hundred are the question before with other values in it. */
const AGAIN = 0.12;

export function makeQuestion(seed: number, world: string, number: number, materials: Materials): Question {
  const random = Random.of(seed, world, number);
  if (number > 0 && random.chance(AGAIN)) {
    const before = makeQuestion(seed, world, number - 1, materials);
    const material = found(materials.get(before.place));
    if (before.kind === 'sql')
      return {
        ...before,
        query: withOtherLiterals(before.query, (literal) => anotherLiteral(material, random, literal)),
      };
  }
  const [place, material] = random.pick([...materials]);
  if (random.chance(STRUCTURED)) return { place, kind: 'structured', call: makeCall(random, material) };
  return { place, kind: 'sql', query: makeStatement(random, material) };
}

/** A fresh boundary at a place. */
export function boundaryAt({ ringfence }: Stage, { tenant, workspace, user, role }: Place): Boundary {
  return ringfence.trustedBoundary({
    tenant,
    user,
    role,
    actor: { kind: 'agent', id: 'equivalence' },
    ...(workspace === undefined ? {} : { workspace }),
  });
}

/** Asks both sides and compares. */
export async function compareQuestion(stage: Stage, question: Question): Promise<Verdict> {
  const { place } = question;
  if (question.kind === 'structured')
    return compareStructured(stage, place, boundaryAt(stage, place), question.call);
  const { query } = question;
  const [shared, alone] = await Promise.all([
    askSql(stage, question.place, query),
    stage.solo(place).ask(statementText(query, true)),
  ]);
  return compareStatement(shared, alone, isSorted(query));
}

/** Asks inside the boundary alone. */
export async function answerInside(stage: Stage, question: Question): Promise<Decision | StructuredAnswer> {
  if (question.kind === 'sql') return askSql(stage, question.place, question.query);
  return askShared(stage, boundaryAt(stage, question.place), question.call);
}

function askSql(stage: Stage, place: Place, query: Query): Promise<Decision> {
  return within(boundaryAt(stage, place), () =>
    stage.ringfence.call('sql', { statement: statementText(query, false) }),
  );
}
