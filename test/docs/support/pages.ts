/** The pages that people read, taken apart: fenced blocks, tables, headings, links. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/** A fenced block. `info` is what stands after the fence: the language, and a word for the tests. */
export interface Block {
  readonly page: string;
  readonly language: string;
  readonly info: string;
  readonly text: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

export interface Page {
  /** From the checkout: `docs/policy.md`. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The text without its fenced blocks, line by line; lines of blocks are empty. */
  readonly prose: readonly string[];
}

/** README, KNOWN_LIMITATIONS and every page of `docs/`, decisions included. */
export function allPages(): readonly Page[] {
  const inDocs = readdirSync(join(checkout, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return ['README.md', 'KNOWN_LIMITATIONS.md', ...inDocs.sort()].map(readPage);
}

export function readPage(path: string): Page {
  const text = readFileSync(join(checkout, path), 'utf8');
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { info: string; line: number; lines: string[] } | null = null;
  for (const [at, line] of text.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    prose.push(fence === null && open === null ? line : '');
    if (fence === null) open?.lines.push(line);
    else if (open === null) open = { info: fence[1] ?? '', line: at + 2, lines: [] };
    else {
      const [language = '', ...words] = open.info.trim().split(/\s+/);
      blocks.push({
        page: path,
        language,
        info: words.join(' '),
        text: open.lines.join('\n'),
        line: open.line,
      });
      open = null;
    }
  }
  if (open !== null) throw new Error(`${path}:${open.line - 1} opens a block and never closes it`);
  return { path, text, blocks, prose };
}

/** The blocks of a language on some pages; those marked with `info` only, where it is given. */
export function blocksOf(
  pages: readonly Page[],
  languages: readonly string[],
  info?: string,
): readonly Block[] {
  return pages
    .flatMap(({ blocks }) => blocks)
    .filter((block) => languages.includes(block.language) && (info === undefined || block.info === info));
}

/** The one block of a page with this language and mark. */
export function onlyBlock(page: Page, language: string, info: string): Block {
  const [found, ...more] = blocksOf([page], [language], info);
  if (found === undefined || more.length > 0)
    throw new Error(
      `${page.path}: expected one block ${language} ${info}, found ${more.length + (found === undefined ? 0 : 1)}`,
    );
  return found;
}

/** The part of a page under a heading, up to the next heading of its level or above. */
export function section(page: Page, heading: string): string {
  const lines = page.prose;
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  if (start === -1) throw new Error(`${page.path} has no heading "${heading}"`);
  const level = /^#+/.exec(lines[start] ?? '')?.[0].length ?? 1;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line) && (/^#+/.exec(line)?.[0].length ?? 9) <= level);
  return rest.slice(0, end === -1 ? undefined : end).join('\n');
}

/** The rows of every table in some prose, headers and rules left out, each cell without its backquotes around the whole. */
export function tableRows(prose: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  const lines = prose.split('\n');
  for (const [at, line] of lines.entries()) {
    if (!line.startsWith('|') || /^\|[-|]+\|$/.test(line) || /^\|[-|]+\|$/.test(lines[at + 1] ?? ''))
      continue;
    rows.push(
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  }
  return rows;
}

/** What stands between backquotes. */
export function codeSpans(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}
