import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Environment, loadConfig, secretsOf } from '../../src/config.ts';

const http: Environment = { SLACK_BOT_TOKEN: 'xoxb-1-abc', SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef' };
const socket: Environment = { SLACK_BOT_TOKEN: 'xoxb-1-abc', SLACK_APP_TOKEN: 'xapp-1-abc' };

function messageFor(env: Environment): string {
  const loaded = loadConfig(env);
  if (loaded.ok) throw new Error('The configuration was accepted');
  return loaded.message;
}

describe('the configuration', () => {
  it('needs no more than what Slack gives', () => {
    expect(loadConfig(http)).toEqual({
      ok: true,
      config: {
        slack: {
          mode: 'http',
          signingSecret: '0123456789abcdef0123456789abcdef',
          botToken: 'xoxb-1-abc',
          apiUrl: 'https://slack.com/api/',
        },
        databaseUrl: null,
        redisUrl: null,
        policyPath: './policies',
        port: 3000,
        logLevel: 'info',
        dataDir: './data',
      },
    });
  });

  it('is Socket Mode with an app token, and needs no signing secret then', () => {
    const loaded = loadConfig(socket);
    expect(loaded).toMatchObject({ ok: true, config: { slack: { mode: 'socket', appToken: 'xapp-1-abc' } } });
    expect(loadConfig({ ...http, ...socket })).toMatchObject({ ok: true, config: { slack: { mode: 'socket' } } });
  });

  it('takes every variable', () => {
    const loaded = loadConfig({
      ...http,
      SLACK_API_URL: 'http://127.0.0.1:4000/api',
      DATABASE_URL: 'postgresql://u:p@db/elevate',
      REDIS_URL: 'rediss://:p@redis:6380/2',
      POLICY_PATH: '/etc/elevate',
      PORT: '0',
      LOG_LEVEL: 'debug',
      DATA_DIR: '/var/lib/elevate',
    });
    expect(loaded).toMatchObject({
      ok: true,
      config: {
        slack: { apiUrl: 'http://127.0.0.1:4000/api/' },
        databaseUrl: 'postgresql://u:p@db/elevate',
        redisUrl: 'rediss://:p@redis:6380/2',
        policyPath: '/etc/elevate',
        port: 0,
        logLevel: 'debug',
        dataDir: '/var/lib/elevate',
      },
    });
  });

  it('cannot be changed afterwards', () => {
    const loaded = loadConfig(http);
    if (!loaded.ok) throw new Error(loaded.message);
    expect(Object.isFrozen(loaded.config)).toBe(true);
    expect(Object.isFrozen(loaded.config.slack)).toBe(true);
  });

  it('takes a blank for not set and forgives blanks around a value', () => {
    const loaded = loadConfig({ ...http, SLACK_BOT_TOKEN: ' xoxb-1-abc\n', DATABASE_URL: '', PORT: '  ' });
    expect(loaded).toMatchObject({
      ok: true,
      config: { slack: { botToken: 'xoxb-1-abc' }, databaseUrl: null, port: 3000 },
    });
  });
});

describe('a wrong configuration', () => {
  it('names everything that is missing at once, with what it is and where to get it', () => {
    const message = messageFor({});
    expect(message).toMatch(/^2 environment variables are missing or wrong:/);
    expect(message).toMatch(/SLACK_BOT_TOKEN is missing\. It is .*xoxb-.*OAuth & Permissions/);
    expect(message).toMatch(/SLACK_SIGNING_SECRET is missing\. It is .*Signing Secret/);
    expect(message).not.toContain('DATABASE_URL');
  });

  it.each([
    ['SLACK_BOT_TOKEN', 'xoxp-1-abc', "does not begin with xoxb-; this looks like a user's token"],
    ['SLACK_BOT_TOKEN', 'xapp-1-abc', 'does not begin with xoxb-; this looks like an app-level token'],
    ['SLACK_BOT_TOKEN', 'xoxe.xoxb-1-abc', 'token rotation is not supported'],
    ['SLACK_BOT_TOKEN', 'xoxb-1 abc', 'has a blank inside'],
    ['SLACK_SIGNING_SECRET', 'xoxb-1-abcdefghijklmnop', 'is a token, not the signing secret'],
    ['SLACK_SIGNING_SECRET', 'short', 'is too short'],
    ['SLACK_APP_TOKEN', 'xoxb-1-abc', "does not begin with xapp-; this looks like the bot's token"],
    ['SLACK_API_URL', 'slack.com/api', 'is not a web address (it is "slack.com/api")'],
    ['DATABASE_URL', 'mysql://u:hunter2@db/elevate', 'is not a postgres:// address'],
    ['DATABASE_URL', 'postgres://u:hunter2@db', 'names no database'],
    ['REDIS_URL', 'localhost:6379', 'is not a redis:// or rediss:// address'],
    ['PORT', '99999', 'is not a port number (it is "99999")'],
    ['PORT', '80a', 'is not a port number'],
    ['PORT', '-1', 'is not a port number'],
    ['LOG_LEVEL', 'loud', 'is not a log level (it is "loud")'],
  ])('%s=%s: %s', (name, value, expected) => {
    const message = messageFor({ ...http, [name]: value });
    expect(message).toMatch(/^One environment variable is missing or wrong:/);
    expect(message).toContain(`${name} `);
    expect(message).toContain(expected);
  });

  it('never repeats a secret', () => {
    const message = messageFor({
      SLACK_BOT_TOKEN: 'xoxp-very-secret',
      SLACK_SIGNING_SECRET: 'hush',
      SLACK_APP_TOKEN: 'xoxb-very-secret',
      DATABASE_URL: 'mysql://u:hunter2@db/x',
      REDIS_URL: 'http://:hunter2@redis',
    });
    expect(message).toMatch(/^5 environment variables/);
    expect(message).not.toMatch(/very-secret|hush|hunter2/);
  });
});

describe('secretsOf', () => {
  it('knows every secret, as written and as meant', () => {
    const loaded = loadConfig({ ...http, DATABASE_URL: 'postgres://u:p%40ss@db/e', REDIS_URL: 'redis://:word@redis' });
    if (!loaded.ok) throw new Error(loaded.message);
    expect(secretsOf(loaded.config)).toEqual(
      expect.arrayContaining(['xoxb-1-abc', http.SLACK_SIGNING_SECRET, 'p%40ss', 'p@ss', 'word']),
    );
  });
});

describe('.env.example', () => {
  it('lists exactly the variables there are', () => {
    const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const listed = [...text.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1]).sort();
    const everythingWrong = Object.fromEntries(listed.map((name) => [name, 'wrong value']));
    const named = [...messageFor(everythingWrong).matchAll(/^ {2}([A-Z_]+) /gm)].map((match) => match[1]);
    // A path is never wrong by its form.
    expect([...named, 'POLICY_PATH', 'DATA_DIR'].sort()).toEqual(listed);
  });
});
