import { ADDED, FROM_THE_START } from './harmless.js';

const byMajor = new Map<number, ReadonlySet<string>>();

/** The names in `pg_catalog` that agent-written SQL may call on a server. One newer than the lists gets the newest. */
export function harmlessFunctions(major: number): ReadonlySet<string> {
  const known = byMajor.get(major);
  if (known !== undefined) return known;
  const later = Object.entries(ADDED).filter(([since]) => Number(since) <= major);
  const names = new Set([FROM_THE_START, ...later.map(([, added]) => added)].flatMap(words));
  byMajor.set(major, names);
  return names;
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
