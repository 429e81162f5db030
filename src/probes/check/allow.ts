/** What somebody accepted, with the reason and until when. */
import { RingfenceError } from '../../errors.js';
import { type PolicyPath, printPath } from '../../policy/complaint.js';
import { type PolicySource, readSource } from '../../policy/source.js';
import type { Finding } from './finding.js';

export interface AllowEntry {
  readonly rule: string;
  readonly object: string;
  readonly reason: string;
  /** The last day on which it holds: `2027-01-31`. */
  readonly expires: string;
  readonly line: number;
}

export interface AllowedFinding extends Finding {
  readonly reason: string;
  readonly expires: string;
}

/** What became of the findings and of the entries. */
export interface Judged {
  readonly findings: readonly Finding[];
  readonly allowed: readonly AllowedFinding[];
  /** Entries that have run out, and those that nothing was found for: each is a sentence. */
  readonly notes: readonly string[];
}

const KEYS = ['rule', 'object', 'reason', 'expires'] as const;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Reads an allow-list.
 *
 * @param known the ids of all rules: an entry for another is a mistake
 * @throws RingfenceError `config_invalid`, with every mistake and its line.
 */
export function readAllowList(
  text: string,
  filename: string,
  known: ReadonlySet<string>,
): readonly AllowEntry[] {
  if (/^(\s*(#.*)?\r?\n?)*$/.test(text)) return [];
  const read = readSource(text);
  if ('complaints' in read)
    throw invalid(
      read.complaints.map(({ line, message }) => `${filename}:${line}  ${message}`),
      filename,
    );
  const reader = new AllowReader(read.source, filename, known);
  const entries = reader.entries();
  if (reader.complaints.length > 0) throw invalid(reader.complaints, filename);
  return entries;
}

class AllowReader {
  readonly complaints: string[] = [];
  readonly #source: PolicySource;
  readonly #filename: string;
  readonly #known: ReadonlySet<string>;

  constructor(source: PolicySource, filename: string, known: ReadonlySet<string>) {
    this.#source = source;
    this.#filename = filename;
    this.#known = known;
  }

  entries(): readonly AllowEntry[] {
    const { data } = this.#source;
    if (!isObject(data)) {
      this.#complain([], 'expected "allow:" and a list of entries');
      return [];
    }
    for (const key of Object.keys(data))
      if (key !== 'allow') this.#complain([key], 'is not known here: the file has the one key allow');
    const list = data.allow ?? [];
    if (!Array.isArray(list)) {
      this.#complain(['allow'], 'expected a list of entries, each with rule, object, reason and expires');
      return [];
    }
    return list.flatMap((item: unknown, at) => this.#entry(item, ['allow', at]));
  }

  #entry(item: unknown, path: PolicyPath): readonly AllowEntry[] {
    if (!isObject(item)) {
      this.#complain(path, 'expected rule, object, reason and expires');
      return [];
    }
    const before = this.complaints.length;
    for (const key of Object.keys(item))
      if (!KEYS.some((one) => one === key))
        this.#complain([...path, key], 'is not known here: an entry has rule, object, reason and expires');
    const text = (key: (typeof KEYS)[number]): string => {
      const value = item[key];
      const written = value instanceof Date ? value.toISOString().slice(0, 10) : value;
      if (typeof written === 'string' && written.trim() !== '') return written.trim();
      this.#complain(
        key in item ? [...path, key] : path,
        `${key} is missing: an entry says why, and until when`,
      );
      return '';
    };
    const [rule, object, reason, expires] = [text('rule'), text('object'), text('reason'), text('expires')];
    if (rule !== '' && !this.#known.has(rule))
      this.#complain([...path, 'rule'], `there is no rule ${rule}: see docs/check.md`);
    if (expires !== '' && !isDate(expires))
      this.#complain([...path, 'expires'], 'expected a day, as 2027-01-31');
    if (this.complaints.length > before) return [];
    return [{ rule, object, reason, expires, line: this.#source.locate(path).line }];
  }

  #complain(path: PolicyPath, message: string): void {
    const where = printPath(path);
    const { line } = this.#source.locate(path);
    this.complaints.push(`${this.#filename}:${line}  ${where === '' ? '' : `${where}  `}${message}`);
  }
}

/** Sets aside what is allowed. An entry that has run out allows nothing any more. */
export function judge(
  findings: readonly Finding[],
  allow: readonly AllowEntry[],
  today: string,
  filename: string,
): Judged {
  const key = (rule: string, object: string): string => JSON.stringify([rule, object]);
  const valid = new Map(
    allow.filter(({ expires }) => expires >= today).map((entry) => [key(entry.rule, entry.object), entry]),
  );
  const present = new Set(findings.map(({ rule, object }) => key(rule, object)));
  const allowed: AllowedFinding[] = [];
  const left = findings.filter((finding) => {
    const entry = valid.get(key(finding.rule, finding.object));
    if (entry === undefined) return true;
    allowed.push({ ...finding, reason: entry.reason, expires: entry.expires });
    return false;
  });
  const notes = allow.flatMap((entry) => {
    const place = `${filename}:${entry.line}`;
    if (!present.has(key(entry.rule, entry.object)))
      return [`${place}  nothing is found any more by ${entry.rule} for ${entry.object}: take the entry out`];
    if (entry.expires < today)
      return [
        `${place}  ran out on ${entry.expires}, and ${entry.rule} still finds ${entry.object} (${entry.reason})`,
      ];
    return [];
  });
  return { findings: left, allowed, notes };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDate(text: string): boolean {
  return DATE.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
}

function invalid(lines: readonly string[], filename: string): RingfenceError {
  return new RingfenceError('config_invalid', lines.join('\n'), {
    suggestion: `Correct ${filename} and try again; nothing has been checked.`,
  });
}
