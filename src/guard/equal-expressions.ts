/** Expressions that say the same, found without comparing each with each. */
import type { Node } from 'libpg-query';
import { isNoise, type Met, sameTree } from './same-tree.js';

export class EqualExpressions {
  readonly #known = new Map<number, Node[]>();
  readonly #hashes = new WeakMap<object, number>();

  add(node: Node): void {
    const hash = this.#hash(node);
    const alike = this.#known.get(hash);
    if (alike === undefined) this.#known.set(hash, [node]);
    else alike.push(node);
  }

  /** Whether one that was added says the same. `met` is told of its parts and those of `node`, pair by pair. */
  has(node: Node, met: Met): boolean {
    if (this.#known.size === 0) return false;
    const alike = this.#known.get(this.#hash(node)) ?? [];
    const equal = alike.find((one) => sameTree(one, node, () => undefined));
    return equal !== undefined && sameTree(equal, node, met);
  }

  /** Each part of a tree is hashed once, though every expression in it is asked for. */
  #hash(value: unknown): number {
    if (typeof value !== 'object' || value === null) return hashOfText(String(value));
    const known = this.#hashes.get(value);
    if (known !== undefined) return known;
    let hash = Array.isArray(value) ? 1 : 2;
    for (const [name, part] of Object.entries(value)) {
      if (part === undefined || isNoise(name)) continue;
      // Names come in any order, so what is added up is not.
      const own = Math.imul(hashOfText(name), 31) + this.#hash(part);
      hash = (hash + Math.imul(own, 0x9e3779b1)) | 0;
    }
    this.#hashes.set(value, hash);
    return hash;
  }
}

/** FNV-1a */
function hashOfText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
