import { setTimeout as wait } from 'node:timers/promises';
import type { WorkspaceId } from '../domain/ids.ts';
import { Outage, type Ports } from './ports.ts';

/** From so many on, ends of access that are due are a storm. */
const MANY_ENDS = 10;
const LOOK_EVERY_MS = 500;
const WAIT_LIMIT_MS = 15_000;

/** Whether so many ends of access are due that everything else on their targets should wait. */
export async function manyEndsAreDue({ store }: Pick<Ports, 'store'>, workspace: WorkspaceId): Promise<boolean> {
  return (await store.reads(workspace).endsDue(await store.now(), MANY_ENDS)) >= MANY_ENDS;
}

/** Waits until they are over. Throws `Outage` when that takes long: what was seen of the target by then is too old. */
export async function giveWay(ports: Pick<Ports, 'store'>, workspace: WorkspaceId): Promise<void> {
  for (
    const giveUpAt = performance.now() + WAIT_LIMIT_MS;
    await manyEndsAreDue(ports, workspace);
    await wait(LOOK_EVERY_MS)
  ) {
    if (performance.now() > giveUpAt) throw new Outage('transient', 'Many ends of access are due, which go first');
  }
}
