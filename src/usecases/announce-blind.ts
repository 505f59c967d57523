import { type EffectChange, schedule } from '../domain/effect.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { postInFirst, watchPlaces } from './first-channel.ts';
import { systemsOfPolicy } from './known-systems.ts';
import { done, type Outage, type Performed, type Ports, type Tx } from './ports.ts';
import type { KnownSystem } from './watch-ports.ts';

// A reconciler that cannot look finds nothing, which looks just like a target on which all is as granted. So it is said.

/** What passes by itself is told only after so long; ends that fail meanwhile have an alarm of their own. */
const TOLD_AFTER_SECONDS = 60 * 60;
/** And again, for as long as it lasts. */
const AGAIN_AFTER_SECONDS = 24 * 60 * 60;
/** What is found of the other roles on the same target meanwhile goes into the same message. */
const GATHER_SECONDS = 10;
/** Known systems that are looked through for one message. */
const SYSTEMS_LIMIT = 1_000;

/** A system that could not be looked at, as it is kept, with what follows. Nobody hears of one that nothing depends on any more. */
export function blinded(
  system: KnownSystem,
  outage: Outage,
  matters: boolean,
  now: Date,
): { readonly state: KnownSystem; readonly effects: readonly EffectChange[] } {
  const failingSince = system.failingSince ?? now;
  const passed = (since: Date): number => (now.getTime() - since.getTime()) / 1000;
  const tell =
    matters &&
    (system.toldAt === null
      ? outage.kind === 'permanent' || passed(failingSince) >= TOLD_AFTER_SECONDS
      : passed(system.toldAt) >= AGAIN_AFTER_SECONDS);
  const toldAt = tell ? now : system.toldAt;
  const state = { ...system, failingSince, toldAt, lastRunAt: now, lastError: outage.message };
  return { state, effects: tell ? [announce(system, now)] : [] };
}

/** It was seen as a whole again. */
export const sees = (system: KnownSystem, now: Date): readonly EffectChange[] =>
  system.toldAt === null ? [] : [announce(system, now)];

const announce = ({ workspaceId, connector }: KnownSystem, now: Date): EffectChange =>
  schedule({ kind: 'announce_blind', workspaceId, connector }, new Date(now.getTime() + GATHER_SECONDS * 1000));

/** Whether anything depends on a look at it: the policy names it, or access of ours there is not over. */
export async function isWatched(
  tx: Pick<Tx, 'holdersByGrants'>,
  ports: Pick<Ports, 'policies'>,
  { workspaceId, id, entitlementKey }: KnownSystem,
): Promise<boolean> {
  if (systemsOfPolicy(workspaceId, ports.policies.current()).some((each) => each.id === id)) return true;
  return entitlementKey !== null && (await tx.holdersByGrants(entitlementKey)).length > 0;
}

/** One message for all that cannot be looked at through a connector, and one when all of it can be again. */
export async function announceBlind(
  ports: Pick<Ports, 'store' | 'policies' | 'messenger'>,
  { workspace, connector }: { readonly workspace: WorkspaceId; readonly connector: string },
): Promise<Performed> {
  const places = watchPlaces(ports);
  if (places.length === 0) return done;
  const known = await ports.store.reads(workspace).knownSystems(SYSTEMS_LIMIT);
  const systems = known
    .filter((system) => system.connector === connector && system.failingSince !== null && system.toldAt !== null)
    .sort((a, b) => (a.failingSince?.getTime() ?? 0) - (b.failingSince?.getTime() ?? 0));
  const notice = { notice: 'reconciler_blind', blind: { connector, systems } } as const;
  await postInFirst(places, (channel) => ports.messenger.tellSecurity(channel, notice));
  return done;
}
