import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import type { Office } from './office.ts';
import type { Servers } from './servers.ts';

/** Starts the bot itself, as `npm start` does, in a process of its own. `tellsUsage`: it can be asked what it uses. */
export function startBot(
  office: Office,
  servers: Servers,
  where: {
    readonly databaseUrl: string;
    readonly redisUrl?: string;
    readonly targetUrl?: string;
    readonly tellsUsage?: boolean;
  },
): Promise<Child> {
  const options = where.tellsUsage ? ['--expose-gc', '--import', TELL_USAGE] : [];
  return startChild(MAIN, options, {
    SLACK_BOT_TOKEN: office.botToken,
    SLACK_SIGNING_SECRET: office.signingSecret,
    SLACK_API_URL: office.apiUrl,
    DATABASE_URL: where.databaseUrl,
    ...(where.redisUrl === undefined ? {} : { REDIS_URL: where.redisUrl }),
    ORDERS_DB_URL: where.targetUrl ?? servers.target.botUrl,
    POLICY_PATH: join(import.meta.dirname, 'policy.yaml'),
    PORT: '0',
  });
}

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const TELL_USAGE = join(import.meta.dirname, 'tell-usage.mjs');
