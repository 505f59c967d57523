import type { Seat, StageVoters } from '../domain/approval.ts';
import type { SlackUserId } from '../domain/ids.ts';
import type { AccessRequest } from '../domain/request.ts';
import { absencesNow } from './absences.ts';
import { lookUpGroups, votersOf } from './electorate.ts';
import { asOutage } from './outage.ts';
import { policyOf } from './policy-of.ts';
import type { Ports } from './ports.ts';

interface Reviewers extends StageVoters {
  /** Those among them whom the use concerns: all but the admins, who may review it and were never to be asked. */
  readonly concerned: readonly SlackUserId[];
}

/**
 * Who may review a use of break-glass now, and by what right: the groups noted with it and whoever decides for one of them who is away, by
 * the policy it was used under; and the admins of the policy in force, so that naming one there always helps.
 */
export async function reviewersOf(
  ports: Pick<Ports, 'directory' | 'policies' | 'store'>,
  request: AccessRequest,
): Promise<Reviewers> {
  const [asked, current] = [await policyOf(ports, request), ports.policies.current()];
  const names = request.breakGlass?.reviewers ?? [];
  const [own, admins, requester, delegations] = await Promise.all([
    lookUpGroups(ports, request.workspaceId, asked, names),
    lookUpGroups(ports, request.workspaceId, current, current.admins),
    names.includes('manager') ? managed(ports, request) : null,
    absencesNow(ports, request.workspaceId),
  ]);
  const seats = { owners: [], requester };
  const stage = (from: readonly string[]) => ({ ...seats, stages: [{ approvals: 1, from, selfAllowed: false }] });
  const [concerned] = votersOf(stage(names), own, { delegations, policy: asked });
  const [others] = votersOf(stage(current.admins), admins);
  const voters = new Map<SlackUserId, Seat>(others?.voters);
  for (const [user, seat] of concerned?.voters ?? []) {
    if (!voters.has(user) || seat.onBehalfOf.length === 0) voters.set(user, seat);
  }
  return {
    voters,
    unavailable: [...(concerned?.unavailable ?? []), ...(others?.unavailable ?? [])],
    concerned: [...(concerned?.voters.keys() ?? [])],
  };
}

/** A manager whom nobody can look up for now keeps none of the others from it. */
async function managed(ports: Pick<Ports, 'directory'>, { workspaceId, requester }: AccessRequest) {
  try {
    return await ports.directory.person(workspaceId, requester.slackUserId);
  } catch (error) {
    return { managerId: null, manager: { unavailable: asOutage(error).message } };
  }
}
