import { readdirSync, readFileSync } from 'node:fs';
import { corpus } from '../../support/corpora.js';
import type { Desk } from './desk.js';

/** The lines of the corpus, each once. Call it only where the corpus is there. */
export function injectionLines(): readonly string[] {
  return [
    ...new Set(
      readdirSync(corpus('injection'))
        .filter((name) => name !== 'LICENSE')
        .flatMap((name) => readFileSync(corpus(`injection/${name}`), 'utf8').split(/\r?\n/))
        .filter((line) => line.trim() !== ''),
    ),
  ];
}

/** The lines themselves hold numbers of every kind, so it is an id that counts, and not any number. */
export const FOREIGN_ROW = /zephyr|umbr[ai]|"(id|contact_id|ticket_id|note_id|number)":7[0-9]{3}/i;

/** The lines that bring up foreign rows where the product itself makes them part of its statement; no more than `enough` of them. */
export function linesThatWork(
  desk: Desk,
  lines: readonly string[],
  enough = Number.POSITIVE_INFINITY,
): Promise<readonly string[]> {
  return desk.raw(async (client) => {
    const brought: string[] = [];
    for (const line of lines) {
      if (brought.length >= enough) break;
      await client.query('savepoint line');
      const { rows } = await client
        .query(`select subject from ticket where org_id = 'northstar-dental' and subject = '${line}'`)
        .then((result) => ({ rows: [result].flat().flatMap((one) => one.rows) }))
        .catch(() => ({ rows: [] }));
      await client.query('rollback to savepoint line').catch(() => undefined);
      if (JSON.stringify(rows).includes('zephyr')) brought.push(line);
    }
    return brought;
  });
}
