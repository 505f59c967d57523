import type { Leases } from '../../../src/usecases/watch-ports.ts';
import { inTime, locksHold, withLock } from './lock.ts';
import { type Ask, type AskFn, type Outcome, told } from './program.ts';
import { dateOf, tickOf, type World } from './world.ts';

const TAKE = 'take the lease';
const RELEASE = 'release the lease';

/** The rows that `createLeases` keeps, statement by statement. Numbers of leases only matter by being different. */
export function modelLeases(ask: AskFn): Leases {
  const step = (name: string, of: (world: World, worker: number) => Outcome | null): Ask => ({
    name,
    // Others read the row when they take the lease, which they cannot while it is held; and nobody changes one that is another's now.
    private: (world, worker) =>
      name !== TAKE &&
      locksHold(world) &&
      ((isMine(world, worker) && inTime(world, worker)) || !isLatest(world, worker) || name === RELEASE),
    outcomes(world, worker) {
      const outcome = of(world, worker);
      return outcome ? [outcome] : [];
    },
  });
  const noted = (world: World, unsettledSince: number | null): World => ({
    ...world,
    lock: { ...world.lock, unsettledSince },
  });
  const isLatest = (world: World, worker: number): boolean => world.workers[worker]?.fence === world.lock.fence;
  const isMine = (world: World, worker: number): boolean => isLatest(world, worker) && world.lock.holder === worker;

  return {
    take: (key) =>
      ask(
        step(TAKE, (world, worker) => {
          const { holder, unsettledSince } = world.lock;
          if (holder !== null && world.size.without !== 'the lock') return null;
          const fence = world.lock.fence + 1;
          return {
            label: `takes the lease${unsettledSince === null ? '' : ', and hears of a call in doubt'}`,
            world: { ...withLock(world, worker, 'held', fence), lock: { holder: worker, fence, unsettledSince } },
            // The number is the worker's in the model: in the code it would only make places different that are the same.
            answer: told(`lease/${unsettledSince}`, () => {
              const since = unsettledSince === null ? null : dateOf(unsettledSince);
              return { key, fence: 'its own', unsettledSince: since };
            }),
          };
        }),
      ),
    beginCall: () =>
      ask(
        step('note the call', (world, worker) => {
          const { without } = world.size;
          if (!isMine(world, worker) && without !== 'the fencing' && without !== 'the lock')
            return { label: 'may not call: its lease was lost', world, answer: told(false) };
          return { label: 'notes that a call is sent', world: noted(world, world.tick), answer: told(true) };
        }),
      ),
    settleCall: ({ unsettledSince }) =>
      ask(
        step('note the answer', (world, worker) => ({
          label: 'notes that it had its answer',
          world: isLatest(world, worker) ? noted(world, unsettledSince && tickOf(unsettledSince)) : world,
          answer: told(null),
        })),
      ),
    release: () =>
      ask(
        step(RELEASE, (world, worker) => ({
          label: 'releases the lease',
          world: {
            ...withLock(world, worker, 'none'),
            lock: isLatest(world, worker) ? { ...world.lock, holder: null } : world.lock,
          },
          answer: told(null),
        })),
      ),
  };
}
