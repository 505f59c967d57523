import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import type { Office } from './office.ts';
import type { Servers } from './servers.ts';

/** Starts the bot itself, as `npm start` does, in a process of its own. */
export function startBot(
  office: Office,
  servers: Servers,
  where: { readonly databaseUrl: string; readonly redisUrl?: string; readonly targetUrl?: string },
): Promise<Child> {
  return startChild(join(import.meta.dirname, '..', '..', 'dist', 'main.js'), {
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
