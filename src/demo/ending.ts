/** The last lines of the demo: what came of it, and what to do next. */
import { type DemoResult, everythingHeld } from './run.js';
import { heading, type Listener, wrap } from './story.js';

const NEXT = [
  ['npx ringfence init --url postgres://…', 'guesses a policy from your schema, for you to correct'],
  ['npx ringfence plan --url postgres://…', 'what it would change, in words and SQL, for whom'],
  ['npx ringfence apply --url postgres://…', 'exactly that; "remove" takes it out again'],
] as const;

/** The closing line of `--json`. */
export function closingLine(result: DemoResult): Readonly<Record<string, unknown>> {
  const { calls, allowed, denied, failed, leaks, ledger, altered, outside, surprises, ms } = result;
  return { calls, allowed, denied, failed, leaks, ledger, altered, outside, surprises, ms };
}

/** A summary for people. */
export function closingLines(listener: Listener, result: DemoResult): string[] {
  const {
    calls,
    allowed,
    denied,
    failed,
    leaks,
    ledger,
    altered,
    outside,
    surprises,
    recorded,
    canaries,
    ms,
  } = result;
  const good = (is: boolean, text: string): string => listener.paint(is ? 'green' : ['red', 'bold'], text);
  const rows: readonly (readonly [name: string, value: string, isGood: boolean | null, meaning: string])[] = [
    ['calls', String(calls), null, 'of tools, honest and not'],
    ['allowed', String(allowed), null, 'what is outside the boundary does not exist inside it'],
    ['denied', String(denied), null, 'each with a code, a rule and what to do instead'],
    ...(failed === 0
      ? []
      : ([['failed', String(failed), false, 'allowed, and then something went wrong']] as const)),
    [
      'around the gate',
      `${outside.held} of ${outside.tried}`,
      outside.held === outside.tried,
      'held: tokens, raw SQL, hands on the ledger',
    ],
    [
      'leaks',
      String(leaks),
      leaks === 0,
      `${canaries} foreign or hidden values were looked for in every answer`,
    ],
    ['altered', String(altered), altered === 0, 'rows of other tenants, compared before and after'],
    [
      'ledger',
      ledger.verdict,
      ledger.verdict === 'intact',
      `${ledger.events} events in ${ledger.streams} streams, for ${recorded} calls that had a boundary`,
    ],
    ['time', `${(ms / 1000).toFixed(1)} s`, null, 'the start of PostgreSQL included'],
  ];
  const [names, values] = [
    Math.max(...rows.map(([name]) => name.length)),
    Math.max(...rows.map(([, value]) => value.length)),
  ];
  return [
    ...heading(listener, 'What came of it', ''),
    '',
    ...rows.map(
      ([name, value, isGood, meaning]) =>
        `  ${name.padEnd(names)}  ${isGood === null ? value.padEnd(values) : good(isGood, value.padEnd(values))}  ${listener.paint('dim', meaning)}`,
    ),
    ...(everythingHeld(result)
      ? []
      : [
          '',
          good(false, '  This should not have happened:'),
          ...surprises.flatMap((one) => wrap(`- ${one}`, 96).map((line) => `    ${line}`)),
        ]),
    '',
    '  Next, on a database of yours:',
    '',
    ...NEXT.map(
      ([command, meaning]) =>
        `    ${listener.paint('bold', command.padEnd(38))}  ${listener.paint('dim', meaning)}`,
    ),
    '',
  ];
}
