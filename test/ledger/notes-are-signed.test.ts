/** Signed notes and checkpoints, against the specification's own example. */
import { describe, expect, it } from 'vitest';
import { checkNote, createNoteSigner, generateSeed, parseVerifier, signNote } from '../../src/ledger/note.js';
import { checkpointText, parseCheckpoint } from '../../src/proof/checkpoint.js';
import { parseNote } from '../../src/proof/note-text.js';

const EXAMPLE = {
  vkey: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  note: 'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n',
};

function parsed(note: string) {
  const parts = parseNote(note);
  if (parts === null) throw new Error('no note');
  return parts;
}

describe('a signed note', () => {
  it('is verified as the specification’s example is, and not with a letter changed', () => {
    const verifier = parseVerifier(EXAMPLE.vkey);
    expect(verifier.vkey).toBe(EXAMPLE.vkey);
    expect(checkNote(parsed(EXAMPLE.note), [verifier])).toEqual({ good: [{ verifier, time: 0 }], bad: [] });
    const changed = EXAMPLE.note.replace('example message', 'example massage');
    expect(checkNote(parsed(changed), [verifier])).toEqual({ good: [], bad: [verifier] });
  });

  it('carries the signatures of several keys, and those that nobody knows are passed over', () => {
    const [one, two, stranger] = ['log/a', 'log/a', 'log/b'].map((name) =>
      createNoteSigner(name, generateSeed()),
    );
    if (one === undefined || two === undefined || stranger === undefined) throw new Error('unreachable');
    const note = parsed(signNote('three\nlines\n\nand one\n', [one, two, stranger]));
    expect(note.text).toBe('three\nlines\n\nand one\n');
    const known = [one.verifier, two.verifier].map(({ vkey }) => parseVerifier(vkey));
    expect(checkNote(note, known).good.map(({ verifier }) => verifier.vkey)).toEqual([
      one.verifier.vkey,
      two.verifier.vkey,
    ]);
    expect(checkNote(note, []).good).toEqual([]);
  });

  it.each([
    ['no signature', 'text\n\n'],
    ['no empty line', 'text\n— a AAAAAAAA\n'],
    ['another dash', 'text\n\n- example.com/foo Uw2QOkn8srV1yJGh\n'],
    ['a tab', 'te\txt\n\n— a AAAAAAAA\n'],
    ['a carriage return', 'text\r\n\n— a AAAAAAAA\n'],
    ['a signature that is too short', 'text\n\n— a AAAAAA==\n'],
    ['a plus in the name', 'text\n\n— a+b AAAAAAAA\n'],
    ['base64 with stray bits', 'text\n\n— a AAAAAAB=\n'],
    ['no last newline', 'text\n\n— a AAAAAAAA'],
    ['half a character', 'te\ud800xt\n\n— a AAAAAAAA\n'],
    ['too many signatures', `text\n\n${'— a AAAAAAAA\n'.repeat(65)}`],
  ])('is refused with %s', (_, note) => {
    expect(parseNote(note)).toBeNull();
  });

  it.each([
    'example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    'example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    'example.com/foo+530d903a',
    '',
  ])('has no verifier out of %s', (vkey) => {
    expect(() => parseVerifier(vkey)).toThrow(/verifier key looks like/);
  });
});

describe('a checkpoint', () => {
  const root = Buffer.alloc(32, 7);

  it('is three lines, and read back', () => {
    const text = checkpointText({ origin: 'example.com/log', size: 20_852_163, root: new Uint8Array(root) });
    expect(text).toBe(`example.com/log\n20852163\n${root.toString('base64')}\n`);
    expect(parseCheckpoint(text)).toEqual({
      origin: 'example.com/log',
      size: 20_852_163,
      root: new Uint8Array(root),
    });
    expect(parseCheckpoint(`${text}an extension\n`)?.size).toBe(20_852_163);
  });

  it.each([
    'o\n01\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n',
    'o\n-1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n',
    'o\n99999999999999999\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n',
    'o\n1\nBwcH\n',
    'o\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=',
    '\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n',
    'o\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\nx\n',
    '',
  ])('is not %j', (text) => {
    expect(parseCheckpoint(text)).toBeNull();
  });
});
