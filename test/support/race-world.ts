import { bindUsecases } from '../../src/bind-usecases.ts';
import { POLICY, startWatchWorld, type WatchWorld } from './watch-world.ts';

/** How often each pair races. The whole thousand of each takes minutes: `RACES=1000 npm test -- races`. */
export const ROUNDS = Number(process.env.RACES ?? 8);
export const TIME_LIMIT_MS = 30_000 + ROUNDS * 2_000;

/** A thousand rounds on a busy machine: a call that took too long would be looked at again a minute later, and is not what races. */
const PATIENT = { callMs: 20_000, leaseMs: 30_000, waitMs: 60_000, pollMs: 20, landsWithinMs: null };

export interface RaceWorld {
  readonly world: WatchWorld;
  readonly use: ReturnType<typeof bindUsecases>;
}

/** A world with these roles, in which the developer is known to the target and holds nothing. */
export async function startRaceWorld(roles: string): Promise<RaceWorld> {
  const world = await startWatchWorld({ rememberPeopleMs: 24 * 3_600_000, lease: PATIENT });
  world.setPolicy(POLICY(world.api.url, roles));
  world.give('dev');
  world.take('dev');
  return { world, use: bindUsecases(world.ports) };
}
