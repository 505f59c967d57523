import { type LeaseLimits, withLease } from '../../../src/connectors/lease-lock.ts';
import type { Json } from '../../../src/domain/json.ts';
import type { Connector, Connectors, Outage, Store, TargetSession } from '../../../src/usecases/ports.ts';
import { hasLockAlone, hasTargetAlone, inTime, locksHold, withLock } from './lock.ts';
import { type Answer, type Ask, type AskFn, type Outcome, told } from './program.ts';
import { ACCESS_KEY, levelOf, outside } from './store.ts';
import { type Flying, type Level, type Size, TICK_MS, type World } from './world.ts';

export const RESOLVED = { targetIdentity: 'model', entitlementId: '1', subjectId: '1', key: ACCESS_KEY };

/** A call lands within a tick of its sending, or never. Real time means nothing here, so no lease is ever too old by it. */
const LIMITS: LeaseLimits = {
  callMs: 1_000,
  leaseMs: Number.MAX_SAFE_INTEGER,
  waitMs: 3_000,
  pollMs: 10,
  landsWithinMs: TICK_MS,
};

/** The one target. It is `locking`, with the lock of PostgreSQL, or `leased`, with the real lease lock. */
export function modelConnectors(size: Size, ask: AskFn, leases: Store['leases']): Connectors {
  const connector = outside<Connector>('connector', {
    name: 'model',
    type: 'model',
    capabilities: {
      endsSessions: false,
      nativeExpiry: false,
      listsHolders: true,
      observesUse: false,
      distinguishesGrantors: false,
      preparesRevocations: false,
      lockProvesQuiet: size.target === 'locking',
    },
    resolve: async () => RESOLVED,
    exclusively: async (_, work) => {
      if (size.target === 'leased') {
        return withLease(leases, { name: 'model', key: ACCESS_KEY }, LIMITS, (held) =>
          work(
            sessionOf(
              size,
              ask,
              size.without === 'the doubt after an unknown outcome' ? null : held.unsettled,
              (level) =>
                held.change(async () => {
                  await ask(sends(level));
                  return ask(hears(level));
                }),
            ),
          ),
        );
      }
      await ask(LOCK);
      try {
        return await work(sessionOf(size, ask, null, (level) => ask(executes(level))));
      } finally {
        await ask(UNLOCK);
      }
    },
  });
  return { get: () => connector };
}

function sessionOf(
  { without }: Size,
  ask: AskFn,
  unsettled: TargetSession['unsettled'],
  change: (level: Level) => Promise<string>,
): TargetSession {
  let wanted: Level | undefined;
  const changeTo = (level: Level): Promise<string> => {
    wanted = level;
    return change(level);
  };
  return {
    unsettled,
    async observe() {
      const believes = without === 'the read-back' && wanted !== undefined;
      const ours: Json = believes ? (wanted ?? null) : await ask<Level>(LOOK);
      return { ours, others: [] };
    },
    grant: () => changeTo('high'),
    suffices: (level) => level === 'high',
    revoke: (before) => changeTo(levelOf(before)),
    endSessions: async () => ({ ended: 0, left: 0 }),
  };
}

const outage = (kind: Outage['kind'], message: string): Answer => ({ outage: { kind, message } });
const ENDED = outage('transient', 'The session was ended');
const TOO_LATE = outage('transient', 'It is too late');
const LOST = outage('unknown_outcome', 'The connection was lost');
const SILENCE = outage('unknown_outcome', 'It did not answer');
const DONE = told('done');
const NOTHING = told(null);
const said = (level: Level): string => level ?? 'nothing';
const unlocked = (world: World): World['lock'] => ({ ...world.lock, holder: null });

const LOOK: Ask = {
  name: 'look at the target',
  private: (world, worker) => hasTargetAlone(world, worker) || isRefused(world, worker),
  outcomes: (world, worker) => [
    isCutOff(world, worker)
      ? { label: 'cannot look: its session was ended', world, answer: ENDED }
      : { label: `sees ${said(world.level)}`, world, answer: told(world.level) },
  ],
};

/** Whoever lost PostgreSQL's lock lost the session with it. A target without locks answers everybody. */
const isCutOff = (world: World, worker: number): boolean =>
  world.size.target === 'locking' && world.size.without !== 'the lock' && !isHeld(world, worker);

const isHeld = (world: World, worker: number): boolean => world.workers[worker]?.lock === 'held';
/** From the loss of its lock on, whatever happens. */
const isRefused = (world: World, worker: number): boolean => locksHold(world) && isCutOff(world, worker);

const LOCK: Ask = {
  name: 'get the lock',
  outcomes(world, worker) {
    if (world.lock.holder !== null && world.size.without !== 'the lock') return [];
    const lock = { ...world.lock, holder: worker };
    return [{ label: 'gets the lock', world: { ...withLock(world, worker, 'held'), lock }, answer: NOTHING }];
  },
};

const UNLOCK: Ask = {
  name: 'free the lock',
  private: locksHold,
  outcomes(world, worker) {
    const lock = world.lock.holder === worker ? unlocked(world) : world.lock;
    return [{ label: 'frees the lock', world: { ...withLock(world, worker, 'none'), lock }, answer: NOTHING }];
  },
};

/**
 * A call of whoever has the lock alone, where nothing can fail any more. The laws do see what it changes. But while its grant waits for
 * it nobody else can make a grant live, nor end one that was called for; so whatever law it breaks later, it breaks at once.
 */
const landsAlone = (world: World, worker: number): boolean =>
  !mayFail(world) && hasLockAlone(world, worker) && inTime(world, worker);

/** On PostgreSQL: whoever has the lock executes it, so it happens before anybody else gets the lock, or never. */
function executes(level: Level): Ask {
  const lands = (world: World): World => ({ ...world, level });
  return {
    name: `make it ${said(level)}`,
    private: (world, worker) => landsAlone(world, worker) || isRefused(world, worker),
    outcomes(world, worker) {
      if (isCutOff(world, worker)) {
        return [{ label: 'cannot call', world, answer: ENDED }];
      }
      const fine: Outcome = { label: `makes it ${said(level)}`, world: lands(world), answer: DONE };
      if (!mayFail(world)) return [fine];
      const cut = (of: World): World => ({
        ...withLock(of, worker, 'lost'),
        lock: of.lock.holder === worker ? unlocked(of) : of.lock,
      });
      const failed = failing(world);
      return [
        fine,
        { label: `the call to make it ${said(level)} is lost`, world: cut(failed), answer: LOST },
        { label: `makes it ${said(level)}, and the answer is lost`, world: cut(lands(failed)), answer: LOST },
        lie(failed, level),
      ];
    },
    crashes: (world, worker) =>
      isCutOff(world, worker) ? [] : [{ label: `dies, and it becomes ${said(level)}`, world: lands(world) }],
  };
}

export const mayFail = (world: World): boolean => world.faults < world.size.faults && world.tick <= world.size.faulty;
export const failing = (world: World): World => ({ ...world, faults: world.faults + 1 });

/** Yes is said and nothing done. */
const lie = (world: World, level: Level): Outcome => ({
  label: `is told that it is ${said(level)}, and nothing was done`,
  world,
  answer: DONE,
});

const sends = (level: Level): Ask => ({
  name: `send ${said(level)}`,
  private: (world, worker) =>
    (hasTargetAlone(world, worker) && inTime(world, worker)) || (locksHold(world) && !isHeld(world, worker)),
  outcomes(world, worker) {
    // What `change` of the lease lock finds by looking at how long it waited.
    const late = !isHeld(world, worker) && world.size.without !== 'the fencing';
    if (late) return [{ label: 'may not call: it stood still', world, answer: TOO_LATE }];
    const call = { level, landsBy: world.tick + 1, sender: worker, landed: false };
    return [
      {
        label: `sends: make it ${said(level)}`,
        world: { ...world, flying: [...world.flying, call] },
        answer: NOTHING,
      },
    ];
  },
});

/** The answer to a call that was sent: it is carried out now, or was before, or nobody knows. */
const hears = (level: Level): Ask => ({
  name: 'wait for the answer',
  private: landsAlone,
  outcomes(world, worker) {
    const mine = world.flying.find((call) => call.sender === worker);
    if (!mine) return [{ label: 'hears nothing any more', world, answer: SILENCE }];
    const rest = world.flying.filter((call) => call !== mine);
    const landed = { ...lands(world, mine), flying: rest };
    const fine = { label: `hears that it is ${said(level)}`, world: landed, answer: DONE };
    if (!mayFail(world)) return [fine];
    const flying = mine.landed ? rest : [...rest, { ...mine, sender: null }];
    const nothing = { label: 'hears nothing', world: { ...failing(world), flying }, answer: SILENCE };
    return mine.landed ? [fine, nothing] : [fine, nothing, lie({ ...failing(world), flying: rest }, level)];
  },
});

/** A call arrives. It does so also when nobody waits for it any more, or nobody who has the lease. */
export function lands(world: World, call: Flying): World {
  if (call.landed) return world;
  const late = call.sender === null || world.workers[call.sender]?.lock !== 'held';
  const rest = world.flying.filter((each) => each !== call);
  return {
    ...world,
    level: call.level,
    landedLate: world.landedLate || late,
    flying: call.sender === null ? rest : [...rest, { ...call, landed: true }],
  };
}
