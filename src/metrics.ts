import type { IncomingMessage, ServerResponse } from 'node:http';
import { Gauge, Registry } from 'prom-client';

/** What is counted at the moment of a scrape; nothing is kept in between. */
export interface Counts {
  readonly overdue: number;
  readonly oldestOverdueSeconds: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly unverified: number;
  readonly drift: number;
  readonly pauses: number;
}

export interface Metrics {
  /** Answers `GET /metrics` on a plain server; false when the request asks for something else. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Prometheus metrics. `elevate_overdue_grants` is the one to page on: access that should have been gone and may still be there. */
export function createMetrics(ask: {
  readonly counts: () => Promise<Counts>;
  readonly queueReady: () => Promise<true | string>;
}): Metrics {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const overdue = gauge(
    'elevate_overdue_grants',
    'Grants past their end that are not read back as gone. Page on this.',
  );
  const oldest = gauge(
    'elevate_oldest_overdue_seconds',
    'Seconds since the end of the grant that is overdue the longest.',
  );
  const grants = gauge('elevate_grants', 'Grants that have not ended, by status.', ['status']);
  const unverified = gauge(
    'elevate_unverified_grants',
    'Grants closed without proof, whose target is still being asked.',
  );
  const drift = gauge('elevate_open_drift', 'Things on targets that are not as granted and wait for somebody.');
  const paused = gauge('elevate_reconciler_paused', '1 while the reconciler takes nothing away.');
  const queue = gauge('elevate_queue_ready', '1 when the queue delivers; without it ends are less exact, never lost.');

  const scrape = async (): Promise<string> => {
    const [counts, ready] = await Promise.all([ask.counts(), ask.queueReady()]);
    overdue.set(counts.overdue);
    oldest.set(counts.oldestOverdueSeconds);
    for (const [status, count] of Object.entries(counts.byStatus)) grants.set({ status }, count);
    unverified.set(counts.unverified);
    drift.set(counts.drift);
    paused.set(counts.pauses > 0 ? 1 : 0);
    queue.set(ready === true ? 1 : 0);
    return registry.metrics();
  };

  return {
    handle(request, response) {
      if (request.url?.split('?', 1)[0] !== '/metrics') return false;
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET, HEAD' }).end();
        return true;
      }
      scrape().then(
        (text) => {
          response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' });
          response.end(request.method === 'HEAD' ? undefined : text);
        },
        // No numbers rather than old ones: the scrape fails, which is what Prometheus alerts on by itself.
        () => response.writeHead(503, { 'content-type': 'text/plain' }).end('The database does not answer\n'),
      );
      return true;
    },
  };
}
