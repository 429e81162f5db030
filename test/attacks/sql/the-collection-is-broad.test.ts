/** What the collection promises of itself. */
import { fingerprintSync, loadModule } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { showsEffect, textFor } from './support/attack.js';
import { ideas } from './support/collection.js';
import { pageRows } from './support/page.js';

const attacks = ideas.flatMap((idea) => idea.attacks);

describe('the attacks on agent-written SQL', () => {
  beforeAll(() => loadModule());

  it('are many, of many ideas, each in more than one way', () => {
    expect(attacks.length).toBeGreaterThanOrEqual(700);
    expect(ideas.length).toBeGreaterThanOrEqual(30);
    const few = ideas.filter((idea) => idea.attacks.length < 8).map(({ name }) => name);
    expect(few).toEqual([]);
  });

  it('have names and texts of their own', () => {
    expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
    expect(new Set(attacks.map(({ text }) => text)).size).toBe(attacks.length);
  });

  it('differ by more than their literals', () => {
    const shapes = new Set(attacks.map((attack) => shape(textFor(attack, 'guard'))));
    expect(shapes.size).toBeGreaterThanOrEqual(600);
  });

  it('mostly do what they are after where nothing holds them', () => {
    const working = attacks.filter(({ raw }) => showsEffect(raw));
    expect(working.length / attacks.length).toBeGreaterThan(0.6);
  });

  it('are told of in the threat model, one row for each idea', () => {
    const told = pageRows().map(([idea, count]) => [idea, count]);
    expect(told).toEqual(ideas.map((idea) => [idea.name, String(idea.attacks.length)]));
  });
});

/** The statement without its literals; what the parser refuses stays as it is. */
function shape(text: string): string {
  try {
    return fingerprintSync(text);
  } catch {
    return text;
  }
}
