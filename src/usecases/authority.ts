import type { Seat } from '../domain/approval.ts';
import type { SlackUserId } from '../domain/ids.ts';
import type { LookupFailure } from '../domain/policy/lookup.ts';
import type { Policy, Stage } from '../domain/policy/types.ts';
import type { AccessRequest } from '../domain/request.ts';
import type { Away } from './absences.ts';
import { type GroupBook, membership, type Seats, votersOf } from './electorate.ts';

/** What an authority over a request and its grant is looked up in. */
export interface Watched {
  readonly stages: readonly Stage[];
  readonly owners: readonly string[];
  readonly requester: Seats['requester'];
}

export const watchedBy = (request: AccessRequest, requester: Seats['requester']): Watched => ({
  stages: request.stages,
  owners: request.role.owners,
  requester,
});

/**
 * POLICY.md 12: whoever may decide in any stage, an owner of the resource or an admin may deny while it waits, and revoke
 * afterwards. Returns by what right.
 */
export function mayStop(
  user: SlackUserId,
  watched: Watched,
  policy: Policy,
  groups: GroupBook,
  away: Away | null = null,
): { seat: Seat | null; unavailable: readonly LookupFailure[] } {
  const stages = votersOf(watched, groups, away);
  const inStage = stages.map((stage) => stage.voters.get(user)).find((seat) => seat !== undefined);
  if (inStage !== undefined) return { seat: inStage, unavailable: [] };
  const other = membership(user, [...watched.owners, ...policy.admins], groups);
  const seat = other.via === null ? null : { via: other.via, onBehalfOf: [] };
  return { seat, unavailable: [...stages.flatMap((stage) => stage.unavailable), ...other.unavailable] };
}
