import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Check, createHealth } from '../../src/health.ts';
import { createScrubber } from '../../src/logging.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(checks: Record<string, Check>, limitMs = 1_000): Promise<string> {
  const health = createHealth({ checks, limitMs, scrub: createScrubber().scrub });
  const server = createServer((request, response) => {
    if (!health.handle(request, response)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the probes', () => {
  it('say that the process lives whatever else is wrong', async () => {
    const at = await serve({ database: async () => 'down' });
    const response = await fetch(`${at}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it('are ready when every check passes', async () => {
    const at = await serve({ database: async () => true, queue: async () => true });
    const response = await fetch(`${at}/readyz?verbose`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ready', checks: { database: 'ok', queue: 'ok' } });
  });

  it('name what is not ready and why, without secrets, one that throws and one that hangs included', async () => {
    const at = await serve(
      {
        policy: async () => true,
        slack: async () => 'Slack refused the token xoxb-1-2-abc',
        database: () => Promise.reject(new Error('connect postgres://u:hunter2@db/x')),
        queue: () => new Promise(() => {}),
      },
      50,
    );
    const response = await fetch(`${at}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: 'not ready',
      checks: {
        policy: 'ok',
        slack: 'Slack refused the token xoxb-[redacted]',
        database: 'connect postgres://u:[redacted]@db/x',
        queue: 'No answer within 50 ms',
      },
    });
  });

  it('share one look between probes that come together', async () => {
    let looks = 0;
    const at = await serve({
      database: async () => {
        looks += 1;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return true;
      },
    });
    await Promise.all(Array.from({ length: 5 }, () => fetch(`${at}/readyz`)));
    expect(looks).toBe(1);
  });

  it('answer GET and HEAD only, and nothing else', async () => {
    const at = await serve({});
    expect((await fetch(`${at}/readyz`, { method: 'HEAD' })).status).toBe(200);
    const post = await fetch(`${at}/readyz`, { method: 'POST' });
    expect(post.status).toBe(405);
    expect(post.headers.get('allow')).toBe('GET, HEAD');
    expect((await fetch(`${at}/else`)).status).toBe(404);
  });
});
