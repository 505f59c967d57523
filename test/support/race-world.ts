import { bindUsecases } from '../../src/bind-usecases.ts';
import { POLICY, startWatchWorld, type WatchWorld } from './watch-world.ts';

/** How often each pair races. The whole thousand of each takes minutes: `RACES=1000 npm test -- races`. */
export const ROUNDS = Number(process.env.RACES ?? 8);
export const TIME_LIMIT_MS = 30_000 + ROUNDS * 2_000;

export interface RaceWorld {
  readonly world: WatchWorld;
  readonly use: ReturnType<typeof bindUsecases>;
}

/** A world with these roles, in which the developer is known to the target and holds nothing. */
export async function startRaceWorld(roles: string): Promise<RaceWorld> {
  const world = await startWatchWorld({ rememberPeopleMs: 600_000 });
  world.setPolicy(POLICY(world.api.url, roles));
  world.give('dev');
  world.take('dev');
  return { world, use: bindUsecases(world.ports) };
}
