import type { World } from './world.ts';

/** Time passes for nobody who has his lease, and not beyond the end. */
export const inTime = (world: World, worker: number): boolean =>
  (world.workers[worker]?.leased ?? false) || world.tick >= world.size.ticks;

/** What is said of whoever has the lock, or has it no more. */
export const locksHold = ({ size }: World): boolean => size.without !== 'the lock' && size.without !== 'the fencing';

/** It has the lock, and no call of anybody else is on its way: so nobody else can change the target. */
export const hasTargetAlone = (world: World, worker: number): boolean =>
  locksHold(world) && world.lock.holder === worker && world.flying.every((call) => call.sender === worker);

/** And nobody believes to have the lock still, who could commit what follows from that. */
export const hasLockAlone = (world: World, worker: number): boolean =>
  hasTargetAlone(world, worker) &&
  world.workers.every((each, index) => index === worker || !each || each.lock === 'none');

/** The worker's own idea of the lock it has. */
export const withLock = (
  world: World,
  index: number,
  lock: 'none' | 'held' | 'lost',
  fence: number | null = null,
): World => ({
  ...world,
  workers: world.workers.map((worker, each) => (each === index && worker ? { ...worker, lock, fence } : worker)),
});
