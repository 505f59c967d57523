import { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import { boltLog } from './bolt-log.ts';
import { BACKGROUND_TIMEOUT_MS, INTERACTIVE_TIMEOUT_MS } from './limits.ts';

/** How long one call of Slack may take. */
export interface TimeLimits {
  readonly interactiveMs: number;
  readonly backgroundMs: number;
}

export const TIME_LIMITS: TimeLimits = { interactiveMs: INTERACTIVE_TIMEOUT_MS, backgroundMs: BACKGROUND_TIMEOUT_MS };

export interface SlackClients {
  /** For somebody who is waiting: forms, private answers, lookups at a click. */
  readonly interactive: WebClient;
  /** For cards, threads and direct messages, which jobs retry. */
  readonly background: WebClient;
}

/**
 * Two clients, because one 429 stops a client's whole queue. Neither retries by itself: a reset connection made the library
 * post twice, and a click that waited for a rate limit would lose its trigger.
 */
export function createClients(options: {
  readonly token: string;
  readonly apiUrl: string;
  readonly log: Logger;
  readonly timeLimits?: TimeLimits;
}): SlackClients {
  const { interactiveMs, backgroundMs } = options.timeLimits ?? TIME_LIMITS;
  const make = (timeout: number): WebClient =>
    new WebClient(options.token, {
      slackApiUrl: options.apiUrl,
      timeout,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: boltLog(options.log),
    });
  return { interactive: make(interactiveMs), background: make(backgroundMs) };
}
