import { loadEnvFile } from 'node:process';
import { z } from 'zod';
import { decodePercent } from './domain/percent.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** How Slack reaches us: signed HTTP requests to `POST /slack/events`, or a WebSocket that we open (Socket Mode). */
export type SlackConnection =
  | { readonly mode: 'http'; readonly signingSecret: string }
  | { readonly mode: 'socket'; readonly appToken: string };

export interface Config {
  readonly slack: SlackConnection & {
    readonly botToken: string;
    /** Ends in '/'. */
    readonly apiUrl: string;
  };
  /** null: an embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | null;
  /** null: the queue lives in the database. */
  readonly redisUrl: string | null;
  readonly policyPath: string;
  /** 0: any free port. */
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly dataDir: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  /** Every variable that is missing or wrong, in one message for people, without any secret. */
  | { readonly ok: false; readonly message: string };

/** Slack's have 32 characters; shorter than half of that is not one, and not a secret either. */
const SIGNING_SECRET_MIN_LENGTH = 16;
/** How much of a wrong value the message repeats, where the value is no secret. */
const SHOWN_LENGTH = 60;

/** What each variable is and where it comes from. `shown`: its value may be repeated in a message. */
const variables = {
  SLACK_BOT_TOKEN: {
    what: 'the token with which the bot acts in Slack; it begins with xoxb-',
    where: 'api.slack.com/apps > your app > OAuth & Permissions > Bot User OAuth Token',
    shown: false,
  },
  SLACK_SIGNING_SECRET: {
    what: 'the secret with which Slack signs what it sends; needed unless SLACK_APP_TOKEN is set',
    where: 'api.slack.com/apps > your app > Basic Information > App Credentials > Signing Secret',
    shown: false,
  },
  SLACK_APP_TOKEN: {
    what: 'the token for Socket Mode; it begins with xapp- and needs the scope connections:write',
    where: 'api.slack.com/apps > your app > Basic Information > App-Level Tokens',
    shown: false,
  },
  SLACK_API_URL: {
    what: "the address of Slack's Web API, only changed for tests",
    where: 'leave it out for https://slack.com/api/',
    shown: true,
  },
  DATABASE_URL: {
    what: 'the PostgreSQL database, such as postgres://user:password@host:5432/elevate',
    where: 'your database administrator; left out, an embedded PostgreSQL runs in DATA_DIR',
    shown: false,
  },
  REDIS_URL: {
    what: 'the Redis of the queue, such as redis://:password@host:6379/0',
    where: 'your Redis provider; left out, the queue lives in the database',
    shown: false,
  },
  POLICY_PATH: {
    what: 'the directory with the policy files',
    where: 'leave it out for ./policies',
    shown: true,
  },
  PORT: {
    what: 'the port for Slack and the probes, 0 to 65535 (0: any free one)',
    where: 'leave it out for 3000',
    shown: true,
  },
  LOG_LEVEL: {
    what: 'how much is logged: debug, info, warn, error or silent',
    where: 'leave it out for info',
    shown: true,
  },
  DATA_DIR: {
    what: 'the directory of the embedded PostgreSQL',
    where: 'leave it out for ./data',
    shown: true,
  },
} as const;
type Name = keyof typeof variables;

const address = (protocols: readonly string[], problem: string) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), problem);

const schema = z.object({
  SLACK_BOT_TOKEN: z.string().regex(/^xoxb-\S+$/, { error: ({ input }) => notTheToken('xoxb-', input) }),
  SLACK_SIGNING_SECRET: z
    .string()
    .refine((text) => !/^x(ox|app)/.test(text), 'is a token, not the signing secret')
    .refine((text) => !/\s/.test(text), 'has a blank or a line break inside')
    .refine((text) => text.length >= SIGNING_SECRET_MIN_LENGTH, "is too short: Slack's have 32 characters")
    .optional(),
  SLACK_APP_TOKEN: z
    .string()
    .regex(/^xapp-\S+$/, { error: ({ input }) => notTheToken('xapp-', input) })
    .optional(),
  SLACK_API_URL: address(['https:', 'http:'], 'is not a web address').default('https://slack.com/api/'),
  DATABASE_URL: address(['postgres:', 'postgresql:'], 'is not a postgres:// address')
    .refine((text) => !URL.canParse(text) || new URL(text).pathname.length > 1, 'names no database after the host')
    .optional(),
  REDIS_URL: address(['redis:', 'rediss:'], 'is not a redis:// or rediss:// address').optional(),
  POLICY_PATH: z.string().default('./policies'),
  PORT: z
    .string()
    .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, 'is not a port number')
    .default('3000')
    .transform(Number),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'is not a log level').default('info'),
  DATA_DIR: z.string().default('./data'),
});

/** Reads the configuration out of an environment. Blank counts as not set. */
export function loadConfig(env: Environment): LoadedConfig {
  const given = givenIn(env);
  const parsed = schema.safeParse(given);
  const problems = new Map<string, string>();
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (!problems.has(name)) problems.set(name, given[name] === undefined ? 'is missing' : issue.message);
  }
  if (given.SLACK_APP_TOKEN === undefined && given.SLACK_SIGNING_SECRET === undefined) {
    problems.set('SLACK_SIGNING_SECRET', 'is missing');
  }
  if (!parsed.success || problems.size > 0) return { ok: false, message: explain(problems, given) };
  const values = parsed.data;
  const connection: SlackConnection =
    values.SLACK_APP_TOKEN === undefined
      ? { mode: 'http', signingSecret: values.SLACK_SIGNING_SECRET ?? '' }
      : { mode: 'socket', appToken: values.SLACK_APP_TOKEN };
  return {
    ok: true,
    config: Object.freeze({
      slack: Object.freeze({
        ...connection,
        botToken: values.SLACK_BOT_TOKEN,
        apiUrl: values.SLACK_API_URL.replace(/\/*$/, '/'),
      }),
      databaseUrl: values.DATABASE_URL ?? null,
      redisUrl: values.REDIS_URL ?? null,
      policyPath: values.POLICY_PATH,
      port: values.PORT,
      logLevel: values.LOG_LEVEL,
      dataDir: values.DATA_DIR,
    }),
  };
}

/** The process's environment, completed from a file `.env` in the working directory if there is one. What is set already wins. */
export function readEnvironment(): Environment {
  try {
    loadEnvFile();
  } catch (error) {
    const missing = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
    if (!missing) throw error;
  }
  return process.env;
}

/** The secret values of a configuration, so that logs can leave them out. */
export function secretsOf(config: Config): readonly string[] {
  const { slack } = config;
  return [
    slack.botToken,
    slack.mode === 'http' ? slack.signingSecret : slack.appToken,
    ...[config.databaseUrl, config.redisUrl].flatMap((text) => {
      const password = text === null ? '' : new URL(text).password;
      return password === '' ? [] : [password, decodePercent(password)];
    }),
  ];
}

function givenIn(env: Environment): Record<string, string> {
  const entries = Object.keys(variables).map((name) => [name, env[name]?.trim()] as const);
  return Object.fromEntries(entries.flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

function explain(problems: ReadonlyMap<string, string>, given: Readonly<Record<string, string>>): string {
  const names = (Object.keys(variables) as Name[]).filter((name) => problems.has(name));
  const lines = names.map((name) => {
    const { what, where, shown } = variables[name];
    const value = given[name];
    const seen = shown && value !== undefined ? ` (it is "${value.slice(0, SHOWN_LENGTH)}")` : '';
    return `  ${name} ${problems.get(name)}${seen}. It is ${what}. Where to get it: ${where}.`;
  });
  const count = names.length === 1 ? 'One environment variable is' : `${names.length} environment variables are`;
  return [`${count} missing or wrong:`, ...lines, 'The file .env.example lists them all.'].join('\n');
}

/** Names what was pasted instead, by its public prefix alone. */
function notTheToken(expected: string, input: unknown): string {
  const kinds: Readonly<Record<string, string>> = {
    'xoxb-': "the bot's token",
    'xapp-': 'an app-level token',
    'xoxp-': "a user's token",
    xoxe: 'a token that expires (token rotation is not supported: turn it off for the app)',
  };
  const found = Object.entries(kinds).find(([prefix]) => String(input).startsWith(prefix) && prefix !== expected);
  return `does not begin with ${expected}${found ? `; this looks like ${found[1]}` : ' or has a blank inside'}`;
}
