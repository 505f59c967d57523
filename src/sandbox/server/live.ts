import type { ServerResponse } from 'node:http';
import { SECURITY_HEADERS } from './guard.ts';

/** Changes come in bursts (an update of a card, its thread, a direct message): one picture is sent for all of them. */
const settleMs = 30;
const heartbeatMs = 15_000;

/** Server-sent events: every open page gets its person's whole screen again whenever it has changed. */
export function createLive(picture: (as: string) => unknown) {
  const watchers = new Map<ServerResponse, { readonly as: string; last: string }>();
  let timer: NodeJS.Timeout | undefined;

  function send(response: ServerResponse): void {
    const watcher = watchers.get(response);
    if (watcher === undefined) return;
    const now = JSON.stringify(picture(watcher.as));
    if (now === watcher.last) return;
    watcher.last = now;
    response.write(`data: ${now}\n\n`);
  }

  const heartbeat = setInterval(() => {
    for (const response of watchers.keys()) response.write(': still here\n\n');
  }, heartbeatMs);
  heartbeat.unref();

  return {
    watch(response: ServerResponse, as: string): void {
      response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
      response.write('retry: 500\n\n');
      watchers.set(response, { as, last: '' });
      response.on('close', () => watchers.delete(response));
      send(response);
    },
    changed(): void {
      timer ??= setTimeout(() => {
        timer = undefined;
        for (const response of watchers.keys()) send(response);
      }, settleMs);
    },
    stop(): void {
      clearInterval(heartbeat);
      clearTimeout(timer);
      for (const response of watchers.keys()) response.destroy();
      watchers.clear();
    },
  };
}
