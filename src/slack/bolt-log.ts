import type { Logger as SlackLogger } from '@slack/bolt';
import { LogLevel } from '@slack/bolt';
import type { Logger } from 'pino';

/**
 * The SDK's log inside ours. Its debug lines hold whole payloads and its info lines nothing of use, so both stay out; its
 * errors are warnings here, because whatever needs a person is logged by ourselves as well.
 */
export function boltLog(log: Logger): SlackLogger {
  const say = (...parts: unknown[]): void => log.warn({ from: 'slack-sdk' }, parts.map(String).join(' '));
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: say,
    error: say,
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}
