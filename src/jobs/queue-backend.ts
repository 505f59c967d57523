import type { EffectKind } from '../domain/effect.ts';
import type { JobPayload, Lane } from './definitions.ts';

export interface QueuedJob {
  readonly id: string;
  /** Its name, for people who look into the queue. */
  readonly kind: EffectKind | JobPayload['what'];
  readonly payload: JobPayload;
  readonly delayMs: number;
}

/** BullMQ on one of its two backends, as far as we use it. */
export interface QueueBackend {
  /** For people: 'Redis' or 'PostgreSQL'. */
  readonly name: string;
  /** Rejects when the queue did not take them; some of them may be in it all the same. May take as long as it likes. */
  add(lane: Lane, jobs: readonly QueuedJob[]): Promise<void>;
  /** true, or why jobs are not delivered. May take as long as it likes. */
  ping(): Promise<true | string>;
  /** Stops taking jobs. Jobs in hand go on. */
  pause(): Promise<void>;
  /** Ends every connection, in an orderly way if that goes quickly. Never rejects. */
  close(): Promise<void>;
}

/** What a worker of this lane does with a job; never rejects. A worker that was paused may still get one that it was waiting for. */
export type Deliver = (data: unknown, lane: Lane) => Promise<void>;
