/** A script for psql, taken apart: its statements, without what is psql’s own. */

/** What holds a semicolon that ends nothing: quoted texts and names, comments, bodies in dollar quotes. And what opens and closes a body. */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*|\$(?<tag>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|\bbegin\s+atomic\b|\bcase\b|\bend\b|^\\[^\n]*$|[A-Za-z_]\w*|;/gimsu;

export function splitScript(script: string): readonly string[] {
  const statements: string[] = [];
  let text = '';
  let from = 0;
  let depth = 0;
  const escapes = /\be'(?:[^'\\]|\\.|'')*'/gisuy;
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(script); token !== null; token = TOKEN.exec(script)) {
    const [found] = token;
    const word = found.toLowerCase();
    if (word === 'e' && script[TOKEN.lastIndex] === "'") {
      escapes.lastIndex = token.index;
      if (escapes.test(script)) TOKEN.lastIndex = escapes.lastIndex;
    } else if (found === '/*') {
      TOKEN.lastIndex = endOfComment(script, TOKEN.lastIndex);
    } else if (found.startsWith('$')) {
      const end = script.indexOf(found, TOKEN.lastIndex);
      TOKEN.lastIndex = end < 0 ? script.length : end + found.length;
    } else if (word.startsWith('begin') || (depth > 0 && word === 'case')) {
      if (word.includes('atomic') || word === 'case') depth += 1;
    } else if (word === 'end' && depth > 0) {
      depth -= 1;
    } else if (found.startsWith('\\')) {
      text += script.slice(from, token.index);
      from = TOKEN.lastIndex;
    } else if (found === ';' && depth === 0) {
      statements.push(text + script.slice(from, token.index));
      text = '';
      from = TOKEN.lastIndex;
    }
  }
  statements.push(text + script.slice(from));
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '');
}

function endOfComment(script: string, from: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = from;
  for (let depth = 1; depth > 0; ) {
    const found = mark.exec(script);
    if (found === null) return script.length;
    depth += found[0] === '/*' ? 1 : -1;
  }
  return mark.lastIndex;
}
