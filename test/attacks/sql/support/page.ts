/** The table of `docs/threat-model.md` that says which layer holds what, read back to be compared with what a run shows. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Attack, Idea } from './attack.js';
import { ideas } from './collection.js';

const PAGE = new URL('../../../../docs/threat-model.md', import.meta.url);

export type Layer = 'without' | 'guard' | 'executor' | 'seal' | 'row security';

const COLUMNS: readonly ('idea' | 'attacks' | Layer)[] = [
  'idea',
  'attacks',
  'without',
  'guard',
  'executor',
  'seal',
  'row security',
];

/** What one layer does to the attacks of each idea: a word for each attack that concerns it. */
export class LayerColumn {
  readonly #layer: Layer;
  readonly #seen = new Map<string, string[]>();

  constructor(layer: Layer) {
    this.#layer = layer;
  }

  /** @param word `held`, `refused`, `metadata`, …; `*` before it marks what the layer does not hold. */
  add(idea: Idea, word: string): void {
    this.#seen.set(idea.name, [...(this.#seen.get(idea.name) ?? []), word]);
  }

  /** Fails where the page says something else. */
  expectOnPage(): void {
    const at = COLUMNS.indexOf(this.#layer);
    const page = new Map(pageRows().map((cells) => [cells[0] ?? '', cells[at] ?? '']));
    const shown = new Map(ideas.map((idea) => [idea.name, cell(this.#seen.get(idea.name) ?? [])]));
    expect(page, `column "${this.#layer}" of docs/threat-model.md`).toEqual(shown);
  }
}

/** `12 refused, 5 scoped, **3 metadata**`; a dash where no attack concerns the layer. */
function cell(words: readonly string[]): string {
  if (words.length === 0) return '–';
  const counts = new Map<string, number>();
  for (const word of [...words].sort()) counts.set(word, (counts.get(word) ?? 0) + 1);
  const held = [...counts].filter(([word]) => !word.startsWith('*'));
  const not = [...counts].filter(([word]) => word.startsWith('*'));
  return [
    ...held.sort(([, a], [, b]) => b - a).map(([word, count]) => `${count} ${word}`),
    ...not.map(([word, count]) => `**${count} ${word.slice(1)}**`),
  ].join(', ');
}

/** The cells of the table, row by row, without its head. */
export function pageRows(): readonly (readonly string[])[] {
  const lines = readFileSync(PAGE, 'utf8').split('\n');
  const head = lines.findIndex((line) => line.startsWith('| idea | attacks |'));
  if (head < 0) throw new Error('docs/threat-model.md has no table "| idea | attacks | …"');
  const end = lines.findIndex((line, at) => at > head && !line.startsWith('|'));
  return lines.slice(head + 2, end < 0 ? lines.length : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((text) => text.trim()),
  );
}

/** Whether an attack is after what a layer keeps at all. */
export function concerns(layer: 'seal' | 'row security', { aim }: Attack): boolean {
  return layer === 'seal' ? aim === 'identity' || aim === 'rows' : aim === 'rows' || aim === 'columns';
}
