import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { Json } from './json.ts';

/** Slack's page "Handling user interaction": three seconds to acknowledge. Later answers count for nothing. */
export const ackLimitMs = 3000;
/** We wait longer than Slack does, so that a late answer can be told from none. */
export const giveUpMs = 15_000;

export type PayloadKind = 'slash_commands' | 'interactive' | 'events_api';

export interface DeliverOptions {
  /** How often the very same payload is delivered, at the same time. Once unless set. */
  readonly deliver?: number;
  /** Instead of the present time, in epoch seconds. HTTP only. */
  readonly timestamp?: number;
  /** Instead of the right signature. HTTP only. */
  readonly signature?: string;
  /** Instead of the person's own team id. */
  readonly team?: string;
  /** Says that it is a retry (Slack's page "The Events API", X-Slack-Retry-Num). */
  readonly retry?: { readonly attempt: number; readonly reason: string };
}

export interface Delivery {
  /** HTTP status; 200 for an acknowledged envelope; 0 when nothing was sent or no answer came. */
  readonly status: number;
  readonly ackMs: number;
  /** The parsed JSON of the answer, or its text. */
  readonly body: unknown;
  /** Whether the answer came after Slack's three seconds, or never. */
  readonly late: boolean;
  /** Why there was no answer. */
  readonly error: string | undefined;
  /** With `deliver` above one: what the further deliveries got. */
  readonly others: readonly Delivery[];
}

export interface Channel {
  send(kind: PayloadKind, payload: Json, options: DeliverOptions): Promise<Delivery>;
}

export const notSent: Delivery = { status: 0, ackMs: 0, body: undefined, late: false, error: undefined, others: [] };

/** Delivers the same payload as often as asked, all at once, and puts the results together. */
export async function deliver(
  channel: Channel,
  kind: PayloadKind,
  payload: Json,
  options: DeliverOptions,
): Promise<Delivery> {
  const times = Math.max(1, options.deliver ?? 1);
  const all = await Promise.all(Array.from({ length: times }, () => channel.send(kind, payload, options)));
  const [first, ...others] = all;
  return { ...(first ?? notSent), others };
}

/** v0 HMAC (Slack's page "Verifying requests from Slack"). */
export function sign(secret: string, timestampSeconds: number, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestampSeconds}:${body}`).digest('hex')}`;
}

/** Slack's HTTP side: signed posts to the bot's one request URL. */
export function createHttpChannel(signingSecret: string, url: () => string) {
  const agent = new Agent({ keepAlive: true });

  function post(headers: Record<string, string>, body: string): Promise<Delivery> {
    const startedAtMs = performance.now();
    const result = (status: number, answer: unknown, error?: string): Delivery => {
      const ackMs = performance.now() - startedAtMs;
      return { status, ackMs, body: answer, late: status === 0 || ackMs > ackLimitMs, error, others: [] };
    };
    return new Promise((resolve) => {
      const outgoing = request(
        url(),
        {
          method: 'POST',
          agent,
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          timeout: giveUpMs,
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () => resolve(result(response.statusCode ?? 0, parse(Buffer.concat(parts).toString()))));
          response.on('error', (error) => resolve(result(0, undefined, error.message)));
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${giveUpMs} ms`)));
      outgoing.on('error', (error) => resolve(result(0, undefined, error.message)));
      outgoing.end(body);
    });
  }

  return {
    send(kind: PayloadKind, payload: Json, options: DeliverOptions): Promise<Delivery> {
      const body = encode(kind, payload);
      const timestamp = options.timestamp ?? Math.floor(Date.now() / 1000);
      return post(
        {
          'content-type': kind === 'events_api' ? 'application/json' : 'application/x-www-form-urlencoded',
          'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
          'x-slack-request-timestamp': String(timestamp),
          'x-slack-signature': options.signature ?? sign(signingSecret, timestamp, body),
          ...(options.retry === undefined
            ? {}
            : { 'x-slack-retry-num': String(options.retry.attempt), 'x-slack-retry-reason': options.retry.reason }),
        },
        body,
      );
    },
    stop(): void {
      agent.destroy();
    },
  };
}

function encode(kind: PayloadKind, payload: Json): string {
  if (kind === 'events_api') return JSON.stringify(payload);
  if (kind === 'interactive') return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  return new URLSearchParams(Object.entries(payload).map(([key, value]) => [key, String(value)])).toString();
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}
