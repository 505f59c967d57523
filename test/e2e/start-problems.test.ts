import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lanes } from '../../src/jobs/definitions.ts';
import { withClient } from '../../src/store/with-client.ts';
import { environment, runToExit, startBot } from '../support/bot-process.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { startProxyOf } from '../support/target-proxy.ts';

const TIME_LIMIT_MS = 90_000;
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
}, TIME_LIMIT_MS);
afterAll(async () => {
  await stage?.teardown.run();
}, TIME_LIMIT_MS);

/** How many workers of the queue wait for jobs. */
const listening = (databaseUrl: string): Promise<number> =>
  withClient(databaseUrl, async (client) => {
    const { rows } = await client.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'elevate-queue' AND query LIKE '%LISTEN bullmq_jobs%'`,
    );
    return rows.length;
  });

const failing = (more: Record<string, string | undefined>) => runToExit(environment(stage, more));

describe('a start that cannot succeed says why in one message and exits with an error', () => {
  it('names every missing variable at once', async () => {
    const ended = await failing({ SLACK_BOT_TOKEN: undefined, SLACK_SIGNING_SECRET: undefined });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('SLACK_BOT_TOKEN');
    expect(ended.stderr).toContain('SLACK_SIGNING_SECRET');
  });

  const WRONG: readonly [string, string][] = [
    ['SLACK_BOT_TOKEN', 'xapp-1-not-a-bot-token'],
    ['SLACK_SIGNING_SECRET', 'short'],
    ['SLACK_APP_TOKEN', 'xoxb-not-an-app-token'],
    ['SLACK_API_URL', 'not a url'],
    ['DATABASE_URL', 'mysql://somewhere/db'],
    ['REDIS_URL', 'http://somewhere'],
    ['PORT', '99999'],
  ];
  it.each(WRONG)(
    '%s with a wrong value',
    async (name, value) => {
      const ended = await failing({ [name]: value });
      expect(ended.code).toBe(1);
      expect(ended.stderr).toContain(name);
      expect(ended.stderr).not.toContain('    at ');
    },
    TIME_LIMIT_MS,
  );

  it('a policy that is not there', async () => {
    const ended = await failing({ POLICY_PATH: join(stage.folder, 'nowhere') });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('POLICY_PATH');
  });

  it('a policy with a typo: file, line, column and what was expected', async () => {
    const file = join(stage.folder, 'typo.yaml');
    await writeFile(file, 'apiVersion: elevate/v1\ntimezone: UTC\nrolez: {}\n');
    const ended = await failing({ POLICY_PATH: file });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/typo\.yaml:3:1: .*roles/);
  });

  it(
    'a database that cannot be reached, without telling its password',
    async () => {
      const ended = await failing({ DATABASE_URL: 'postgres://elevate:hunter2hunter2@127.0.0.1:1/elevate' });
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/database/i);
      expect(ended.stderr + ended.stdout).not.toContain('hunter2hunter2');
    },
    TIME_LIMIT_MS,
  );

  it(
    'a database that takes the connection and then says nothing',
    async () => {
      const { proxy, url } = await startProxyOf(stage.databaseUrl);
      stage.teardown.add(() => proxy.close());
      proxy.failNext('SELECT', 'stuck');
      const ended = await failing({ DATABASE_URL: url });
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/DATABASE_URL cannot be used: The database does not answer/);
    },
    TIME_LIMIT_MS,
  );
});

describe('connections', () => {
  it(
    'stay open for longer than a load balancer keeps them, so that no command meets a closed one',
    async () => {
      const bot = await startBot(stage);
      const { headers } = await fetch(`${bot.url}/healthz`);
      expect(headers.get('keep-alive')).toBe('timeout=75');
      expect(await bot.terminate()).toBe(0);
    },
    TIME_LIMIT_MS,
  );

  it.each([
    ['nothing', ''],
    ['half a request', 'POST /slack/events HTTP/1.1\r\nHost: elevate\r\n'],
    ['a request without its body', 'POST /slack/events HTTP/1.1\r\nHost: elevate\r\nContent-Length: 9\r\n\r\n'],
  ])(
    'on which somebody has sent %s do not hold up a stop',
    async (_, said) => {
      const bot = await startBot(stage);
      const idle = connect(Number(new URL(bot.url).port), '127.0.0.1');
      stage.teardown.add(() => idle.destroy());
      idle.on('error', () => undefined);
      await once(idle, 'connect');
      if (said !== '') await new Promise((resolve) => idle.write(said, resolve));
      // 1: it was ended by force, whatever was in hand.
      expect(await bot.terminate()).toBe(0);
      expect(bot.log()).toContain('Stopped');
    },
    TIME_LIMIT_MS,
  );
});

it(
  'a bot whose queue loses every connection while it starts works as soon as they hold, and its workers with it',
  async () => {
    const { proxy, url } = await startProxyOf(stage.databaseUrl);
    stage.teardown.add(() => proxy.close());
    // What the queue says of itself when it connects.
    proxy.loseAll(/search_path="?elevate_queue/);
    const bot = await startBot(stage, { DATABASE_URL: url });
    await stage.workspace.waitFor(async () => bot.log().includes('(the queue)'), { what: 'a lost connection' });
    proxy.loseAll(null);
    const isReady = () =>
      fetch(`${bot.url}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
        ({ ok }) => ok,
        () => false,
      );
    await stage.workspace.waitFor(isReady, { what: 'a bot that is ready', timeoutMs: 15_000 });
    await stage.workspace.waitFor(async () => (await listening(stage.databaseUrl)) === lanes.length, {
      what: 'workers that listen',
      timeoutMs: 15_000,
    });
    expect(await bot.terminate()).toBe(0);
  },
  TIME_LIMIT_MS,
);

describe('the probes', () => {
  it(
    'tell a bot with a revoked Slack token from one that is ready, and access is still ended without Slack',
    async () => {
      const bot = await startBot(stage);
      const ask = async (path: string) => {
        const answer = await fetch(`${bot.url}${path}`);
        return { status: answer.status, body: JSON.stringify(await answer.json()) };
      };
      expect((await ask('/healthz')).status).toBe(200);
      expect(await ask('/readyz')).toMatchObject({ status: 200 });
      stage.workspace.revokeToken('token_revoked');
      const refused = await ask('/readyz');
      expect(refused.status).toBe(503);
      expect(refused.body).toContain('token_revoked');
      expect(refused.body).not.toContain(stage.workspace.botToken);
      stage.workspace.restoreToken();
      await stage.workspace.waitFor(async () => (await ask('/readyz')).status === 200, { what: 'ready again' });
      expect(await bot.terminate()).toBe(0);
    },
    TIME_LIMIT_MS,
  );
});
