import { comeBack, type Delegation, type GoingAway, goAway, stillAway } from '../domain/delegation.ts';
import { type EffectChange, schedule } from '../domain/effect.ts';
import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { worthTelling } from '../domain/policy/lookup.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { untilOf } from '../domain/written/until.ts';
import { absencesNow } from './absences.ts';
import { lookUpGroups, membership } from './electorate.ts';
import { identify } from './identify.ts';
import { WAITING_LIMIT } from './limits.ts';
import { done, type Performed, type Ports, type Tx } from './ports.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies'>;
interface Asker {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
}
type Changed = ReturnType<typeof comeBack>;
type AwayResult = { ok: true; delegation: Delegation } | { ok: false; refusal: Refusal };

/** Somebody will be away; with `to`, that person decides in their place where the policy lets their groups hand over. */
export async function setAway(
  ports: Needs,
  input: Asker & { /** As typed, in their zone. */ readonly until: string; readonly to: SlackUserId | null },
): Promise<AwayResult> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const until = untilOf(input.until, await ports.store.now(), who.person.timezone);
  if (until === null) return refused({ code: 'away_until_unread', typed: input.until });
  const to = input.to === null ? null : await ports.directory.person(input.workspace, input.to);
  if (input.to !== null && to?.standing !== 'member') {
    return refused({ code: 'delegate_may_not_decide', standing: to?.standing ?? 'stranger' });
  }
  const right = await inDelegatingGroup(ports, input);
  return ports.store.transaction(
    input.workspace,
    async (tx) => {
      const before = await lastOf(tx, input.user);
      const step = goAway(input.workspace, { person: who.person, to, until, ...right, before }, tx.now);
      return step.ok ? keep(tx, step) : step;
    },
    { lockPerson: input.user },
  );
}

/** Back early. */
export async function endAway(ports: Needs, input: Asker): Promise<AwayResult> {
  return ports.store.transaction(
    input.workspace,
    async (tx) => {
      const own = await lastOf(tx, input.user);
      return own && stillAway(own, tx.now) ? keep(tx, comeBack(own, tx.now)) : refused({ code: 'not_away' });
    },
    { lockPerson: input.user },
  );
}

/** The time is over, unless they said something else since. */
export async function endDelegation(
  ports: Pick<Ports, 'store'>,
  input: { readonly workspace: WorkspaceId; readonly person: SlackUserId },
): Promise<Performed> {
  await ports.store.transaction(
    input.workspace,
    async (tx) => {
      const own = await lastOf(tx, input.person);
      if (own && own.endedAt === null && own.until <= tx.now) await keep(tx, comeBack(own, tx.now));
    },
    { lockPerson: input.person },
  );
  return done;
}

const lastOf = async (tx: Tx, user: SlackUserId): Promise<Delegation | null> =>
  (await tx.delegations()).find(({ person }) => person.slackUserId === user) ?? null;

async function keep(tx: Tx, { state, events, effects }: Changed): Promise<{ ok: true; delegation: Delegation }> {
  await tx.saveDelegation(state);
  await tx.save({ events, effects: [...effects, ...(await redrawWaiting(tx))] });
  return { ok: true, delegation: state };
}

export interface AwayFacts {
  /** Until when this person is away; null: they are not. */
  readonly own: Delegation | null;
  /** Who handed their approvals to this person. */
  readonly handedToMe: readonly Delegation[];
}

export async function awayOf(ports: Pick<Ports, 'store' | 'directory'>, input: Asker): Promise<AwayFacts> {
  const all = await absencesNow(ports, input.workspace);
  return {
    own: all.find(({ person }) => person.slackUserId === input.user) ?? null,
    handedToMe: all.filter(({ to }) => to?.slackUserId === input.user),
  };
}

/** Tells the delegate, unless it is over by then. */
export async function announceDelegation(
  ports: Pick<Ports, 'store' | 'directory' | 'messenger'>,
  input: { readonly workspace: WorkspaceId; readonly person: SlackUserId },
): Promise<Performed> {
  const { own } = await awayOf(ports, { workspace: input.workspace, user: input.person });
  if (own?.to) await ports.messenger.tellDelegate(own.to.slackUserId, own);
  return done;
}

async function inDelegatingGroup(
  ports: Needs,
  { workspace, user }: Asker,
): Promise<Pick<GoingAway, 'mayHandOver' | 'unavailable'>> {
  const policy = ports.policies.current();
  const names = [...policy.groups].flatMap(([name, group]) => (group.delegate ? [name] : []));
  const groups = await lookUpGroups(ports, workspace, policy, names);
  const { via, unavailable } = membership(user, names, groups);
  return { mayHandOver: via !== null, unavailable: worthTelling(unavailable) };
}

/** Their cards name who may decide. */
async function redrawWaiting(tx: Tx): Promise<EffectChange[]> {
  const waiting = await tx.pendingRequests(WAITING_LIMIT);
  return waiting.map(({ id }) => schedule({ kind: 'render_card', requestId: id }, tx.now));
}
