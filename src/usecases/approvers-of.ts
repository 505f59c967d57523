import { currentStage, progress } from '../domain/approval.ts';
import type { SlackUserId } from '../domain/ids.ts';
import type { AccessRequest } from '../domain/request.ts';
import { lookUpGroups, namedGroups, votersOf } from './electorate.ts';
import { policyOf } from './policy-of.ts';
import type { Ports } from './ports.ts';
import { reviewersOf } from './reviewers-of.ts';

/** Who can move it on: approvers while it waits, reviewers while a review is due; nobody else. */
export async function approversOf(
  ports: Pick<Ports, 'directory' | 'policies'>,
  request: AccessRequest,
): Promise<readonly SlackUserId[]> {
  if (request.breakGlass?.review?.status === 'due') return reviewers(ports, request);
  if (request.status !== 'pending') return [];
  const index = currentStage(progress(request.stages, request.decisions, null));
  const stage = index === null ? undefined : request.stages[index];
  if (!stage) return [];
  const policy = await policyOf(ports, request);
  const requester = await ports.directory.person(request.workspaceId, request.requester.slackUserId);
  const seats = { stages: [stage], owners: request.role.owners, managerId: requester?.managerId ?? null };
  const groups = await lookUpGroups(ports, request.workspaceId, policy, namedGroups(seats));
  const voters = votersOf(seats, groups)[0]?.voters ?? new Map<SlackUserId, string>();
  const decided = new Set(request.decisions.map((decision) => decision.by.slackUserId));
  return [...voters.keys()].filter((user) => user !== request.requester.slackUserId && !decided.has(user));
}

async function reviewers(
  ports: Pick<Ports, 'directory' | 'policies'>,
  request: AccessRequest,
): Promise<readonly SlackUserId[]> {
  const { groups, names } = await reviewersOf(ports, request);
  const members = names.flatMap((name) => {
    const found = groups.get(name);
    return found && 'members' in found ? [...found.members] : [];
  });
  return [...new Set(members)].filter((user) => user !== request.requester.slackUserId);
}
