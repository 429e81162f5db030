import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { printColumns } from '../../src/cli/columns.js';
import { type Line, readLines } from '../../src/cli/lines.js';
import { createTerminal } from '../../src/cli/terminal.js';
import { gatewayUrl } from '../../src/database/login-url.js';

describe('lines', () => {
  async function read(chunks: readonly Buffer[], most = 1_000): Promise<Line[]> {
    const lines: Line[] = [];
    for await (const line of readLines(
      (async function* () {
        yield* chunks;
      })(),
      most,
    ))
      lines.push(line);
    return lines;
  }

  it('are the same however the stream is cut', async () => {
    const line = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((text) => !/[\r\n\ufeff]/.test(text));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 8 }),
        fc.array(fc.nat(200), { maxLength: 8 }),
        async (texts, cuts) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
          const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
          const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
          expect(await read(chunks)).toEqual(texts.map((text) => ({ kind: 'text', text })));
        },
      ),
    );
  });

  it('that are longer than they may be are not kept, and the next is whole again', async () => {
    const chunks = ['aaaa', 'aaaa', 'aa\nbb', 'b\n'].map((text) => Buffer.from(text));
    expect(await read(chunks, 5)).toEqual([{ kind: 'too_long' }, { kind: 'text', text: 'bbb' }]);
  });
});

describe('the URL of the gateway', () => {
  it.each([
    ['postgres://admin:secret@db.example:5433/shop', { host: 'db.example', port: 5433, database: 'shop' }],
    ['postgresql://db.example/shop', { host: 'db.example', database: 'shop' }],
    ['postgres://admin@[::1]:5432/shop', { host: '::1', port: 5432, database: 'shop' }],
    ['postgres:///shop?host=%2Frun%2Fpostgresql', { host: '/run/postgresql', database: 'shop' }],
    ['postgres://admin:secret@/shop?host=/run/postgresql', { host: '/run/postgresql', database: 'shop' }],
    ['postgres://db.example/shop?user=admin&password=secret', { host: 'db.example', database: 'shop' }],
    ['postgres://admin:p%40ss@db.example/my%20shop', { host: 'db.example', database: 'my shop' }],
  ])('keeps everything of %s but the login', (url, expected) => {
    const made = gatewayUrl(url, { gatewayPassword: 'pass/word@:?' });
    const client = new pg.Client({ connectionString: made });
    expect(client).toMatchObject({ ...expected, user: 'ringfence_gateway', password: 'pass/word@:?' });
    expect(made).not.toContain('secret');
  });
});

describe('colour', () => {
  const painted = (isTTY: boolean, environment: NodeJS.ProcessEnv): boolean => {
    const sink = { isTTY, write: () => true };
    const terminal = createTerminal({
      stdout: sink,
      stderr: sink,
      interactive: false,
      json: false,
      environment,
    });
    return terminal.paint('red', 'x') !== 'x';
  };

  it('is for terminals, unless NO_COLOR or FORCE_COLOR say otherwise', () => {
    expect(painted(true, {})).toBe(true);
    expect(painted(false, {})).toBe(false);
    expect(painted(true, { NO_COLOR: '1' })).toBe(false);
    expect(painted(true, { NO_COLOR: '', TERM: 'xterm' })).toBe(true);
    expect(painted(true, { TERM: 'dumb' })).toBe(false);
    expect(painted(false, { FORCE_COLOR: '1' })).toBe(true);
    expect(painted(true, { FORCE_COLOR: '0' })).toBe(false);
    expect(painted(true, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
  });
});

describe('a table for people', () => {
  it('keeps columns in line and lets no value drive the terminal', () => {
    const lines = printColumns(
      ['id', 'name'],
      [
        ['1', 'short'],
        ['200', 'red\u001b[31m\nnext'],
      ],
    );
    expect(lines).toEqual(['id   name', '1    short', '200  red·[31m·next']);
  });
});
