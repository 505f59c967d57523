import type { RequestListener, ServerResponse } from 'node:http';
import { HTTPReceiver } from '@slack/bolt';
import type { Logger } from 'pino';
import { boltLog } from './bolt-log.ts';
import { SIGNATURE_AHEAD_MAX_SECONDS } from './limits.ts';

export const EVENTS_PATH = '/slack/events';

/**
 * Slack's signed requests at `POST /slack/events`, to be mounted in somebody else's server. Bolt checks the signature and that it
 * is not older than five minutes; that it does not come from the future is checked here, so that a captured request cannot be
 * kept for later.
 */
export function createHttpReceiver(options: { signingSecret: string; log: Logger; open: () => boolean }) {
  const { log } = options;
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret,
    endpoints: EVENTS_PATH,
    logger: boltLog(log),
    processEventErrorHandler: async ({ error, response }) => {
      log.error({ err: error }, 'A delivery of Slack could not be processed');
      if (!response.headersSent) answer(response, 500);
      return false;
    },
  });

  const listener: RequestListener = (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path !== EVENTS_PATH) return answer(response, 404);
    if (request.method !== 'POST') return answer(response, 405);
    if (!options.open()) return answer(response, 503);
    const sentAt = Number(request.headers['x-slack-request-timestamp']);
    if (!(sentAt <= Date.now() / 1000 + SIGNATURE_AHEAD_MAX_SECONDS)) {
      log.warn({ sentAt }, 'Refused a request with a timestamp from the future, or with none');
      return answer(response, 401);
    }
    receiver.requestListener(request, response);
  };
  return { receiver, listener };
}

export function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: 'close' });
  response.end();
}
