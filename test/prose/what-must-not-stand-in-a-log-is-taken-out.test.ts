/** Secrets and what belongs to people leave a text; the rest of it stays as it was. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Detector, matches } from '../../src/prose/detector.js';
import { isCard, isIban } from '../../src/prose/personal.js';
import { defaultDetectors, scrub } from '../../src/prose/scrub.js';

const KEY = `-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----`;
/** Split, so that no scanner of repositories takes them for real ones. */
const key = (...parts: readonly string[]): string => parts.join('');

const GONE: readonly (readonly [string, string])[] = [
  [`The key is ${key('sk_', 'live_51H8xQ2eZvKYlo2C')}.`, 'The key is [secret].'],
  [`Use ${key('ghp', '_abcdefghijklmnopqrstuvwxyz0123456789')} for it`, 'Use [secret] for it'],
  [`${key('AKIA', 'IOSFODNN7EXAMPLE')} and ${key('xoxb', '-123456789012-abcdef')}`, '[secret] and [secret]'],
  [`${key('sk-', 'proj-abcdefghijklmnop1234')}`, '[secret]'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln is the token', '[secret] is the token'],
  [`Here: ${KEY} and so on`, 'Here: [secret] and so on'],
  [KEY.slice(0, 45), '[secret]'],
  ['postgres://admin:hunter2@db.internal:5432/shop is down', 'postgres://admin:[secret]:5432/shop is down'],
  ['redis://:p@ss/w0rd@cache:6379', 'redis://:[secret]@cache:6379'],
  ['Authorization: Bearer abcdef0123456789abcdef', 'Authorization: Bearer [secret]'],
  ['password: hunter2, as before', 'password: [secret], as before'],
  ['{"password":"x y z","api_key":"k-1"}', '{"password":[secret],"api_key":[secret]}'],
  ['The API key is "open sesame".', 'The API key is [secret].'],
  ['Mail jane.doe+x@mail.example.co.uk now', 'Mail [email] now'],
  ['IBAN DE89 3704 0044 0532 0130 00, please', 'IBAN [iban], please'],
  ['gb82west12345698765432', '[iban]'],
  ['Card 4111 1111 1111 1111 or 5500-0000-0000-0004', 'Card [card] or [card]'],
  ['SSN 078-05-1120 it is', 'SSN [id] it is'],
  [
    'Call +1 555 010 4477, (020) 7946 0018, 030/12345678 or 555-0104',
    'Call [phone], [phone], [phone] or [phone]',
  ],
  ['passport: C01X00T47. Next', 'passport: [personal]. Next'],
  ['Her date of birth is 14 May 1987, she says', 'Her date of birth is [personal], she says'],
];

const STAYS = [
  'Order 4111111111111112 comes to 1,234.56 EUR on 2026-11-21 at 10:30.',
  'Invoice 20261121 of event 0199f0e7-7c1a-7d3e-9a57-3e7f2f1c9b10 has 12 345 678 rows.',
  'The phone is broken, and the mobile app is slow. His email is not on file.',
  'token count is 4096',
  'Version 1.2.3 at 192.168.10.20, pi is 3.14159265358',
  'There is no table "invoices". Did you mean invoice?',
  'select id, total from invoice where status = $1 order by total desc limit 20',
  'see https://example.com/a/b?c=d#e',
];

describe('what is taken out', () => {
  it.each(GONE)('of %j leaves %j', (text, left) => {
    expect(scrub(text)).toBe(left);
  });

  it.each(STAYS)('is nothing of %j', (text) => {
    expect(scrub(text)).toBe(text);
  });

  it('is gone for good: what was scrubbed stays as it is', () => {
    for (const [text] of GONE) expect(scrub(scrub(text))).toBe(scrub(text));
  });

  it('is the same wherever it stands', () => {
    for (const [text, left] of GONE.filter(([text]) => !text.startsWith('-----')))
      expect(scrub(`— ${text} —\n${text}`)).toBe(`— ${left} —\n${left}`);
  });
});

describe('check digits', () => {
  it('decide what is a card', () => {
    expect(isCard('4111111111111111')).toBe(true);
    expect(isCard('4111111111111112')).toBe(false);
    expect(isCard('0000000000000000')).toBe(false);
  });

  it('decide what is an IBAN', () => {
    for (const iban of ['DE89370400440532013000', 'GB82WEST12345698765432', 'FR1420041010050500013M02606'])
      expect(isIban(iban)).toBe(true);
    expect(isIban('DE88370400440532013000')).toBe(false);
  });
});

describe('scrubbing', () => {
  const word: Detector = { label: '[word]', find: (text) => matches(text, /\bsesame\b/g) };

  it('takes detectors beside its own, and none of its own where they are left out', () => {
    const text = 'sesame, jane@example.com';
    expect(scrub(text, [...defaultDetectors, word])).toBe('[word], [email]');
    expect(scrub(text, [word])).toBe('[word], jane@example.com');
    expect(scrub(text, [])).toBe(text);
  });

  it('makes one of findings that overlap, under the label that comes first', () => {
    const all: Detector = { label: '[all]', find: () => [{ start: 0, end: 8 }] };
    const part: Detector = { label: '[part]', find: () => [{ start: 4, end: 12 }] };
    expect(scrub('0123456789abcdef', [all, part])).toBe('[all]cdef');
    expect(scrub('0123456789abcdef', [part, all])).toBe('[part]cdef');
  });

  it('leaves no half of a secret where a text is cut', () => {
    const secret = key('sk_', 'live_51H8xQ2eZvKYlo2C');
    const quoted = 'password: "two words"';
    for (const text of [secret, quoted, 'jane@example.com', '+1 555 010 4477'])
      for (let length = 1; length < text.length + 4; length++) {
        const left = scrub(`ab ${text} z`, defaultDetectors, length + 3);
        expect(left).toMatch(/^ab (password: )?(\[(secret|email|phone)\]( z?)?)?$|^ab p?a?s?s?w?o?r?d?:? ?$/);
      }
  });

  it('leaves alone what has nothing in it, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
        expect(typeof scrub(text)).toBe('string');
        expect(scrub(text, [])).toBe(text);
      }),
    );
  });

  it('is done with any text of a size, whatever is repeated in it', () => {
    // A pattern that goes back and forth would take minutes over these.
    for (const part of [
      '1 ',
      '1-',
      'A1',
      'a@',
      'a.',
      'password ',
      'x://',
      'eyJ',
      'iban is ',
      "'",
      'a://b:',
      '+1',
      '-----BEGIN ',
    ])
      expect(scrub(part.repeat(20_000)).length).toBeGreaterThan(0);
  });
});
