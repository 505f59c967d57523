import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino';

export const REDACTED = '[redacted]';

export interface Scrubber {
  /** The text without secrets: those known by value, and everything that looks like one. */
  scrub(text: string): string;
  /** From now on leaves this value out as well, wherever it appears. */
  learn(secret: string): void;
}

/** A value shorter than this is not treated as a secret: leaving out 'db' would make every log unreadable and hide nothing. */
const SECRET_MIN_LENGTH = 8;

/** What looks like a secret whoever wrote it, with what is put in its place. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // Slack's tokens of every kind (Slack documentation, Tokens).
  [/\b(xox[a-z](?:\.xox[a-z])?|xapp)-[A-Za-z0-9-]+/g, `$1-${REDACTED}`],
  // Addresses at which anybody may post or answer (Slack documentation, response_url and incoming webhooks).
  [/(https:\/\/hooks\.slack\.com\/)[^\s"'<>\\]+/g, `$1${REDACTED}`],
  // The password of any address: postgres://user:password@host. Greedy, since an unescaped password may hold an '@'.
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/"'\\]*):[^\s/"'<>\\]*@/gi, `$1:${REDACTED}@`],
  [/\b(Bearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi, `$1${REDACTED}`],
  [/\b(password|passwd|pwd|client_secret|api_key|token)=[^\s"'&;\\]+/gi, `$1=${REDACTED}`],
];

export function createScrubber(secrets: readonly string[] = []): Scrubber {
  /** The longest first, so that one which holds another goes as a whole. */
  let known: string[] = [];
  const learn = (secret: string) => {
    if (secret.length < SECRET_MIN_LENGTH) return;
    // Also as it stands inside a line of JSON.
    const forms = new Set([...known, secret, JSON.stringify(secret).slice(1, -1)]);
    known = [...forms].sort((a, b) => b.length - a.length);
  };
  for (const secret of secrets) learn(secret);
  return {
    learn,
    scrub(text) {
      let clean = text;
      for (const secret of known) clean = clean.replaceAll(secret, REDACTED);
      for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement);
      return clean;
    },
  };
}

/** Fields that never reach the log, however deep libraries put them. */
const secretFields = [
  'token',
  'password',
  'secret',
  'authorization',
  'cookie',
  'signingSecret',
  'botToken',
  'appToken',
];
const redactedPaths = secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*.*.*.${field}`]);

export interface LoggerOptions {
  readonly level: LevelWithSilent;
  readonly scrubber: Scrubber;
  /** Standard output unless given. */
  readonly destination?: DestinationStream;
}

/**
 * One line of JSON per entry. Ids are fields (`requestId`, `grantId`, `effect`), level error means that a person must act, and the whole
 * line goes through the scrubber, so that a secret inside an error's message or stack stays out as well.
 */
export function createLogger({ level, scrubber, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: REDACTED },
    serializers: { err: pino.stdSerializers.errWithCause },
    hooks: { streamWrite: scrubber.scrub },
  };
  return destination ? pino(options, destination) : pino(options);
}
