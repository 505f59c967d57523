import { setTimeout as delay } from 'node:timers/promises';

/** What shall go wrong with the next calls of a Web API method. */
export interface Fault {
  /** 429 answers `ratelimited` with Retry-After; 500 answers as Slack's front does in an outage. */
  readonly status?: 429 | 500;
  /** Slack's own `ok: false` with this error code. */
  readonly error?: string;
  /** Goes with 429. One second unless set. */
  readonly retryAfterSeconds?: number;
  /** How many calls. One unless set. */
  readonly times?: number;
  /** Wait this long first; alone, the call then goes on as usual. */
  readonly hangMs?: number;
  /** Wait for this first; alone, the call then goes on as usual. */
  readonly until?: Promise<unknown>;
  /** The call takes effect, but the answer is lost: the connection is reset. */
  readonly afterEffect?: boolean;
  /** The connection is reset before the call takes effect. */
  readonly reset?: boolean;
  /** How many calls of the method go well first. None unless set. */
  readonly after?: number;
  /** Only calls about this channel, by its id. All of them unless set. */
  readonly channel?: string;
}

export type Faults = ReturnType<typeof createFaults>;

export function createFaults() {
  const waiting = new Map<string, { fault: Fault; spared: number; left: number }[]>();
  const met = new Map<string, number>();
  const stopped = new AbortController();
  const ended = new Promise((resolve) => stopped.signal.addEventListener('abort', resolve));
  return {
    failNext(method: string, fault: Fault): void {
      if (Object.keys(fault).every((key) => ['times', 'retryAfterSeconds', 'after', 'channel'].includes(key))) {
        throw new Error(
          `failNext('${method}'): say what goes wrong: status, error, hangMs, until, afterEffect or reset.`,
        );
      }
      const queue = waiting.get(method) ?? [];
      queue.push({ fault, spared: fault.after ?? 0, left: fault.times ?? 1 });
      waiting.set(method, queue);
    },
    /** The fault for this call, and uses it up. */
    take(method: string, channel: unknown): Fault | undefined {
      const queue = waiting.get(method);
      const next = queue?.find(({ fault }) => fault.channel === undefined || fault.channel === channel);
      if (queue === undefined || next === undefined) return undefined;
      if (next.spared > 0) {
        next.spared -= 1;
        return undefined;
      }
      next.left -= 1;
      if (next.left <= 0) queue.splice(queue.indexOf(next), 1);
      met.set(method, (met.get(method) ?? 0) + 1);
      return next.fault;
    },
    /** How many calls of these methods met a fault so far. */
    met: (methods: readonly string[]): number => methods.reduce((sum, method) => sum + (met.get(method) ?? 0), 0),
    clear(): void {
      waiting.clear();
    },
    /** As long as the fault says, or until the workspace stops. */
    async hang({ hangMs, until }: Fault): Promise<void> {
      if (hangMs !== undefined) await delay(hangMs, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (until !== undefined) await Promise.race([until, ended]);
    },
    stop(): void {
      stopped.abort();
    },
  };
}
