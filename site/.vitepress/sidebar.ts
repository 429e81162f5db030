/** What stands in the sidebar, in which order: every page that stage.mjs lays out, each once. */
import { readdirSync } from 'node:fs';

export interface Group {
  readonly text: string;
  readonly collapsed?: boolean;
  readonly items: { readonly text: string; readonly link: string }[];
}

const decisions = readdirSync(new URL('../../docs/decisions/', import.meta.url))
  .filter((name) => name.endsWith('.md'))
  .sort()
  .map((name) => ({ text: name.slice(5, -3).replaceAll('-', ' '), link: `/decisions/${name.slice(0, -3)}` }));

export const sidebar: Group[] = [
  {
    text: 'Start',
    items: [
      { text: 'Ringfence', link: '/' },
      { text: 'Quick start', link: '/quick-start' },
      { text: 'The boundary', link: '/boundary' },
      { text: 'The policy', link: '/policy' },
      { text: 'Canaries', link: '/canaries' },
      { text: 'Within reach of SQL', link: '/within-reach' },
    ],
  },
  {
    text: 'Use',
    items: [
      { text: 'Tools', link: '/tools' },
      { text: 'Your own tools', link: '/own-tools' },
      { text: 'Approvals', link: '/approvals' },
      { text: 'Frameworks', link: '/frameworks' },
      { text: 'HTTP', link: '/http' },
      { text: 'MCP', link: '/mcp' },
      { text: 'Command line', link: '/cli' },
    ],
  },
  {
    text: 'Run',
    items: [
      { text: 'In the database', link: '/database' },
      { text: 'The ledger', link: '/ledger' },
      { text: 'Checking a database', link: '/check' },
      { text: 'Coverage', link: '/coverage' },
      { text: 'Probes', link: '/probe' },
      { text: 'Testing', link: '/testing' },
      { text: 'Equivalence', link: '/equivalence' },
      { text: 'Threat model', link: '/threat-model' },
      { text: 'Operations', link: '/operations' },
      { text: 'Measurements', link: '/bench' },
      { text: 'Known limitations', link: '/limits' },
      { text: 'Changes', link: '/changes' },
    ],
  },
  { text: 'Reference', items: [{ text: 'The library', link: '/reference/' }] },
  { text: 'Decisions', collapsed: true, items: decisions },
];
