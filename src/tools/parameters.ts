/** The bind parameters of one statement, numbered as they are asked for. Everything an agent supplied goes through here. */
export class Parameters {
  readonly #values: (string | null)[] = [];
  readonly #shared = new Map<string, string>();
  readonly #opaque: boolean;

  /** @param opaque See `ToolContext.opaque`. */
  constructor(opaque = false) {
    this.#opaque = opaque;
  }

  /** A new parameter, cast to a type: `$3::pg_catalog.int4`. `castType` comes from the catalog, never from an agent. */
  bind(value: string | null, castType: string): string {
    const parameter = this.#push(value, castType);
    return this.#opaque ? `(select ${parameter})::${castType}` : parameter;
  }

  /** A value of the boundary's own: the same parameter wherever `name` is asked for with the same type. */
  once(name: string, value: string, castType: string): string {
    const key = `${name}\0${castType}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const bound = this.#push(value, castType);
    this.#shared.set(key, bound);
    return bound;
  }

  #push(value: string | null, castType: string): string {
    this.#values.push(value);
    return `$${this.#values.length}::${castType}`;
  }

  get values(): readonly (string | null)[] {
    return this.#values;
  }
}
