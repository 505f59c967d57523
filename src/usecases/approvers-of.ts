import { currentStage, progress } from '../domain/approval.ts';
import type { SlackUserId } from '../domain/ids.ts';
import type { AccessRequest } from '../domain/request.ts';
import { lookUpGroups, namedGroups, votersOf } from './electorate.ts';
import { policyOf } from './policy-of.ts';
import type { Ports } from './ports.ts';
import { reviewersOf } from './reviewers-of.ts';

/** Who can move a request on, as far as that can be looked up now. */
export interface Approvers {
  readonly people: readonly SlackUserId[];
  /** Some of those who may decide could not be looked up. */
  readonly unsure: boolean;
}
const NOBODY: Approvers = { people: [], unsure: false };

/** Who can move it on: approvers while it waits, reviewers while a review is due; nobody else. */
export async function approversOf(
  ports: Pick<Ports, 'directory' | 'policies'>,
  request: AccessRequest,
): Promise<readonly SlackUserId[]> {
  return (await lookUpApprovers(ports, request)).people;
}

export async function lookUpApprovers(
  ports: Pick<Ports, 'directory' | 'policies'>,
  request: AccessRequest,
): Promise<Approvers> {
  if (request.breakGlass?.review?.status === 'due') return reviewers(ports, request);
  if (request.status !== 'pending') return NOBODY;
  const index = currentStage(progress(request.stages, request.decisions, null));
  const stage = index === null ? undefined : request.stages[index];
  if (!stage) return NOBODY;
  const policy = await policyOf(ports, request);
  const requester = await ports.directory.person(request.workspaceId, request.requester.slackUserId);
  const seats = { stages: [stage], owners: request.role.owners, managerId: requester?.managerId ?? null };
  const groups = await lookUpGroups(ports, request.workspaceId, policy, namedGroups(seats));
  const voters = votersOf(seats, groups)[0]?.voters ?? new Map<SlackUserId, string>();
  const decided = new Set(request.decisions.map((decision) => decision.by.slackUserId));
  return {
    people: [...voters.keys()].filter((user) => user !== request.requester.slackUserId && !decided.has(user)),
    // A requester without a manager is no outage: only groups are looked up again.
    unsure: [...groups.values()].some((group) => 'unavailable' in group),
  };
}

async function reviewers(ports: Pick<Ports, 'directory' | 'policies'>, request: AccessRequest): Promise<Approvers> {
  const { groups, names } = await reviewersOf(ports, request);
  const looked = names.map((name) => groups.get(name));
  const members = looked.flatMap((found) => (found && 'members' in found ? [...found.members] : []));
  return {
    people: [...new Set(members)].filter((user) => user !== request.requester.slackUserId),
    unsure: looked.some((found) => found !== undefined && 'unavailable' in found),
  };
}
