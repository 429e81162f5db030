/**
 * Results as JUnit XML, the form that CI systems read: <testsuites>, <testsuite>, <testcase>, <failure>, <skipped>, with the attributes
 * and in the order of the schema of Apache Ant's and Jenkins' reports.
 */

export interface JUnitCase {
  readonly name: string;
  readonly classname: string;
  readonly seconds: number;
  readonly failure?: { readonly type: string; readonly message: string; readonly text: string };
  readonly skipped?: string;
}

export interface JUnitSuite {
  readonly name: string;
  readonly cases: readonly JUnitCase[];
}

export interface JUnitReport {
  readonly name: string;
  readonly startedAt: Date;
  readonly suites: readonly JUnitSuite[];
}

/** The report as a document of its own. */
export function junitXml({ name, startedAt, suites }: JUnitReport): string {
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${attribute(name)}" ${counts(all)} time="${seconds(all)}">`,
    ...suites.flatMap((suite) => [
      `  <testsuite name="${attribute(suite.name)}" ${counts(suite.cases)} time="${seconds(suite.cases)}" timestamp="${startedAt.toISOString().slice(0, 19)}">`,
      ...suite.cases.flatMap(testCase),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase({ name, classname, seconds: took, failure, skipped }: JUnitCase): readonly string[] {
  const open = `    <testcase name="${attribute(name)}" classname="${attribute(classname)}" time="${took.toFixed(3)}"`;
  if (failure !== undefined) {
    const { type, message, text } = failure;
    return [
      `${open}>`,
      `      <failure message="${attribute(message)}" type="${attribute(type)}">${content(text)}</failure>`,
      '    </testcase>',
    ];
  }
  if (skipped !== undefined)
    return [`${open}>`, `      <skipped message="${attribute(skipped)}"/>`, '    </testcase>'];
  return [`${open}/>`];
}

function counts(cases: readonly JUnitCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter((one) => one.skipped !== undefined && one.failure === undefined).length;
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
}

function seconds(cases: readonly JUnitCase[]): string {
  return cases.reduce((sum, one) => sum + one.seconds, 0).toFixed(3);
}

/** What XML 1.0 cannot hold, not even escaped (section 2.2, Char), lone surrogates among it. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

function content(text: string): string {
  return (
    text
      .replace(FORBIDDEN, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      // `]]>` may not stand in text.
      .replaceAll('>', '&gt;')
  );
}

/** Line ends and tabs would be read as spaces. */
function attribute(text: string): string {
  return content(text)
    .replaceAll('"', '&quot;')
    .replace(/[\t\n\r]/g, (space) => `&#${space.charCodeAt(0)};`);
}
