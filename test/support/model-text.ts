/** Reads an answer as a model is told it: what is in the open, and what stands between the tags. */
export interface ReadText {
  readonly open: string;
  readonly label: string | null;
  readonly tag: string | null;
  readonly data: string | null;
  /** Both as one object: the answer. */
  readonly answer: Record<string, unknown>;
}

export function readModelText(text: string): ReadText {
  const lines = text.split('\n');
  const [open = '', label, opening, data, closing] = lines;
  if (lines.length === 1)
    return { open, label: null, tag: null, data: null, answer: JSON.parse(open) as Record<string, unknown> };
  const [, tag] = /^<(data-[0-9a-f]{12})>$/.exec(opening ?? '') ?? [];
  if (lines.length !== 5 || tag === undefined || data === undefined || closing !== `</${tag}>`)
    throw new Error(`This is no answer as a model is told it: ${text}`);
  return {
    open,
    label: label ?? '',
    tag,
    data,
    answer: { ...(JSON.parse(open) as object), ...(JSON.parse(data) as object) },
  };
}

/** Lines of a program that prints what its model is told, an answer to a line. */
export function answerLines(printed: string): readonly string[] {
  const lines = printed.trim().split('\n');
  const told: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const length = /^<data-/.test(lines[at + 2] ?? '') ? 5 : 1;
    const text = lines.slice(at, at + length).join('\n');
    told.push(length === 1 ? text : JSON.stringify(readModelText(text).answer));
    at += length;
  }
  return told;
}
