/** Policies and JSON on the pages are what they claim to be, and links lead somewhere. */
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parsePolicy } from '../../src/policy/file.js';
import { readAllowList } from '../../src/probes/check/allow.js';
import { RULES } from '../../src/probes/check/rules.js';
import { allPages, type Block, blocksOf, checkout, readPage } from './support/pages.js';

const pages = allPages();
const place = ({ page, line }: Block): string => `${page}:${line}`;

/** What YAML on a page is, where it is not a policy. The tests of policies are run by the quick start's test. */
const ALLOW_LIST = 'file=allow.yaml';
const OTHER_FILES: readonly string[] = [ALLOW_LIST, 'file=policy-tests.yaml'];

describe('a policy on a page', () => {
  const REQUIRED = { version: '1', preset: 'development', tables: '{}', roles: '{}' };
  const written = blocksOf(pages, ['yaml', 'yml']).filter(({ info }) => !OTHER_FILES.includes(info));
  it.each(written.map((block) => [place(block), block.text]))('%s has the shape of one', (name, text) => {
    const written: object = parse(text);
    // A fragment shows some of the top level; what it leaves out is added to it.
    const added = Object.entries(REQUIRED)
      .filter(([key]) => !(key in written) && !(key === 'preset' && 'owners' in written))
      .map(([key, value]) => `${key}: ${value}\n`);
    expect(() => parsePolicy(`${text}\n${added.join('')}`, { filename: name })).not.toThrow();
  });
});

describe('an allow-list on a page', () => {
  const known = new Set(RULES.map(({ id }) => id));
  it.each(blocksOf(pages, ['yaml'], ALLOW_LIST).map((block) => [place(block), block.text]))(
    '%s is one, with entries',
    (name, text) => {
      expect(readAllowList(text, name, known)).not.toEqual([]);
    },
  );
});

describe('JSON on a page', () => {
  // An ellipsis stands for what is left out.
  const whole = (text: string): unknown => JSON.parse(text.replaceAll(/,\s*…/g, ''));
  it.each(blocksOf(pages, ['json']).map((block) => [place(block), block.text]))(
    '%s can be read',
    (_, text) => {
      expect(whole(text)).toBeTypeOf('object');
    },
  );
  it.each(blocksOf(pages, ['jsonl']).map((block) => [place(block), block.text]))(
    '%s can be read line by line',
    (_, text) => {
      for (const line of text.split('\n')) expect(whole(line)).toEqual(expect.any(Object));
    },
  );
});

describe('a link on a page', () => {
  /** As GitHub names a heading. */
  const anchors = (path: string): Set<string> =>
    new Set(
      readPage(path)
        .prose.filter((line) => /^#+ /.test(line))
        .map((line) =>
          line
            .replace(/^#+ /, '')
            .toLowerCase()
            .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
            .replaceAll(' ', '-'),
        ),
    );
  const links = pages.flatMap(({ path, prose }) =>
    [...prose.join('\n').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => [path, target] as const),
  );

  it.each(links.filter(([, target]) => !/^https?:/.test(target)))(
    'from %s to %s leads there',
    (from, target) => {
      const [path = '', anchor] = target.split('#');
      const to = path === '' ? from : normalize(join(dirname(from), path));
      expect(existsSync(join(checkout, to)), `${to} is not there`).toBe(true);
      if (anchor !== undefined) expect([...anchors(to)]).toContain(anchor);
    },
  );

  it('leads from the README to every page of docs/', () => {
    const fromReadme = links.filter(([from]) => from === 'README.md').map(([, target]) => target);
    for (const { path } of pages.filter((page) => /^docs\/[^/]+$/.test(page.path)))
      expect(fromReadme).toContain(path);
  });
});
