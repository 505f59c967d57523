import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartProblem } from './start-problem.ts';
import type { Teardown } from './teardown.ts';

/**
 * Longer than the minute after which common load balancers give up an idle connection: the side that sends must be the one that closes it,
 * or a command gets lost between the two. Node's own 5 s also made people wait for a new connection whenever the process was busy.
 */
const KEEP_ALIVE_MS = 75_000;
/** A stop waits so long for requests in hand: after that Slack has given up on them. */
const ANSWERS_LIMIT_MS = 3_000;
const LOOK_EVERY_MS = 50;

/** Answers HTTP on the port (0: any free one) until the teardown, on every address of the machine unless `host` is one. Resolves with the address, such as http://127.0.0.1:3000. */
export async function listen(
  port: number,
  teardown: Teardown,
  answer: RequestListener,
  host?: string,
): Promise<string> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? `port ${port} is in use: set PORT to another` : error.message;
      reject(new StartProblem(`Elevate cannot listen: ${why}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
  teardown.add(() => close(server));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Nobody who holds a connection without asking anything may hold up what else has to stop. */
async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection is idle only once it was answered.
  const looking = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS);
  const limit = setTimeout(() => server.closeAllConnections(), ANSWERS_LIMIT_MS);
  await closed;
  clearInterval(looking);
  clearTimeout(limit);
}
