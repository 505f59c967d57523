import { setTimeout as wait } from 'node:timers/promises';
import { ask, type Stage } from './ask.ts';
import type { Bot } from './bots.ts';
import { meetPoint } from './inflict.ts';
import type { PlannedCrowd } from './plan.ts';
import { TOGETHER_POINTS } from './points-together.ts';
import { beginOf, GRANT_SINCE } from './since.ts';

/** Beyond the relay's horizon, so that no end has an alarm of its own when the clock moves past all of them. */
const SECONDS = 300;
/** Whatever has not come by then never will. */
const LIMIT_MS = 240_000;
const LOOK_EVERY_MS = 50;

/**
 * A crowd gets access; then the clock moves past all its ends at once, and a process dies at the point that waits for it. Resolves when
 * everything has ended, with when everything was whole again, or null when the point was not met.
 */
export async function endTogether(
  stage: Stage,
  bots: readonly Bot[],
  { name, grants }: PlannedCrowd,
): Promise<{ readonly came: boolean; readonly wholeAt: number }> {
  const { world } = stage;
  const here: Stage = { ...stage, begin: await beginOf(world) };
  await Promise.all(grants.map((grant) => ask(here, { ...grant, seconds: SECONDS })));
  await until(here, 'active', grants.length);
  const point = TOGETHER_POINTS.find((each) => each.name === name);
  if (!point) throw new Error(`There is no crash point called ${name}`);
  const { came, back } = await meetPoint(world, bots, point, async () => world.moveClock(SECONDS));
  await back;
  const wholeAt = Date.now() + world.offsetMs();
  await until(here, 'ended', grants.length);
  return { came, wholeAt };
}

/** Until all of the crowd's grants have this status. */
async function until({ world, begin }: Stage, wanted: 'active' | 'ended', count: number): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  for (;;) {
    const { rows } = await world.store.query<{ status: string; about: string }>(
      `SELECT status, concat_ws(' ', id, target->>'subject', status, ended_because, last_error) AS about
         FROM grants WHERE ${GRANT_SINCE}`,
      [begin],
    );
    if (rows.length === count && rows.every(({ status }) => status === wanted)) return;
    if (performance.now() > giveUpAt) {
      throw new Error(`Not ${count} grants are ${wanted}: ${rows.map(({ about }) => about).join('; ')}`);
    }
    await wait(LOOK_EVERY_MS);
  }
}
