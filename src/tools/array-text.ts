/** PostgreSQL's text form of arrays, both ways (manual, "Array Input and Output Syntax"). Elements are text here. */

export type ArrayText = readonly (string | null | ArrayText)[];

/** Writes an array literal; every element is quoted, so none is read as NULL or as structure. */
export function formatArray(elements: ArrayText): string {
  return `{${elements.map(formatElement).join(',')}}`;
}

function formatElement(element: string | null | ArrayText): string {
  if (element === null) return 'NULL';
  if (typeof element !== 'string') return formatArray(element);
  return `"${element.replace(/["\\]/g, '\\$&')}"`;
}

/** Reads an array's output form, nested to any depth; a prefix of explicit bounds (`[0:2]=`) is passed over. */
export function parseArray(text: string): ArrayText {
  const start = text.indexOf('{');
  const [elements] = readArray(text, start + 1);
  return elements;
}

function readArray(text: string, from: number): readonly [ArrayText, number] {
  const elements: (string | null | ArrayText)[] = [];
  let at = from;
  while (at < text.length && text[at] !== '}') {
    if (text[at] === ',') {
      at += 1;
      continue;
    }
    const [element, next] =
      text[at] === '{'
        ? readArray(text, at + 1)
        : text[at] === '"'
          ? readQuoted(text, at + 1)
          : readBare(text, at);
    elements.push(element);
    at = next;
  }
  return [elements, at + 1];
}

function readQuoted(text: string, from: number): readonly [string, number] {
  let element = '';
  let at = from;
  while (at < text.length && text[at] !== '"') {
    if (text[at] === '\\') at += 1;
    element += text[at];
    at += 1;
  }
  return [element, at + 1];
}

function readBare(text: string, from: number): readonly [string | null, number] {
  let at = from;
  while (at < text.length && text[at] !== ',' && text[at] !== '}') at += 1;
  const element = text.slice(from, at);
  return [element === 'NULL' ? null : element, at];
}
