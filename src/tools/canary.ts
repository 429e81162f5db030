/**
 * A canary: a value that is planted where nobody has any business, so that to see it elsewhere is to know of a leak.
 *
 * It is made from the installation's key, its name and, where each tenant has its own, the tenant. So nothing has to be kept: neither the
 * policy nor a list holds a canary's value, any number of tenants has one, and each can be told from a text that only looks like one.
 *
 * ```
 * prefix 5 | name 4 | mark 8 | seal 10      letters and digits of base32 (RFC 4648), lower case
 * ```
 *
 * The prefix is the installation's: to whoever lacks the key a canary looks like any other identifier. The seal is a MAC over name and mark.
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { RingfenceError } from '../errors.js';
import type { CanaryRules } from '../policy/compiled.js';

/** What a text was found to hold: whose canary of which name, as far as the value itself tells. */
export interface FoundCanary {
  readonly nameTag: string;
  readonly mark: string;
}

export interface CanaryForm {
  /** The value to plant. */
  value(name: string, tenant: string | null): string;
  nameTag(name: string): string;
  /** The part of a canary that may be told: it names the tenant to whoever can make canaries, and is not the value. */
  mark(name: string, tenant: string | null): string;
  /** Every genuine canary in a text: as it is, in any case, and inside of base64 (plain or for URLs) and hexadecimal digits. */
  find(text: string): readonly FoundCanary[];
}

const NONE: readonly FoundCanary[] = [];
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const PREFIX = 5;
const NAME = 4;
const MARK = 8;
const SEAL = 10;
const BODY = NAME + MARK + SEAL;

/** @param ledgerKey The one key that never rotates: what has been planted stays known. */
export function canaryForm(ledgerKey: Uint8Array): CanaryForm {
  const key = Buffer.from(hkdfSync('sha256', ledgerKey, '', 'ringfence canary', 32));
  const digits = (length: number, ...parts: readonly (string | null)[]): string =>
    base32(createHmac('sha256', key).update(JSON.stringify(parts)).digest(), length);
  // A digit among them, always: what looks like a word could stand in the ledger as the name of a member.
  const prefix = `${digits(PREFIX - 1, 'prefix')}${2 + (digits(1, 'digit').charCodeAt(0) % 6)}`;
  const nameTag = (name: string): string => digits(NAME, 'name', name);
  const mark = (name: string, tenant: string | null): string => digits(MARK, 'mark', name, tenant);
  const sealOf = (tag: string): string => digits(SEAL, 'seal', tag);
  const spellings = spellingsOf(prefix);

  return Object.freeze({
    nameTag,
    mark,
    value(name: string, tenant: string | null): string {
      const tag = nameTag(name) + mark(name, tenant);
      return prefix + tag + sealOf(tag);
    },
    find(text: string): readonly FoundCanary[] {
      // Nearly always nothing: and then this is all that it costs.
      if (text.search(spellings.any) < 0) return NONE;
      const found: FoundCanary[] = [];
      for (const match of text.matchAll(spellings.any)) {
        for (const body of spellings.bodies(text, match.index)) {
          const tag = body.slice(0, NAME + MARK);
          if (body.length === BODY && sealOf(tag) === body.slice(NAME + MARK))
            found.push({ nameTag: tag.slice(0, NAME), mark: tag.slice(NAME) });
        }
      }
      return found;
    },
  });
}

/** One canary of a policy: the value to plant, and the mark by which alerts tell of it. */
export interface PlantedCanary {
  readonly value: string;
  readonly mark: string;
}

/**
 * The value of a canary of the policy's.
 *
 * @throws {RingfenceError} `config_invalid` where the policy has no such canary, one that belongs to a tenant is asked for without one, or one
 * that belongs to nobody with one.
 */
export function plantedCanary(
  canaries: ReadonlyMap<string, CanaryRules>,
  ledgerKey: Uint8Array,
  name: string,
  tenant: string | null,
): PlantedCanary {
  const rules = canaries.get(name);
  if (rules === undefined) {
    throw new RingfenceError(
      'config_invalid',
      `The policy has no canary ${JSON.stringify(name.slice(0, 60))}.`,
      {
        suggestion:
          canaries.size === 0
            ? `Add it to the policy: canaries: { ${/^[a-z][a-z0-9_]{0,39}$/.test(name) ? name : 'name'}: { belongs: nobody } }`
            : `It has: ${[...canaries.keys()].join(', ')}.`,
      },
    );
  }
  if (rules.belongs === 'tenant' && (tenant ?? '') === '')
    throw new RingfenceError(
      'config_invalid',
      `Each tenant has a value of ${name} of its own. Say which tenant.`,
    );
  if (rules.belongs === 'nobody' && tenant !== null)
    throw new RingfenceError(
      'config_invalid',
      `${name} belongs to nobody: it has one value. Leave the tenant out.`,
    );
  const form = canaryForm(ledgerKey);
  return { value: form.value(name, tenant), mark: form.mark(name, tenant) };
}

/** How the prefix may be written, and how to read what comes after it. */
function spellingsOf(prefix: string): {
  readonly any: RegExp;
  bodies(text: string, at: number): readonly string[];
} {
  // Base64 has three spellings of a text, by where it begins among three bytes. The characters at its edges depend on what is beside it.
  const encoded = [0, 1, 2].map((before) => {
    const skipped = Math.ceil((before * 8) / 6);
    const whole = Buffer.from('\0'.repeat(before) + prefix).toString('base64url');
    return { before, skipped, part: whole.slice(skipped, Math.floor(((before + PREFIX) * 8) / 6)) };
  });
  const hex = Buffer.from(prefix).toString('hex');
  const starts = (text: string, at: number, part: string): boolean =>
    text.slice(at, at + part.length).toLowerCase() === part.toLowerCase();
  return {
    any: new RegExp([prefix, hex, ...encoded.map(({ part }) => part)].join('|'), 'gi'),
    bodies(text, at) {
      const bodies: string[] = [];
      if (starts(text, at, prefix)) bodies.push(text.slice(at + PREFIX, at + PREFIX + BODY));
      if (starts(text, at, hex))
        bodies.push(
          Buffer.from(text.slice(at + hex.length, at + hex.length + 2 * BODY), 'hex').toString('latin1'),
        );
      for (const { before, skipped, part } of encoded) {
        if (!starts(text, at, part)) continue;
        // Long lines are broken, and a break may be spelt out.
        const run = text.slice(at, at + 2 * (PREFIX + BODY)).replaceAll(/\\[rn]|\s/g, '');
        const bytes = Buffer.from('A'.repeat(skipped) + run, 'base64url');
        bodies.push(bytes.toString('latin1', before + PREFIX, before + PREFIX + BODY));
      }
      return bodies.map((body) => body.toLowerCase());
    },
  };
}

function base32(bytes: Buffer, length: number): string {
  let text = '';
  // One character from each byte: 256 is a multiple of 32.
  for (const byte of bytes.subarray(0, length)) text += ALPHABET[byte % ALPHABET.length];
  return text;
}
