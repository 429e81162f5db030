/**
 * Lays out the site's pages: every page of docs/, the README as the first one, and llms.txt (https://llmstxt.org) over them all. Into pages/, or
 * the folder that is named.
 *
 * Links to what is beside docs/ in the repository become links to the repository's page on them, where the site has one, or plain words.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const site = dirname(fileURLToPath(import.meta.url));
const repository = join(site, '..');
const pages = process.argv[2] ?? join(site, 'pages');

await rm(pages, { recursive: true, force: true });
const sources = new Map([
  ['index.md', join(repository, 'README.md')],
  ['limits.md', join(repository, 'KNOWN_LIMITATIONS.md')],
  ['changes.md', join(repository, 'CHANGELOG.md')],
]);
for (const name of await readdir(join(repository, 'docs'), { recursive: true })) {
  if (name.endsWith('.md')) sources.set(name, join(repository, 'docs', name));
}

const listed = [];
for (const [page, source] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
  let text;
  try {
    text = await readFile(source, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') continue;
    throw error;
  }
  const target = join(pages, page);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(
    target,
    relinked(page, text, (name) => name.replace(/\.md$/, '').replace(/^index$/, '')),
  );
  listed.push({ page, text, ...summary(text) });
}

await mkdir(join(pages, 'public'), { recursive: true });
const first = listed.find(({ page }) => page === 'index.md');
await writeFile(
  join(pages, 'public', 'llms.txt'),
  [
    `# ${first.title}`,
    '',
    `> ${first.about}`,
    '',
    '## Docs',
    '',
    ...listed
      .filter(({ page }) => !page.startsWith('decisions/'))
      .map(({ page, title, about }) => `- [${title}](/${page}): ${about}`),
    '',
    '## Optional',
    '',
    ...listed
      .filter(({ page }) => page.startsWith('decisions/'))
      .map(({ page, title }) => `- [${title}](/${page})`),
    '',
  ].join('\n'),
);
// Every page as Markdown too, for whoever follows llms.txt.
for (const { page, text } of listed) {
  const target = join(pages, 'public', page);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(
    target,
    relinked(page, text, (name) => name),
  );
}

/** A page whose links lead somewhere on the site; of one that leads elsewhere in the repository the words are left. */
function relinked(page, text, path) {
  return text.replaceAll(/\[([^\]]*)\]\(([^)\s]+)\)/g, (whole, words, link) =>
    linked(page, words, link, whole, path),
  );
}

function linked(page, words, link, whole, pathOf) {
  if (/^([a-z]+:|#)/.test(link)) return whole;
  const [path, anchor] = link.split('#');
  const from =
    page === 'index.md' || !sources.get(page).startsWith(join(repository, 'docs'))
      ? repository
      : join(repository, 'docs', dirname(page));
  const target = join(from, path);
  for (const [name, source] of sources) {
    if (source === target) return `[${words}](/${pathOf(name)}${anchor ? `#${anchor}` : ''})`;
  }
  return words;
}

/** A page's heading, and its first paragraph in one line. */
function summary(text) {
  const title = /^# (.+)$/m.exec(text)?.[1] ?? 'Ringfence';
  const about = text
    .slice(text.indexOf(title) + title.length)
    .replaceAll(/^```.*?^```$/gms, '')
    .trim()
    .split(/\n\s*\n/)[0]
    .replaceAll(/\s+/g, ' ')
    .replaceAll('**', '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return { title, about: about.length > 300 ? `${about.slice(0, 299)}…` : about };
}
