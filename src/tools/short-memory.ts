/** What the planner said, kept for a minute: asking it again costs as much as a small read. Holds so many answers, the oldest go first. */
export class ShortMemory<Value> {
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly value: Value; readonly until: number }>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get(key: string): Value | undefined {
    const known = this.#known.get(key);
    if (known !== undefined && known.until > this.#now()) return known.value;
    this.#known.delete(key);
    return undefined;
  }

  set(key: string, value: Value): void {
    if (this.#known.size >= REMEMBERED) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(key, { value, until: this.#now() + LIFE_MS });
  }
}

const REMEMBERED = 5_000;
const LIFE_MS = 60_000;
