import { type EffectChange, effectKey } from '../../../src/domain/effect.ts';
import { createGrant, type Grant, type GrantCommand, isLive, transitionGrant } from '../../../src/domain/grant.ts';
import { grantId, requestId, roleKey } from '../../../src/domain/ids.ts';
import type { AccessRequest } from '../../../src/domain/request.ts';
import { stepGrant } from '../../../src/usecases/step-grant.ts';
import { aRequest, dev } from '../domain.ts';
import type { Ask } from './program.ts';
import { modelStore, transaction } from './store.ts';
import { dateOf, type Move, plain, TICK_MS, type World } from './world.ts';

const SECONDS_PER_TICK = TICK_MS / 1000;

/** What people do: approve, give back, extend. */
export class People {
  /** Kept since each knows what has come of it. */
  readonly #asks = new Map<string, Ask>();

  moves(world: World): Move[] {
    const { size, grants } = world;
    const moves: Move[] = [];
    if (grants.length < size.grants && world.tick <= size.approvals) moves.push(this.#approves(world));
    for (const [index, grant] of grants.entries()) {
      if (isLive(grant) && index < size.returns) moves.push(this.#commands(world, index, 'gives back'));
      if (grant.status === 'active' && grant.extensions < size.extensions) {
        moves.push(this.#commands(world, index, 'extends'));
      }
    }
    return moves.filter((move) => move.world !== world);
  }

  /** Through the real use case, in one step: its transaction is all that it does. */
  #commands(world: World, index: number, does: 'gives back' | 'extends'): Move {
    const [outcome] = this.#asked(`${does} ${index}`, () => commandAsk(index, does)).outcomes(world, -1);
    return plain(`the holder ${does} ${index}`, outcome?.world ?? world);
  }

  #approves(world: World): Move {
    const index = world.grants.length;
    const made = createGrant(grantId(`grt_000000000000000${index}`), requestOf(index), null, dateOf(world.tick));
    const late = world.size.without === 'the schedule before the grant';
    const isEnd = (change: EffectChange): boolean => effectKey(change.effect).startsWith('revoke_grant');
    const effects = made.effects.filter((change) => !late || !isEnd(change));
    const approval = this.#asked(`approve ${index} at ${world.tick}`, () =>
      transaction((tx) => tx.save({ grants: [made.state], events: made.events, effects })),
    );
    const [outcome] = approval.outcomes(world, -1);
    const unscheduled = late ? [...world.unscheduled, ...made.effects.filter(isEnd)] : world.unscheduled;
    return plain(`${index} is approved`, { ...(outcome?.world ?? world), unscheduled });
  }

  #asked(name: string, make: () => Ask): Ask {
    const there = this.#asks.get(name) ?? make();
    this.#asks.set(name, there);
    return there;
  }
}

/** The transaction of a command, caught as it is asked for. */
function commandAsk(index: number, does: 'gives back' | 'extends'): Ask {
  const command: GrantCommand =
    does === 'gives back'
      ? { type: 'end', because: 'returned', by: dev, reason: null }
      : { type: 'extend', seconds: SECONDS_PER_TICK, by: requestOf(index) };
  const { id, workspaceId: workspace } = born(index);
  let caught: Ask | null = null;
  const store = modelStore((ask) => {
    caught = ask;
    return new Promise(() => undefined);
  });
  void stepGrant({ store }, { workspace, grantId: id }, (state, now) => transitionGrant(state, command, now));
  if (!caught) throw new Error('The use case asked for nothing');
  return caught;
}

export const born = (index: number): Grant =>
  createGrant(grantId(`grt_000000000000000${index}`), requestOf(index), null, dateOf(0)).state;

/** One tick to be provisioned in, and one to be used. Two roles of a policy, and one entitlement. */
function requestOf(index: number): AccessRequest {
  const made = aRequest({ stages: [], durationSeconds: SECONDS_PER_TICK });
  const role = { ...made.role, key: roleKey(`orders-db/role-${index}`), provisioningWindowSeconds: SECONDS_PER_TICK };
  return { ...made, id: requestId(`req_000000000000000${index}`), role };
}
