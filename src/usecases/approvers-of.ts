import { currentStage, placeFor, progress, type StageVoters } from '../domain/approval.ts';
import { type Delegation, isAway } from '../domain/delegation.ts';
import type { SlackUserId } from '../domain/ids.ts';
import { placeNow } from '../domain/needed-later.ts';
import { isUnavailable } from '../domain/policy/facts.ts';
import type { AccessRequest } from '../domain/request.ts';
import { absencesNow } from './absences.ts';
import { lookUpGroups, namedGroups, votersOf } from './electorate.ts';
import { policyOf } from './policy-of.ts';
import type { Decider, Ports } from './ports.ts';
import { reviewersOf } from './reviewers-of.ts';

export interface Electorate {
  /** Who can move it on and should hear of it: approvers while it waits, reviewers while a review is due. */
  readonly approvers: readonly SlackUserId[];
  /** Everybody who may decide in the stage that waits and has not, with by what right. */
  readonly deciders: readonly Decider[];
  /** One entry per stage, for counting; null: it is closed. */
  readonly voters: readonly (StageVoters | null)[] | null;
  /** Some of those who may decide could not be looked up. */
  readonly unsure: boolean;
}

const NOBODY: Electorate = { approvers: [], deciders: [], voters: null, unsure: false };

type Needs = Pick<Ports, 'store' | 'directory' | 'policies'>;

/** Who can decide about a request now, as the next click will find it. `away`: who is, where that is known already. */
export async function electorateOf(
  ports: Needs,
  request: AccessRequest,
  away: readonly Delegation[] | null = null,
): Promise<Electorate> {
  if (request.breakGlass?.review?.status === 'due') return { ...NOBODY, ...(await reviewers(ports, request)) };
  if (request.status !== 'pending') return NOBODY;
  const policy = await policyOf(ports, request);
  const requester = await ports.directory.person(request.workspaceId, request.requester.slackUserId);
  const seats = { stages: request.stages, owners: request.role.owners, requester };
  const groups = await lookUpGroups(ports, request.workspaceId, policy, namedGroups(seats));
  const delegations = away ?? (await absencesNow(ports, request.workspaceId));
  const all = votersOf(seats, groups, { delegations, policy });
  // A group that cannot be looked up for a moment does not take anybody's approval off the card.
  const voters = all.map((stage) => (stage.unavailable.length > 0 ? null : stage));
  const counted = progress(request, voters);
  const index = currentStage(counted);
  const stage = index === null ? undefined : request.stages[index];
  const now = index === null ? undefined : all[index];
  // A requester without a manager is no outage, and one whose manager cannot be looked up is.
  const unsure = isUnavailable(requester?.manager) || [...groups.values()].some(isUnavailable);
  if (!stage || !now) return { ...NOBODY, voters, unsure };
  const count = { counted, voters: all, requester: request.requester.slackUserId, now: index ?? 0 };
  const deciders = [...now.voters].flatMap(([user, seat]): Decider[] => {
    const own = user === request.requester.slackUserId;
    if (own && !(stage.selfAllowed && seat.onBehalfOf.length === 0)) return [];
    const place = placeNow(count, user, seat);
    if (!place.ok) return [];
    return [{ user, via: seat.via, onBehalfOf: place.onBehalfOf?.slackUserId ?? null }];
  });
  const others = deciders.map(({ user }) => user).filter((user) => user !== request.requester.slackUserId);
  const here = others.filter((user) => !isAway(delegations, user));
  // Where everybody is away, somebody has to hear of it all the same.
  const approvers = here.length > 0 ? here : others;
  return { approvers, deciders, voters, unsure };
}

async function reviewers(ports: Needs, request: AccessRequest): Promise<Pick<Electorate, 'approvers' | 'unsure'>> {
  const { voters, unavailable } = await reviewersOf(ports, request);
  const others = [...voters].filter(
    ([user, seat]) =>
      user !== request.requester.slackUserId && placeFor(seat, request.requester, new Set<SlackUserId>()).ok,
  );
  return {
    approvers: others.map(([user]) => user),
    // A requester without a manager is no outage.
    unsure: unavailable.some(({ kind }) => kind === 'unanswered'),
  };
}
