/** Secrets, by the forms that their issuers give them, and by the word that stands before them. */
import { type Detector, matches, type Span } from './detector.js';

/**
 * Prefixes that name a secret by themselves. GitHub, GitLab, Slack, Stripe, OpenAI and Anthropic, Google, AWS, npm, SendGrid, Hugging Face,
 * PyPI, DigitalOcean.
 */
const ISSUED = new RegExp(
  `(?<![A-Za-z0-9])(?:${[
    'gh[pousr]_[A-Za-z0-9]{20,255}',
    'github_pat_[A-Za-z0-9_]{20,255}',
    'gl[a-z]{2,5}-[A-Za-z0-9_-]{16,255}',
    'xox[a-z]-[A-Za-z0-9-]{10,255}',
    '(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,255}',
    'sk-[A-Za-z0-9_-]{16,255}',
    'AIza[A-Za-z0-9_-]{30,60}',
    '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}',
    'npm_[A-Za-z0-9]{30,60}',
    String.raw`SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}`,
    'hf_[A-Za-z0-9]{20,60}',
    'pypi-[A-Za-z0-9_-]{40,255}',
    'do[oprt]_v1_[a-f0-9]{40,80}',
  ].join('|')})`,
  'g',
);

/** Three parts in base64url, the first two of which begin as JSON does (RFC 7519). */
const JWT = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{4,8192}(?:\.[A-Za-z0-9_-]{0,4096})?/g;

/** Between the scheme and the host (RFC 3986): a user may be told, a password not. Passwords with an @ in them reach to the last one. */
const IN_URL = /[a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@]{0,256}:(?<value>\S{1,512})@/gi;

/** `password=…`, `"api_key": "…"`, `token is …`, `Authorization: Bearer …`. What comes after the word need not look like a secret. */
const AFTER_WORD =
  /(?:pass(?:word|wd|phrase)|secret|token|api[ _-]?key|access[ _-]?key|private[ _-]?key|credentials?|pwd)\b["'`*]{0,3}(?:\s{0,3}[:=]{1,2}\s{0,3}|\s+(?:is|was)\s+)(?<value>"[^"\n]{1,512}"|'[^'\n]{1,512}'|`[^`\n]{1,512}`|(?!\[\w+\])[^\s"'`,;]{3,512})/gi;
const BEARER = /\b(?:bearer|basic)\s+(?<value>[A-Za-z0-9._~+/=-]{12,8192})/gi;

const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;

/** Private keys in PEM. One that does not end goes to the end of the text. */
function* privateKeys(text: string): Generator<Span> {
  BEGIN.lastIndex = 0;
  for (let begin = BEGIN.exec(text); begin !== null; begin = BEGIN.exec(text)) {
    END.lastIndex = BEGIN.lastIndex;
    const end = END.exec(text) === null ? text.length : END.lastIndex;
    yield { start: begin.index, end };
    BEGIN.lastIndex = end;
  }
}

export const secretDetectors: readonly Detector[] = [
  {
    label: '[secret]',
    *find(text) {
      yield* privateKeys(text);
      for (const pattern of [ISSUED, JWT, IN_URL, BEARER, AFTER_WORD]) yield* matches(text, pattern);
    },
  },
];
