import { setTimeout as wait } from 'node:timers/promises';
import { busy } from './busy.ts';
import { ENTITLEMENT, type PlannedGrant } from './plan.ts';
import { REQUEST_SINCE } from './since.ts';
import type { FaultWorld } from './world.ts';

const COMMAND_LIMIT_MS = 20_000;
/** Longer than everything that is broken stays broken. */
const ASKS_FOR_MS = 180_000;
/** How long somebody waits who hears nothing, on a machine that is not busy. */
const HEARS_NOTHING_MS = 700;
const LOOK_EVERY_MS = 100;

/** A round as those see it who act in it. */
export interface Stage {
  readonly world: FaultWorld;
  /** The audit's last event before it. */
  readonly begin: number;
  /** `login/entitlement` of what was asked for and heard. */
  readonly asked: string[];
}

/** A paused process answers late or never. */
export const typed = ({ world: { workspace } }: Stage, person: string, line: string, deliver = 1): Promise<unknown> =>
  Promise.race([
    workspace
      .user(person)
      .command(line, { channel: 'access', deliver })
      .catch(() => null),
    wait(COMMAND_LIMIT_MS, null, { ref: false }),
  ]);

/** Asks, and asks again as somebody does who hears nothing; rejects when that goes on and on. */
export async function ask(
  stage: Stage,
  { person, role, seconds }: Pick<PlannedGrant, 'person' | 'role' | 'seconds'>,
  deliver = 1,
): Promise<void> {
  const { store, workspace } = stage.world;
  const values = [stage.begin, workspace.user(person).id, `orders-db/${role}`];
  const giveUpAt = performance.now() + ASKS_FOR_MS;
  while (performance.now() < giveUpAt) {
    await typed(stage, person, `/elevate orders-db/${role} ${seconds}s to try it under faults`, deliver);
    const asksAgainAt = performance.now() + HEARS_NOTHING_MS * busy();
    while (performance.now() < asksAgainAt) {
      const heard = await store.query(HEARD, values).catch(() => null);
      if (heard?.rowCount) {
        stage.asked.push(`${person}/${ENTITLEMENT[role]}`);
        return;
      }
      await wait(LOOK_EVERY_MS);
    }
  }
  const told = workspace.ephemerals(person).at(-1)?.text ?? 'nothing';
  throw new Error(`${person} asked for ${role} again and again and was not heard, and was told: ${told.slice(0, 300)}`);
}
const HEARD = `SELECT FROM requests WHERE requester_id = $2 AND role_key = $3 AND ${REQUEST_SINCE}`;
