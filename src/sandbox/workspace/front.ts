import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Faults } from './faults.ts';
import { isJson, type Json, text } from './json.ts';
import type { ResponseUrlAnswer } from './response-urls.ts';
import type { SocketMode } from './socket.ts';

/** A Web API call that the bot made, for tests that count or order them. The token is left out. */
export interface ApiCall {
  readonly method: string;
  readonly args: Json;
  readonly atMs: number;
  readonly ok: boolean;
  readonly error: string | undefined;
}

interface Options {
  readonly faults: Faults;
  readonly sockets: SocketMode;
  /** Answers one call of the Web API. */
  readonly answer: (method: string, token: string, body: Json) => Promise<Json>;
  /** A body posted to a response_url. */
  readonly respond: (id: string, body: Json) => ResponseUrlAnswer;
  readonly scopes: () => readonly string[];
}

/** The name of response_url addresses for faults. */
const RESPONSE_URL = 'response_url';
/** Slack's own limit is not documented; ours keeps a runaway body from filling memory. */
const bodyLimitBytes = 2_000_000;
const keptCalls = 10_000;

/** The server that the bot takes for Slack: `/api/<method>`, response_url addresses and the Socket Mode link. */
export async function startFront(options: Options) {
  const calls: ApiCall[] = [];

  function remember(method: string, args: Json, answer: Json): void {
    const { token: _token, ...rest } = args;
    const ok = answer.ok === true;
    calls.push({ method, args: rest, atMs: Date.now(), ok, error: ok ? undefined : text(answer.error) });
    if (calls.length > keptCalls) calls.shift();
  }

  async function serveApi(method: string, request: IncomingMessage, response: ServerResponse, query: URLSearchParams) {
    const body = await readBody(request, query);
    const token = text(request.headers.authorization).replace(/^Bearer\s+/i, '') || text(body.token);
    const fault = options.faults.take(method, body.channel);
    if (fault !== undefined) await options.faults.hang(fault);
    if (fault?.reset === true) {
      remember(method, body, { ok: false, error: 'sandbox: connection reset before the call took effect' });
      request.socket.destroy();
      return;
    }
    if (fault?.status === 429) {
      remember(method, body, { ok: false, error: 'ratelimited' });
      response.setHeader('retry-after', String(fault.retryAfterSeconds ?? 1));
      send(response, 429, { ok: false, error: 'ratelimited' });
      return;
    }
    if (fault?.status === 500) {
      remember(method, body, { ok: false, error: 'sandbox: HTTP 500' });
      response.writeHead(500, { 'content-type': 'text/html' }).end('<html>Internal Server Error</html>');
      return;
    }
    const answer =
      fault?.error === undefined ? await options.answer(method, token, body) : { ok: false, error: fault.error };
    remember(method, body, answer);
    if (fault?.afterEffect === true) {
      request.socket.destroy();
      return;
    }
    response.setHeader('x-oauth-scopes', options.scopes().join(','));
    send(response, 200, answer);
  }

  /** A fault of `response_url` is an HTTP status, a hang or a lost connection: its refusals are no Web API errors. */
  async function serveResponseUrl(
    id: string,
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ) {
    const body = await readBody(request, query);
    const fault = options.faults.take(RESPONSE_URL, undefined);
    if (fault !== undefined) await options.faults.hang(fault);
    if (fault?.reset === true) return void request.socket.destroy();
    if (fault?.status !== undefined) return send(response, fault.status, {});
    const answer =
      fault?.error === undefined ? options.respond(id, body) : { status: 404, body: { error: fault.error } };
    if (fault?.afterEffect === true) return void request.socket.destroy();
    send(response, answer.status, answer.body);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const api = /^\/api\/([\w.]+)$/.exec(url.pathname)?.[1];
    const responseId = /^\/response\/(.+)$/.exec(url.pathname)?.[1];
    if (api !== undefined) await serveApi(api, request, response, url.searchParams);
    else if (responseId !== undefined) await serveResponseUrl(responseId, request, response, url.searchParams);
    else send(response, 404, { ok: false, error: 'not_found' });
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // A bug of the sandbox must be seen by the test that hit it, not be taken for one of Slack's errors.
      const reason = error instanceof Error ? error.message : String(error);
      if (response.headersSent) response.destroy();
      else send(response, 500, { ok: false, error: `sandbox: ${reason}` });
    });
  });
  server.on('upgrade', (request, stream, head) => options.sockets.upgrade(request, stream, head));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    async stop(): Promise<void> {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function send(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage, query: URLSearchParams): Promise<Json> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const piece = Buffer.from(part);
    size += piece.length;
    if (size > bodyLimitBytes) throw new Error(`the body is larger than ${bodyLimitBytes} bytes`);
    parts.push(piece);
  }
  const raw = Buffer.concat(parts).toString('utf8');
  const given = Object.fromEntries(query);
  if (text(request.headers['content-type']).includes('application/json')) {
    const parsed: unknown = raw === '' ? {} : JSON.parse(raw);
    return isJson(parsed) ? { ...given, ...parsed } : given;
  }
  return { ...given, ...Object.fromEntries(new URLSearchParams(raw)) };
}
