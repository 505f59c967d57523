import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type Effect, effectKey, schedule } from '../../src/domain/effect.ts';
import { grantId, requestId, workspaceId } from '../../src/domain/ids.ts';
import { lanes } from '../../src/jobs/definitions.ts';
import { ENDS_IN_BATCH, PER_TARGET } from '../../src/jobs/limits.ts';
import type { Perform, PerformEnds } from '../../src/jobs/perform.ts';
import type { QueuedJob } from '../../src/jobs/queue-backend.ts';
import { type Jobs, type JobsOptions, startJobs } from '../../src/jobs/start.ts';
import { createLogger, createScrubber } from '../../src/logging.ts';
import { done, Outage, type Store } from '../../src/usecases/ports.ts';
import { freshDatabase, startStore } from '../support/database.ts';

/** One backend of the queue, as a test can shake it. */
export interface QueueHarness {
  readonly backend: JobsOptions['backend'];
  /** How many jobs it holds, whatever their state. */
  countJobs(): Promise<number>;
  /** Puts jobs into it behind the relay's back. */
  add(jobs: readonly QueuedJob[]): Promise<void>;
  /** Takes every job out of it, as FLUSHALL does. */
  empty(): Promise<void>;
  /** Delivers nothing until it is released, but takes jobs as before. */
  hold(): Promise<void>;
  release(): Promise<void>;
  /** Takes it away, or breaks its connections where it cannot go alone. */
  lose(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

export interface QueueContract {
  readonly start: (databaseUrl: string) => Promise<QueueHarness>;
  /** Whether the queue can be away while the database is there. */
  readonly canBeAway: boolean;
}

const workspace = workspaceId('T0QUEUE');
/** How many deadlines one process performs at once. */
const DEADLINE_HANDS = lanes.find(({ lane }) => lane === 'deadlines')?.concurrency ?? 0;
/** How a process differs from others. */
interface Habits {
  readonly performEnds?: PerformEnds;
  readonly hearsCommits?: boolean;
  /** Whether it looks for work by itself; one that does not has only what the queue gives it. */
  readonly looks?: boolean;
}

/** A target that takes nothing together. */
const oneByOne: PerformEnds = async () => ({ settled: new Set(), batched: false });
const log = createLogger({ level: process.env.LOG_LEVEL === 'debug' ? 'debug' : 'silent', scrubber: createScrubber() });

export function queueContract({ start, canBeAway }: QueueContract): void {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let started: Awaited<ReturnType<typeof startStore>>;
  let store: Store;
  let sql: pg.Pool;
  let queue: QueueHarness;
  const running: Jobs[] = [];

  beforeAll(async () => {
    database = await freshDatabase();
    started = await startStore(database.url);
    store = started.store;
    sql = new pg.Pool({ connectionString: database.url, max: 2 });
    // Tests break connections on purpose.
    sql.on('error', () => {});
    queue = await start(database.url);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((jobs) => jobs.stop(0)));
    await sql.query('DELETE FROM effects');
    await queue.empty();
  });
  afterAll(async () => {
    await queue?.stop();
    await sql?.end();
    await started?.close();
    await database?.drop();
  });

  const startProcess = async (
    perform: Perform,
    { performEnds = oneByOne, hearsCommits = true, looks = true }: Habits = {},
  ): Promise<Jobs> => {
    const blind = { takeForQueue: async () => [], takeOverdue: async () => [] };
    const onCommit: JobsOptions['onCommit'] = (listener) => (hearsCommits ? store.onCommit(listener) : () => undefined);
    const jobs = await startJobs({
      outbox: looks ? store.outbox : { ...store.outbox, ...blind },
      onCommit,
      perform,
      performEnds,
      backend: queue.backend,
      log,
    });
    running.push(jobs);
    await until('the queue is ready', async () => (await jobs.ready()) === true);
    return jobs;
  };
  const plan = (effects: readonly Effect[], inMs = 0) =>
    store.transaction(workspace, (tx) =>
      tx.save({ effects: effects.map((effect) => schedule(effect, new Date(tx.now.getTime() + inMs))) }),
    );
  const row = async (effect: Effect) => {
    const { rows } = await sql.query('SELECT * FROM effects WHERE key = $1', [effectKey(effect)]);
    return rows[0];
  };
  const isDone = (effect: Effect) => async () => (await row(effect))?.done_at !== null;

  describe('in its time', () => {
    it('performs what is due at once, and once', async () => {
      const performed: string[] = [];
      await startProcess(async ({ key }) => {
        performed.push(key);
        return done;
      });
      const effect = revoke();
      await plan([effect]);
      await until('it is done', isDone(effect));
      expect(performed).toEqual([effectKey(effect)]);
      await until('the queue kept nothing', async () => (await queue.countJobs()) === 0);
    });

    it.each([
      ['an end of access', revoke],
      ['a deadline', expire],
    ] as const)('performs what is due later at its time, and not by a sweep: %s', async (_, effectOf) => {
      let at = 0;
      await startProcess(async () => {
        at = Date.now();
        return done;
      });
      const effect = effectOf();
      await plan([effect], 1_200);
      await until('it is done', isDone(effect));
      const late = at - (await row(effect)).due_at.getTime();
      expect(late).toBeGreaterThanOrEqual(0);
      // How exact it is, the benchmarks measure; here only that no sweep was needed.
      expect(late).toBeLessThan(5_000);
    });

    it('delivers what one process handed on to the process that is there at its time', async () => {
      const first = await startProcess(async () => done);
      const effects = [expire(), revoke(), render()];
      await plan(effects, 2_000);
      await until('they are in the queue', async () => (await queue.countJobs()) === effects.length);
      await first.stop();
      const performed: string[] = [];
      await startProcess(async ({ key }) => {
        performed.push(key);
        return done;
      });
      for (const effect of effects) await until('it is done', isDone(effect));
      expect(performed.sort()).toEqual(effects.map(effectKey).sort());
    });

    it('hands on only what is due soon', async () => {
      await startProcess(async () => done);
      const soon = [revoke(), revoke(), expire()];
      await plan(soon, 50_000);
      await plan([revoke(), expire(), render()], 7_200_000);
      await until('what is due soon is in the queue', async () => (await queue.countJobs()) === soon.length);
      const { rows } = await sql.query('SELECT count(*)::int AS n FROM effects WHERE handed_on_at IS NOT NULL');
      expect(rows[0].n).toBe(soon.length);
    });

    it('performs what was planned while no process ran', async () => {
      const effects = [revoke(), provision(), expire(), render()];
      await plan(effects);
      const performed = new Set<string>();
      await startProcess(async ({ key }) => {
        performed.add(key);
        return done;
      });
      for (const effect of effects) await until('it is done', isDone(effect));
      expect(performed.size).toBe(effects.length);
    });

    it('performs a hundred effects once each, in two processes', async () => {
      const performed: string[] = [];
      const perform: Perform = async ({ key }) => {
        performed.push(key);
        return done;
      };
      await startProcess(perform);
      await startProcess(perform);
      const effects = Array.from({ length: 100 }, (_, index) => (index % 2 ? revoke() : render()));
      await Promise.all([plan(effects.slice(0, 50)), plan(effects.slice(50))]);
      await until('all are done', async () => (await pending()) === 0);
      expect(performed.sort()).toEqual(effects.map(effectKey).sort());
    });

    it('lets no slow Slack delay a revocation', async () => {
      let revoked = false;
      const slack = gate();
      await startProcess(async ({ kind }) => {
        if (kind === 'render_card') await slack.passed;
        else revoked = true;
        return done;
      });
      await plan(Array.from({ length: 40 }, render));
      await until('Slack is busy', async () => (await leased()) > 0);
      await plan([revoke()]);
      await until('it is revoked', async () => revoked);
      slack.open();
      await until('the cards are drawn', async () => (await pending()) === 0);
    });

    it('performs again what was scheduled again while it was performed', async () => {
      const effect = render();
      let times = 0;
      await startProcess(async () => {
        times += 1;
        if (times === 1) await plan([effect]);
        return done;
      });
      await plan([effect]);
      await until('it ran twice', async () => times === 2);
      await until('it is done', isDone(effect));
    });
  });

  describe('when something fails', () => {
    it('tries again after the delay that the performer asks for', async () => {
      const at: number[] = [];
      await startProcess(async ({ attempts }) => {
        at.push(performance.now());
        return attempts < 2 ? { done: false, retryInMs: 300, error: 'not yet' } : done;
      });
      const effect = provision();
      await plan([effect]);
      await until('it is done', isDone(effect));
      expect(at).toHaveLength(3);
      expect((at[2] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(600);
    });

    it('takes a throw for a failure, and waits for as long as the other side asked', async () => {
      const at: number[] = [];
      await startProcess(async () => {
        at.push(performance.now());
        if (at.length === 1) throw new Outage('transient', 'Slack is busy', { retryAfterSeconds: 1 });
        if (at.length === 2) throw new Error('a bug');
        return done;
      });
      const effect = render();
      await plan([effect]);
      await until('it failed once', async () => (await row(effect))?.attempts === 1);
      expect((await row(effect))?.last_error).toBe('Slack is busy');
      await until('it is done', isDone(effect));
      expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
      expect(at).toHaveLength(3);
    });

    it('performs a job that is delivered five times once', async () => {
      let times = 0;
      const effect = revoke();
      await startProcess(async () => {
        times += 1;
        return done;
      });
      await plan([effect], 700);
      const copy = (id: string): QueuedJob => ({
        id,
        kind: effect.kind,
        payload: { what: 'effect', key: effectKey(effect), generation: 1, target: null },
        delayMs: 700,
      });
      await queue.add(['copy-a', 'copy-b', 'copy-c', 'copy-d'].map(copy));
      await until('it is done', isDone(effect));
      await until('every copy was delivered', async () => (await queue.countJobs()) === 0);
      expect(times).toBe(1);
    });

    it('drops what is not a job of ours', async () => {
      await startProcess(async () => done);
      await queue.add([{ id: 'alien', kind: 'revoke_grant', payload: { what: 'ends', target: '' }, delayMs: 0 }]);
      await until('it is gone', async () => (await queue.countJobs()) === 0);
      const effect = revoke();
      await plan([effect]);
      await until('others are performed', isDone(effect));
    });

    it('loses nothing when the queue is emptied: the sweep finds it', async () => {
      const performed: string[] = [];
      const jobs = await startProcess(async ({ key }) => {
        performed.push(key);
        return done;
      });
      const effects = [expire(), render()];
      await plan(effects, 1_000);
      await until('they are in the queue', async () => (await queue.countJobs()) === 2);
      await queue.empty();
      await until('they are overdue', async () => (await store.outbox.overdue(1_100)).count === 2);
      expect(performed).toEqual([]);
      await jobs.sweep();
      for (const effect of effects) await until('it is done', isDone(effect));
      expect(performed).toHaveLength(2);
    });

    it('performs without the queue what the queue takes but does not deliver', async () => {
      // One more than the hands of the lane: the first sweep begins the others here, and gives this one to the queue once more.
      const effects = Array.from({ length: DEADLINE_HANDS + 1 }, expire);
      const jobs = await startProcess(async () => done);
      await queue.hold();
      // What is due by the time that it is handed on begins at once, without the queue.
      await plan(effects, 2_000);
      await until('they are overdue', async () => (await store.outbox.overdue(1_100)).count === effects.length);
      await until('sweeps do them', async () => {
        await jobs.sweep();
        return (await pending()) === 0;
      });
      await queue.release();
    });

    it('takes over what a dead process had in hand, once its lease has run out', async () => {
      const effect = revoke();
      await plan([effect]);
      const claimed = await store.outbox.claim(effectKey(effect), 'a process that dies', 5);
      expect(claimed?.key).toBe(effectKey(effect));
      const claimedAt = performance.now();
      let takenAt = 0;
      await startProcess(async () => {
        takenAt = performance.now();
        return done;
      });
      await until('it is done', isDone(effect), 15_000);
      expect(takenAt - claimedAt).toBeGreaterThanOrEqual(4_900);
      expect(takenAt - claimedAt).toBeLessThan(10_000);
    });

    it('keeps the lease of work that takes longer than it', async () => {
      let times = 0;
      const work = gate();
      const perform: Perform = async (_, signal) => {
        times += 1;
        await work.passed;
        return signal.aborted ? { done: false, retryInMs: 0, error: 'the lease was lost' } : done;
      };
      const jobs = await startProcess(perform);
      await startProcess(perform);
      const effect = revoke();
      await plan([effect]);
      await until('it is in hand', async () => times === 1);
      const { lease_until: firstUntil } = await row(effect);
      await until('the first lease is over', async () => {
        const { rows } = await sql.query('SELECT clock_timestamp() > $1::timestamptz AS over', [firstUntil]);
        return rows[0].over === true;
      });
      await jobs.sweep();
      expect(await store.outbox.claim(effectKey(effect), 'another', 5)).toBeNull();
      work.open();
      await until('it is done', isDone(effect));
      expect(times).toBe(1);
    });

    it('tells a performer whose lease is lost to stop, and lets what it says count for nothing', async () => {
      let stopped: unknown;
      const effect = provision();
      await startProcess(async (_, signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        stopped = signal.reason;
        return done;
      });
      await plan([effect]);
      await until('it is in hand', async () => (await leased()) === 1);
      await sql.query(`UPDATE effects SET lease_owner = 'a thief', lease_until = clock_timestamp() + interval '1 min'`);
      await until('it was told', async () => stopped instanceof Error);
      expect(String(stopped)).toMatch(/lease was lost/);
      const kept = await row(effect);
      expect(kept).toMatchObject({ lease_owner: 'a thief', done_at: null });
    });
  });

  describe('at a stop', () => {
    it('lets work in hand finish and begins nothing new', async () => {
      let begun = 0;
      const work = gate();
      const jobs = await startProcess(async () => {
        begun += 1;
        await work.passed;
        return done;
      });
      const first = revoke();
      await plan([first]);
      await until('it is in hand', async () => begun === 1);
      const stopping = jobs.stop();
      const second = revoke();
      await plan([second]);
      work.open();
      await stopping;
      expect((await row(first))?.done_at).not.toBeNull();
      expect(begun).toBe(1);
      expect((await row(second))?.done_at).toBeNull();
    });

    it('leaves to others what reaches it while it stops', async () => {
      const work = gate();
      let begun = false;
      const first = await startProcess(async () => {
        begun = true;
        await work.passed;
        return done;
      });
      await plan([expire()]);
      await until('it is in hand', async () => begun);
      await startProcess(async () => done);
      const stopping = first.stop();
      // Its worker has waited for a job the longest, and is the first to be given one.
      const effects = [expire(), expire(), expire()];
      await plan(effects, 300);
      for (const effect of effects) await until('the other process does it', isDone(effect));
      work.open();
      await stopping;
    });

    it('gives back at once the ends that it has not begun, and another process hears of them', async () => {
      const work = gate();
      const [begun, elsewhere] = [[] as number[], [] as number[]];
      const settled = (batch: readonly { key: string }[]) => ({
        settled: new Set(batch.map(({ key }) => key)),
        batched: true,
      });
      await startProcess(async () => done, {
        // Nothing that is committed wakes it.
        hearsCommits: false,
        performEnds: async (batch) => {
          elsewhere.push(batch.length);
          return settled(batch);
        },
      });
      const first = await startProcess(async () => done, {
        performEnds: async (batch) => {
          begun.push(batch.length);
          await work.passed;
          return settled(batch);
        },
      });
      const ends = Array.from({ length: ENDS_IN_BATCH + 10 }, revoke);
      await store.transaction(workspace, (tx) =>
        tx.save({
          effects: ends.map((effect) => schedule(effect, new Date(tx.now.getTime() + 300), 0, 'one target')),
        }),
      );
      await until('a batch is in hand', async () => begun.length === 1);
      expect(await leased()).toBe(ends.length);
      // The queue's own alarm for them rings a little later, and would be one.
      await until('every alarm has rung', async () => (await queue.countJobs()) === 0);
      const stopping = first.stop();
      await until('the other process does the rest', async () => (await pending()) === ENDS_IN_BATCH);
      expect([begun, elsewhere]).toEqual([[ENDS_IN_BATCH], [10]]);
      expect(await leased()).toBe(ENDS_IN_BATCH);
      work.open();
      await stopping;
      expect(await pending()).toBe(0);
    });

    it('hands on at once what rang here and had no hand free, and what its last work made due', async () => {
      const work = gate();
      let begun = 0;
      const elsewhere: string[] = [];
      const jobs = await startProcess(async () => {
        begun += 1;
        await work.passed;
        return done;
      });
      await startProcess(
        async ({ key }) => {
          elsewhere.push(key);
          return done;
        },
        { hearsCommits: false, looks: false },
      );
      const grants = Array.from({ length: PER_TARGET + 3 }, provision);
      await store.transaction(workspace, (tx) =>
        tx.save({ effects: grants.map((effect) => schedule(effect, tx.now, 0, 'one target')) }),
      );
      await until('the hands are full', async () => begun === PER_TARGET);
      await until('the rest has rung', async () => (await rung()) === 3);
      expect(elsewhere).toEqual([]);
      const stopping = jobs.stop();
      await until('the other process does the rest', async () => (await pending()) === PER_TARGET);
      const card = render();
      await plan([card]);
      work.open();
      await stopping;
      await until('the other process does what came last', isDone(card));
      expect([begun, elsewhere.length]).toEqual([PER_TARGET, 4]);
    });

    it('tells work that does not finish to stop, and leaves it to the next process', async () => {
      const effect = revoke();
      let begun = false;
      const jobs = await startProcess(async (_, signal) => {
        begun = true;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        throw signal.reason;
      });
      await plan([effect]);
      await until('it is in hand', async () => begun);
      await jobs.stop(100);
      expect(await row(effect)).toMatchObject({ done_at: null, lease_owner: null, attempts: 1 });
      await startProcess(async () => done);
      await until('the next process does it', isDone(effect));
    });
  });

  describe('when the queue goes away', () => {
    it('works on without it and with it again', async () => {
      const performed: string[] = [];
      const jobs = await startProcess(async ({ key }) => {
        performed.push(key);
        return done;
      });
      await queue.lose();
      const [now, later] = [revoke(), revoke()];
      await plan([now]);
      await plan([later], 800);
      await until('what is due is done', isDone(now), 10_000);
      await until('what is due later is done', isDone(later), 10_000);
      if (canBeAway) expect(await jobs.ready()).toMatch(/^Redis does not answer: Not connected to 127\.0\.0\.1:\d+/);
      await queue.comeBack();
      await until('the queue is ready again', async () => (await jobs.ready()) === true, 20_000);
      const after = revoke();
      await plan([after]);
      await until('it is done', isDone(after), 10_000);
      expect(performed).toHaveLength(3);
    });

    if (canBeAway) {
      it('starts without it, and stops without it', async () => {
        await queue.lose();
        const effect = revoke();
        const jobs = await startJobs({
          outbox: store.outbox,
          onCommit: (listener) => store.onCommit(listener),
          perform: async () => done,
          performEnds: oneByOne,
          backend: queue.backend,
          log,
        });
        await plan([effect]);
        await until('it is done', isDone(effect), 10_000);
        const before = performance.now();
        await jobs.stop();
        expect(performance.now() - before).toBeLessThan(5_000);
        await queue.comeBack();
      });
    }
  });

  const count = async (where: string): Promise<number> => {
    const { rows } = await sql.query(`SELECT count(*)::int AS n FROM effects WHERE done_at IS NULL AND ${where}`);
    return rows[0].n;
  };
  const pending = () => count('true');
  const leased = () => count('lease_until > clock_timestamp()');
  const rung = () => count('handed_on_at IS NOT NULL AND lease_until IS NULL');
}

/** Asks again until it is true; fails with what was waited for. */
async function until(what: string, ask: () => Promise<boolean>, limitMs = 25_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`Waited ${limitMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Holds up whoever waits for it until it is opened. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

const unique = () => randomBytes(8).toString('hex');
const revoke = (): Effect => ({ kind: 'revoke_grant', grantId: grantId(`grt_${unique()}`) });
const provision = (): Effect => ({ kind: 'provision_grant', grantId: grantId(`grt_${unique()}`) });
const expire = (): Effect => ({ kind: 'expire_request', requestId: requestId(`req_${unique()}`) });
const render = (): Effect => ({ kind: 'render_card', requestId: requestId(`req_${unique()}`) });
