import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An on-call provider of type `http` on this machine. */
export interface Rota {
  readonly url: string;
  /** Who is on call in a schedule from now on, by address. A schedule that was never set has nobody. */
  set(schedule: string, emails: readonly string[]): void;
  close(): Promise<void>;
}

export async function startRota(): Promise<Rota> {
  const schedules = new Map<string, readonly string[]>();
  const server = createServer((request, response) => {
    const schedule = new URL(request.url ?? '/', 'http://rota').searchParams.get('schedule') ?? '';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ on_call: schedules.get(schedule) ?? [] }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/oncall`,
    set: (schedule, emails) => void schedules.set(schedule, emails),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
