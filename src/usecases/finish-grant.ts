import { type Grant, type GrantCommand, transitionGrant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import type { Holding, Ports, TargetSession, Tx } from './ports.ts';
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
  called: true,
  stillGivenBy: [],
  leftBehind: null,
  sessionsEnded: null,
  confirmedFor: null,
};

/** Whoever else gives the same, each once. */
export const givenBy = ({ others }: Pick<Holding, 'others'>): readonly string[] => [
  ...new Set(others.map(({ grantor }) => grantor)),
];

export const NEVER_CALLED: Ending = { ...NOTHING_DONE, called: false, answer: 'The target was never called' };

/** After an unknown outcome access is looked at again so many minutes after the call was sent (CONNECTORS: the last rule of step 7). */
const LOOKS_MINUTES = [1, 10, 60];

/** What an end goes by. */
type Standing =
  /** Another grant for the same access still stands: then the access stays, and only this grant ends. */
  | { readonly is: 'kept'; readonly keeper: Grant }
  /** What was there was never noted, so no call was ever sent, and whatever is there is not ours. */
  | { readonly is: 'untouched' }
  /** `before` is what our grantor's row held before us, which is what an end puts back; null: nothing. */
  | { readonly is: 'ours'; readonly before: Json };

/**
 * Read in one transaction under the target's lock; null: the grant has ended meanwhile. Whoever lost the lock without knowing it may be
 * committing the end that we are about to repeat, and the note goes with it: without the note we would take away what was there
 * before us.
 */
export function standingOf(ports: Needs, input: Input, accessKey: string): Promise<Standing | null> {
  const work = async (tx: Tx): Promise<Standing | null> => {
    const grant = await tx.grantForUpdate(input.grantId);
    if (grant?.status !== 'revoking') return null;
    const [open, note] = await Promise.all([tx.openGrantsOn(accessKey), tx.note(accessKey)]);
    const keeper = keeperAmong(open, input.grantId);
    if (keeper) return { is: 'kept', keeper };
    const untouched = note === null && grant.activatedAt === null && grant.endedAt === null;
    return untouched ? { is: 'untouched' } : { is: 'ours', before: note?.before.ours ?? null };
  };
  return ports.store.transaction(input.workspace, work, { lockGrant: input.grantId });
}

/** Another grant for the same access that still stands. Under the target's lock. */
export const keeperOf = async (ports: Needs, input: Input, accessKey: string): Promise<Grant | null> =>
  keeperAmong(await ports.store.reads(input.workspace).openGrantsOn(accessKey), input.grantId);

const keeperAmong = (open: readonly Grant[], id: GrantId): Grant | null =>
  open.find((each) => each.id !== id && (each.status === 'active' || each.status === 'provisioning')) ?? null;

const keptFor = (keeper: Grant): Ending => ({
  ...NOTHING_DONE,
  answer: `Kept on the target: ${keeper.roleKey} of the same person is still open on it`,
  keptFor: keeper.id,
});

/** How a grant ends whose access stays as it is. */
export const endingOf = (standing: Exclude<Standing, { is: 'ours' }>): Ending =>
  standing.is === 'kept' ? keptFor(standing.keeper) : NEVER_CALLED;

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
      // Locked before the count, so that a grant which is just inheriting the note is counted.
      await tx.lockNotes([key]);
      const open = await tx.openGrantsOn(key);
      // The note lives as long as any grant there is open; the last one to end has restored what it says.
      if (open.every((each) => each.id === grant.id)) await tx.dropNotes([key]);
    }
    await tx.save({ grants: [step.state], events: step.events, effects: step.effects });
  };
  return ports.store.transaction(input.workspace, work, { lockGrant: input.grantId });
}
