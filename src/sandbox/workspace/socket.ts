import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { ackLimitMs, type DeliverOptions, type Delivery, giveUpMs, type PayloadKind } from './delivery.ts';
import { isJson, type Json, object, text } from './json.ts';

/** Slack pings its sockets; the SDK gives up on one that was silent for thirty seconds. */
const pingEveryMs = 10_000;
const ticketLifeMs = 30_000;
const farewellMs = 1000;

export type SocketMode = ReturnType<typeof createSocketMode>;

/**
 * Slack's side of Socket Mode (Slack's page "Using Socket Mode"): a one-time address from apps.connections.open, `hello`,
 * envelopes with acknowledgements, `disconnect`. With several connections each payload goes to one of them in turn.
 */
export function createSocketMode(appId: string) {
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Map<string, number>();
  const connections: WebSocket[] = [];
  const awaited = new Map<string, ((payload: unknown) => void)[]>();
  let turn = 0;
  let wasAsked = false;

  const pings = setInterval(() => {
    for (const socket of connections) socket.ping();
  }, pingEveryMs);
  pings.unref();

  function welcome(socket: WebSocket): void {
    connections.push(socket);
    socket.on('message', (data) => receive(String(data)));
    socket.on('close', () => {
      const index = connections.indexOf(socket);
      if (index >= 0) connections.splice(index, 1);
    });
    socket.on('error', () => socket.terminate());
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: connections.length,
        connection_info: { app_id: appId },
        debug_info: {
          host: 'sandbox',
          started: new Date().toISOString(),
          build_number: 1,
          approximate_connection_time: 18060,
        },
      }),
    );
  }

  function receive(raw: string): void {
    const message: unknown = JSON.parse(raw);
    if (!isJson(message)) return;
    const waiting = awaited.get(text(message.envelope_id));
    waiting?.shift()?.(message.payload);
  }

  /** Sends one envelope. A second delivery of the same payload carries the same envelope id, as Slack's retries do. */
  function send(kind: PayloadKind, payload: Json, options: DeliverOptions): Promise<Delivery> {
    if (options.signature !== undefined || options.timestamp !== undefined) {
      throw new Error('A socket carries no signature and no timestamp: forge them over HTTP.');
    }
    const socket = connections[turn++ % Math.max(1, connections.length)];
    const startedAtMs = performance.now();
    const result = (status: number, body: unknown, error?: string): Delivery => {
      const ackMs = performance.now() - startedAtMs;
      return { status, ackMs, body, late: status === 0 || ackMs > ackLimitMs, error, others: [] };
    };
    if (socket === undefined) return Promise.resolve(result(0, undefined, 'no socket is connected'));
    const envelopeId = envelopeOf(payload);
    return new Promise((resolve) => {
      const waiting = awaited.get(envelopeId) ?? [];
      awaited.set(envelopeId, waiting);
      const onAck = (body: unknown): void => finish(result(200, Object.keys(object(body)).length === 0 ? '' : body));
      const onClose = (): void => finish(result(0, undefined, 'the socket was closed before the acknowledgement'));
      const timer = setTimeout(() => finish(result(0, undefined, `no answer within ${giveUpMs} ms`)), giveUpMs);
      const finish = (delivery: Delivery): void => {
        clearTimeout(timer);
        socket.off('close', onClose);
        const index = waiting.indexOf(onAck);
        if (index >= 0) waiting.splice(index, 1);
        resolve(delivery);
      };
      waiting.push(onAck);
      socket.on('close', onClose);
      socket.send(
        JSON.stringify({
          envelope_id: envelopeId,
          type: kind,
          payload,
          accepts_response_payload: kind !== 'events_api',
          ...(options.retry === undefined
            ? {}
            : { retry_attempt: options.retry.attempt, retry_reason: options.retry.reason }),
        }),
      );
    });
  }

  const envelopes = new WeakMap<Json, string>();
  function envelopeOf(payload: Json): string {
    const known = envelopes.get(payload) ?? randomUUID();
    envelopes.set(payload, known);
    return known;
  }

  return {
    send,
    /** apps.connections.open: an address that works once. */
    open(baseUrl: string): Json {
      wasAsked = true;
      const ticket = randomBytes(16).toString('hex');
      tickets.set(ticket, Date.now() + ticketLifeMs);
      return { ok: true, url: `${baseUrl.replace(/^http/, 'ws')}/link/?ticket=${ticket}&app_id=${appId}` };
    },
    upgrade(incoming: IncomingMessage, stream: Duplex, head: Buffer): void {
      const ticket = new URL(incoming.url ?? '/', 'http://sandbox').searchParams.get('ticket') ?? '';
      const goodUntil = tickets.get(ticket) ?? 0;
      tickets.delete(ticket);
      if (goodUntil < Date.now()) {
        stream.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n');
        return;
      }
      server.handleUpgrade(incoming, stream, head, welcome);
    },
    /** How many connections stand. */
    count: (): number => connections.length,
    /** Whether the bot has ever asked for a socket: Slack then no longer posts to the request URL. */
    inUse: (): boolean => wasAsked,
    /** Tells every connection to go and come again, as Slack does every few hours; or cuts the line without a word. */
    disconnect(how: 'warning' | 'refresh_requested' | 'link_disabled' | 'cut'): void {
      for (const socket of [...connections]) {
        if (how === 'cut') socket.terminate();
        else socket.send(JSON.stringify({ type: 'disconnect', reason: how, debug_info: { host: 'sandbox' } }));
      }
    },
    /** Closes politely first: a client that is cut off in the middle of its own goodbye waits half a minute for an answer. */
    async stop(): Promise<void> {
      clearInterval(pings);
      const farewells = [...connections].map(
        (socket) =>
          new Promise<void>((resolve) => {
            const patience = setTimeout(() => {
              socket.terminate();
              resolve();
            }, farewellMs);
            socket.once('close', () => {
              clearTimeout(patience);
              resolve();
            });
            socket.close(1001);
          }),
      );
      await Promise.all(farewells);
      server.close();
    },
  };
}
