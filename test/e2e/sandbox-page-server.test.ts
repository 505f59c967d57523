import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildPage } from '../../src/sandbox/server/build-page.ts';
import { type Page, startPage } from '../../src/sandbox/server/start-page.ts';
import { startWorkspace, type Workspace } from '../../src/sandbox/workspace/workspace.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

describe('the server of the sandbox page', () => {
  let workspace: Workspace;
  let page: Page;
  let port: number;
  beforeAll(async () => {
    workspace = await startWorkspace();
    page = await startPage({ workspace, port: 0, policy: async () => ({ path: 'a<b>.yml', text: 'x: <script>\n' }) });
    port = Number(new URL(page.url).port);
  });
  afterAll(async () => {
    await page?.stop();
    await workspace?.stop();
  });

  /** What the page itself sends, with what a test changes about it. */
  function send(path: string, body: unknown, headers: Record<string, string> = {}, method = 'POST'): Promise<Answer> {
    const own = {
      host: `127.0.0.1:${port}`,
      origin: `http://127.0.0.1:${port}`,
      'content-type': 'application/json',
      'x-sandbox-page': '1',
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port, path, method, headers: { ...own, ...headers } },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(parts).toString(),
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(method === 'POST' ? JSON.stringify(body) : undefined);
    });
  }
  const hello = { as: 'dev', in: 'access', text: 'Hello' };
  const said = (): number => workspace.messages('access').length;

  it('does what the page asks for', async () => {
    expect((await send('/api/say', hello)).status).toBe(200);
    expect(said()).toBe(1);
  });

  it.each([
    ['another page', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['a page without an origin', { origin: 'null' }],
    ['a name that somebody bent to this machine', { host: 'evil.example' }],
    ['a form, which has no header of ours', { 'x-sandbox-page': '' }],
    ['a form, which sends no JSON', { 'content-type': 'text/plain' }],
    ['a page of another site, as the browser says', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
  ])('does nothing for %s', async (_who, headers: Record<string, string>) => {
    const before = said();
    const answer = await send('/api/say', hello, headers);
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(said()).toBe(before);
  });

  it('shows no screen to a bent name, nor to a page of another site', async () => {
    expect((await send('/api/live?as=dev', undefined, { host: 'evil.example:80' }, 'GET')).status).toBe(403);
    const embedded = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
    expect((await send('/api/live?as=dev', undefined, embedded, 'GET')).status).toBe(403);
  });

  it('lets nothing in from elsewhere, and nobody frame it', async () => {
    for (const path of ['/', '/policy', '/nothing']) {
      const { headers } = await send(path, undefined, {}, 'GET');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('serves the bundle and nothing else of the disk', async () => {
    expect((await send('/', undefined, {}, 'GET')).body).toContain('<div id="root">');
    for (const path of ['/../package.json', '/..%2f..%2fpackage.json', '/main.tsx', '/api/constructor']) {
      expect((await send(path, undefined, {}, 'GET')).status).toBe(404);
    }
    expect((await send('/api/constructor', {})).status).toBe(404);
  });

  it('shows the policy as it is written', async () => {
    const { body } = await send('/policy?rule=%3Cimg%3E', undefined, {}, 'GET');
    expect(body).toContain('&lt;script&gt;');
    expect(body).toContain('a&lt;b&gt;.yml');
    expect(body).not.toContain('<img>');
  });

  it.each([
    ['a malformed body', '/api/say', { as: 'dev' }, 400],
    ['somebody unknown', '/api/say', { ...hello, as: 'nobody' }, 409],
    ['a channel that is not there', '/api/say', { ...hello, in: 'nowhere' }, 409],
    ['a form that is closed', '/api/submit', { as: 'dev', viewId: 'V1', values: {} }, 409],
    ['far too much', '/api/say', { ...hello, text: 'x'.repeat(200_000) }, 409],
  ])('answers %s with a sentence', async (_what, path, body, status) => {
    const answer = await send(path, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({ error: expect.stringMatching(/\w+ \w+/) });
  });

  it('listens on the loopback interface only', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal);
    if (outside === undefined) return;
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect(port, outside.address, () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    expect(reached).toBe(false);
  });

  it('bundles the page once per state of its sources', async () => {
    const first = await buildPage();
    const { mtimeMs } = await stat(first);
    expect(await buildPage()).toBe(first);
    expect((await stat(first)).mtimeMs).toBe(mtimeMs);
  });

  it('does not start on a port that is taken', async () => {
    await expect(startPage({ workspace, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
