import { describe, expect, it } from 'vitest';
import { judge, readAllowList } from '../../src/probes/check/allow.js';
import type { Finding } from '../../src/probes/check/finding.js';

const KNOWN = new Set(['role.bypass_rls', 'grant.public']);
const read = (text: string) => readAllowList(text, 'allow.yaml', KNOWN);

const ENTRY = `
allow:
  - rule: role.bypass_rls
    object: role backup
    reason: pg_dump needs it
    expires: 2027-06-30
`;

const finding = (rule: string, object: string): Finding => ({
  rule,
  object,
  severity: 'high',
  what: 'It is so.',
  why: 'It matters.',
  mend: [],
});

describe('an allow-list', () => {
  it('says what, why and until when, with its line', () => {
    expect(read(ENTRY)).toEqual([
      {
        rule: 'role.bypass_rls',
        object: 'role backup',
        reason: 'pg_dump needs it',
        expires: '2027-06-30',
        line: 3,
      },
    ]);
  });

  it('may be empty', () => {
    for (const text of ['', '\n', '# nothing yet\n', 'allow: []', 'allow:']) expect(read(text)).toEqual([]);
  });

  it.each([
    ['no reason', ENTRY.replace(/ {4}reason.*\n/, ''), /allow\.yaml:3 {2}allow\[0\] {2}reason is missing/],
    ['no end', ENTRY.replace(/ {4}expires.*\n/, ''), /expires is missing/],
    ['an empty reason', ENTRY.replace('pg_dump needs it', '" "'), /allow\.yaml:5 .*reason is missing/],
    ['a day that there is not', ENTRY.replace('2027-06-30', '2027-02-30'), /allow\.yaml:6 .*expected a day/],
    [
      'a rule that there is not',
      ENTRY.replace('role.bypass_rls', 'role.nothing'),
      /allow\.yaml:3 .*no rule role\.nothing/,
    ],
    ['a key of its own', ENTRY.replace('reason:', 'because:'), /because {2}is not known here/],
    ['another key', `${ENTRY}deny: []\n`, /deny {2}is not known/],
    ['no list', 'allow: yes please', /expected a list/],
    ['no YAML', 'allow: [', /allow\.yaml:1/],
  ])('is refused with %s, by line', (_name, text, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringMatching(message) }),
    );
  });

  it('tells of every mistake at once', () => {
    const twice = ENTRY.replace('role.bypass_rls', 'x.y').replace('2027-06-30', 'some day');
    expect(() => read(twice)).toThrow(/no rule x\.y[\s\S]*expected a day/);
  });
});

describe('judging by it', () => {
  const findings = [finding('role.bypass_rls', 'role backup'), finding('grant.public', 'table a')];

  it('sets aside what it names, and nothing else', () => {
    const judged = judge(findings, read(ENTRY), '2027-06-30', 'allow.yaml');
    expect(judged.findings.map(({ object }) => object)).toEqual(['table a']);
    expect(judged.allowed).toMatchObject([
      { object: 'role backup', reason: 'pg_dump needs it', expires: '2027-06-30' },
    ]);
    expect(judged.notes).toEqual([]);
  });

  it('allows nothing any more the day after', () => {
    const judged = judge(findings, read(ENTRY), '2027-07-01', 'allow.yaml');
    expect(judged.findings).toEqual(findings);
    expect(judged.notes).toEqual([expect.stringMatching(/^allow\.yaml:3 {2}ran out on 2027-06-30/)]);
  });

  it('says which entry is not needed any more', () => {
    const judged = judge([], read(ENTRY), '2027-01-01', 'allow.yaml');
    expect(judged.notes).toEqual([expect.stringMatching(/take the entry out/)]);
  });
});
