import { type Grant, type GrantCommand, transitionGrant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import type { Ports, TargetSession, Tx } from './ports.ts';
import { stepGrant } from './step-grant.ts';

type Needs = Pick<Ports, 'store'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly grantId: GrantId;
}
type Ending = Omit<Extract<GrantCommand, { type: 'revoked' }>, 'type'>;

/** What an ending says of what was not done. */
export const NOTHING_DONE: Omit<Ending, 'answer'> = {
  keptFor: null,
  leftBehind: null,
  sessionsEnded: null,
  confirmedFor: null,
};

/** After an unknown outcome access is looked at again so many minutes after the call was sent (CONNECTORS: the last rule of step 7). */
const LOOKS_MINUTES = [1, 10, 60];

/** Another grant for the same access that still stands: then the access stays, and only this grant ends. Under the target's lock. */
export async function keeperOf(ports: Needs, input: Input, accessKey: string): Promise<Grant | null> {
  const open = await ports.store.reads(input.workspace).openGrantsOn(accessKey);
  const standing = open.filter((each) => each.status === 'active' || each.status === 'provisioning');
  return standing.find((each) => each.id !== input.grantId) ?? null;
}

export const keptFor = (keeper: Grant): Ending => ({
  ...NOTHING_DONE,
  answer: `Kept on the target: ${keeper.roleKey} of the same person is still open on it`,
  keptFor: keeper.id,
});

/** When to look again because an older call of ours may still land; null: nothing can any more. */
export function lookAgain({ unsettled }: TargetSession, now: Date): Date | null {
  if (unsettled === null) return null;
  const { sentAt, landsBy } = unsettled;
  if (landsBy !== null) return now < landsBy ? landsBy : null;
  const looks = LOOKS_MINUTES.map((minutes) => new Date(sentAt.getTime() + minutes * 60_000));
  return looks.find((at) => at > now) ?? null;
}

/** Read back as gone, and not ended yet. */
export async function doubt(ports: Needs, input: Input, answer: string, lookAgainAt: Date): Promise<void> {
  await stepGrant(ports, input, (state, now) =>
    transitionGrant(state, { type: 'removal_unproven', answer, lookAgainAt }, now),
  );
}

/** Committed while the target's lock is held, so that no sibling can begin between the read-back and this. */
export function finish(ports: Needs, input: Input, ending: Ending): Promise<void> {
  const work = async (tx: Tx): Promise<void> => {
    const grant = await tx.grantForUpdate(input.grantId);
    if (grant?.status !== 'revoking') return;
    const step = transitionGrant(grant, { type: 'revoked', ...ending }, tx.now);
    if (!step.ok) return;
    const key = grant.target.resolved?.key;
    if (key !== undefined) {
      const open = await tx.openGrantsOn(key);
      // The note lives as long as any grant there is open; the last one to end has restored what it says.
      if (open.every((each) => each.id === grant.id)) await tx.dropNote(key);
    }
    await tx.save({ grants: [step.state], events: step.events, effects: step.effects });
  };
  return ports.store.transaction(input.workspace, work, { lockGrant: input.grantId });
}
