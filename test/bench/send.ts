import { Agent, request } from 'node:http';
import type { Delivery } from './office.ts';

export interface Line {
  /** Sends one delivery and resolves with the milliseconds until it was acknowledged. Rejects unless that was with 200. */
  send(delivery: Delivery): Promise<number>;
  close(): void;
}

/** Slack's side of the connections to one app. They are kept, as Slack's are. */
export function openLine(appUrl: string): Line {
  const agent = new Agent({ keepAlive: true });
  return {
    send: ({ headers, body }) =>
      new Promise((resolve, reject) => {
        const startedAt = performance.now();
        const outgoing = request(
          `${appUrl}/slack/events`,
          { method: 'POST', agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
          (response) => {
            response.resume();
            response.on('error', reject);
            response.on('end', () => {
              if (response.statusCode === 200) resolve(performance.now() - startedAt);
              else reject(new Error(`${appUrl} answered a command with ${response.statusCode}`));
            });
          },
        );
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}
