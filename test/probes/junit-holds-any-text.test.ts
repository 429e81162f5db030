/** JUnit XML: whatever a name or a message holds, the document stays one. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { junitXml } from '../../src/probes/junit.js';

const report = (text: string) =>
  junitXml({
    name: text,
    startedAt: new Date('2027-01-31T08:00:00.123Z'),
    suites: [
      {
        name: text,
        cases: [
          { name: text, classname: text, seconds: 0.5 },
          { name: text, classname: text, seconds: 0.25, failure: { type: text, message: text, text } },
          { name: text, classname: text, seconds: 0, skipped: text },
        ],
      },
    ],
  });

/** Elements, attributes and text of a document, or an error where it is none: as strict as XML 1.0 about what may stand where. */
function parse(xml: string): readonly string[] {
  const found: string[] = [];
  const open: string[] = [];
  const token =
    /<\?xml [^>]*\?>|<\/([a-z]+)>|<([a-z]+)((?: [a-z]+="(?:[^<&"]|&(?:amp|lt|gt|quot|#\d+);)*")*)(\/?)>|((?:[^<&]|&(?:amp|lt|gt|quot|#\d+);)+)/gy;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const match = token.exec(xml);
    if (match === null) throw new Error(`not well-formed at ${at}: ${xml.slice(at, at + 40)}`);
    const [, closed, opened, , empty] = match;
    if (closed !== undefined && open.pop() !== closed) throw new Error(`${closed} was not open`);
    if (opened !== undefined) {
      found.push(opened);
      if (empty === '') open.push(opened);
    }
  }
  if (open.length > 0) throw new Error(`${open.join(', ')} stay open`);
  return found;
}

const ELEMENTS = ['testsuites', 'testsuite', 'testcase', 'testcase', 'failure', 'testcase', 'skipped'];

it('is well-formed, and has the elements it must, whatever stands in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const xml = report(text);
      expect(parse(xml)).toEqual(ELEMENTS);
      expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}|\]\]>/u);
    }),
  );
  for (const text of [']]>', '"><failure/>', "a\n\tb'", '\u0000\u001b[31m', '\ud800', '&amp;', '<!--'])
    expect(parse(report(text))).toEqual(ELEMENTS);
});

it('counts', () => {
  const xml = report('x');
  expect(xml).toContain('<testsuites name="x" tests="3" failures="1" errors="0" skipped="1" time="0.750">');
  expect(xml).toContain('timestamp="2027-01-31T08:00:00"');
});
