import type { Logger } from 'pino';
import type { Outbox, Store } from '../usecases/ports.ts';
import { alarmOf, jobPayload, laneOf } from './definitions.ts';
import type { PerformEarly } from './early.ts';
import { createHandBack } from './hand-back.ts';
import { createHandOn } from './hand-on.ts';
import { LAST_LOOK_LIMIT_MS, PING_LIMIT_MS } from './limits.ts';
import { createLocalClock } from './local-clock.ts';
import type { Perform, PerformEnds } from './perform.ts';
import { createPostgresQueueBackend, type PostgresBackendOptions } from './postgres-backend.ts';
import type { Deliver } from './queue-backend.ts';
import { createRedisBackend, type RedisBackendOptions } from './redis-backend.ts';
import { createRelay } from './relay.ts';
import { createRunner, type Runner } from './runner.ts';
import { createSweep } from './sweep.ts';
import { createTargets } from './targets.ts';
import { messageOf, within } from './within.ts';

export interface JobsOptions {
  readonly outbox: Outbox;
  /** `Store.onCommit`: tells when something was scheduled. */
  readonly onCommit: Store['onCommit'];
  readonly perform: Perform;
  /** Where it is given, single ends of access are taken in hand a little before their time. */
  readonly performEarly?: PerformEarly;
  readonly performEnds: PerformEnds;
  readonly backend: RedisBackendOptions | PostgresBackendOptions;
  readonly log: Logger;
}

export interface Jobs {
  /** Looks at once for what is due soon, as after a commit. */
  wake(): void;
  /** Sweeps now instead of at its time. Resolves when everything overdue was handed on. */
  sweep(): Promise<void>;
  /** true, or in a sentence why the queue does not work. The promise is kept without it, only less exactly. */
  ready(): Promise<true | string>;
  /** Begins nothing new, lets work in hand finish (at most `limitMs`, 15 s unless said), and closes every connection. */
  stop(limitMs?: number): Promise<void>;
}

/**
 * Starts relay, workers and sweep. On Redis it does not wait for Redis; on PostgreSQL it rejects when the queue's tables can't be made.
 */
export async function startJobs(options: JobsOptions): Promise<Jobs> {
  const { outbox, onCommit, perform, performEarly, performEnds, backend, log } = options;
  const runner: Runner = createRunner({
    outbox,
    perform,
    ...(performEarly ? { performEarly } : {}),
    performEnds,
    log,
    onRescheduled: () => relay.wake(),
    onGivenBack: () => handBack.due(),
  });
  /** What a stop is just handing to other processes. */
  const handingBack = new Set<Promise<void>>();
  const targets = createTargets(runner, (payload) => handingBack.add(handBack.job(payload, 'access')));
  let stopping = false;
  const deliver: Deliver = async (data, lane) => {
    const payload = jobPayload.safeParse(data);
    if (payload.success) return stopping ? handBack.job(payload.data, lane) : targets.run(payload.data);
    log.error(
      { err: payload.error },
      'A job in the queue is not one of ours and was dropped. Does something else use this queue?',
    );
  };
  const queue =
    'redisUrl' in backend
      ? createRedisBackend(backend, deliver, log)
      : await createPostgresQueueBackend(backend, deliver, log);
  const local = createLocalClock(({ payload }, aheadMs) => targets.run(payload, aheadMs), {
    early: performEarly !== undefined,
  });
  const handOn = createHandOn(queue, local, log);
  const handBack = createHandBack(outbox, queue, log);
  const relay = createRelay(outbox, handOn, log);
  const sweep = createSweep(outbox, handOn, local, log);

  onCommit((_, dueNow) => {
    // Access begins here and now: to look for it in the outbox first would be a way round. The look itself goes on beside it.
    for (const due of dueNow.filter(({ kind }) => laneOf(kind) === 'access')) {
      if (runner.isInHand(due.key)) void runner.run(due.key, due.generation);
      else if (local.freeHands('access') > 0) local.keep(alarmOf(due), 0);
    }
    relay.wake();
  });
  relay.wake();
  void sweep.sweep();

  return {
    wake: () => relay.wake(),
    sweep: () => sweep.sweep(),
    ready: () => within(queue.ping(), PING_LIMIT_MS, queue.name).catch(messageOf),
    async stop(limitMs) {
      stopping = true;
      // A database that does not answer is not waited for: what it would say is not for this process any more.
      const looks = Promise.all([relay.stop(), sweep.stop(), queue.pause()]);
      await within(looks, LAST_LOOK_LIMIT_MS, 'The last look').catch(() => {});
      handingBack.add(handBack.alarms(local.stop()));
      targets.stop();
      await runner.drain(limitMs);
      // What the last work made due had nobody here to look for it.
      handingBack.add(handBack.due());
      await within(Promise.all(handingBack), LAST_LOOK_LIMIT_MS, 'Handing over').catch(() => {});
      await queue.close();
    },
  };
}
