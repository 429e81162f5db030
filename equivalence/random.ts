/** Chance from a seed: the same seed, the same choices, on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A generator of its own for a part, by the part's name or number, so that parts do not depend on each other's order. */
  static of(seed: number, ...parts: readonly (string | number)[]): Random {
    let state = seed | 0;
    for (const character of parts.join('\u0000')) {
      state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
      state ^= state >>> 15;
    }
    return new Random(state);
  }

  /** mulberry32 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 up to, and not, `below`. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** From `least` to `most`, both possible. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(options: readonly T[]): T {
    const chosen = options[this.below(options.length)];
    if (chosen === undefined) throw new Error('There is nothing to choose from.');
    return chosen;
  }

  /** One of several, by weight. */
  weighted<T>(options: readonly (readonly [weight: number, option: T])[]): T {
    let left = this.next() * options.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, option] of options) {
      left -= weight;
      if (left < 0) return option;
    }
    return this.pick(options)[1];
  }

  /** Some of them, in their order. */
  some<T>(options: readonly T[], share = 0.5): T[] {
    return options.filter(() => this.chance(share));
  }

  shuffled<T>(options: readonly T[]): T[] {
    const left = [...options];
    return options.flatMap(() => left.splice(this.below(left.length), 1));
  }
}
