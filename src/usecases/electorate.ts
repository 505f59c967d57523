import type { Seat, StageVoters } from '../domain/approval.ts';
import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Person } from '../domain/person.ts';
import { isUnavailable, type Known } from '../domain/policy/facts.ts';
import type { LookupFailure } from '../domain/policy/lookup.ts';
import type { Policy, Stage } from '../domain/policy/types.ts';
import type { Away } from './absences.ts';
import type { GroupMembers, Ports } from './ports.ts';

/** Group name -> its members now. 'manager' is in it where somebody's manager was looked up and there is one. */
export type GroupBook = ReadonlyMap<string, GroupMembers>;

/** Who is asked through one name of a stage, or why nobody can say. */
type Found = { readonly members: ReadonlySet<SlackUserId> } | { readonly failure: LookupFailure };

/** What stages and owners refer to of one request. */
export interface Seats {
  readonly stages: readonly Pick<Stage, 'approvals' | 'from' | 'selfAllowed'>[];
  readonly owners: readonly string[];
  /** Who asks, as the directory knows them now; null: it does not. */
  readonly requester: Pick<Person, 'managerId' | 'manager'> | null;
}

/** Looks every named group up, once each, side by side. Unknown names come back as unavailable. */
export async function lookUpGroups(
  ports: Pick<Ports, 'directory'>,
  workspace: WorkspaceId,
  policy: Policy,
  names: Iterable<string>,
): Promise<GroupBook> {
  const unique = [...new Set(names)].filter((name) => name !== 'manager' && name !== 'owners');
  const looked = await Promise.all(
    unique.map(async (name) => [name, await ports.directory.group(workspace, policy, name)] as const),
  );
  return new Map(looked);
}

/** Every group that stages and owners can refer to. */
export function namedGroups(seats: Pick<Seats, 'stages' | 'owners'>): string[] {
  return [...seats.stages.flatMap((stage) => stage.from), ...seats.owners];
}

/** Who may decide in each stage now, and through which group. The first group that holds somebody is the one that is told.
 * Without `away`, only those who may in their own right. */
export function votersOf(seats: Seats, groups: GroupBook, away: Away | null = null): StageVoters[] {
  return seats.stages.map((stage) => {
    const voters = new Map<SlackUserId, Seat>();
    const unavailable: LookupFailure[] = [];
    const resolved = stage.from.flatMap((from) => resolveSeat(from, seats, groups));
    for (const { name, members } of resolved) {
      if ('failure' in members) unavailable.push(members.failure);
      else for (const user of members.members) if (!voters.has(user)) voters.set(user, { via: name, onBehalfOf: [] });
    }
    if (away) seatDelegates(voters, resolved, away);
    return { voters, unavailable };
  });
}

/** Whoever decides for one who is away, where that one's group lets its members hand over; a right of one's own comes first. */
function seatDelegates(
  voters: Map<SlackUserId, Seat>,
  resolved: readonly { name: string; members: Found }[],
  { delegations, policy }: Away,
): void {
  for (const { name, members } of resolved) {
    if (!('members' in members) || !policy.groups.get(name)?.delegate) continue;
    for (const { person, to } of delegations) {
      if (to === null || !members.members.has(person.slackUserId)) continue;
      const seat = voters.get(to.slackUserId);
      const others = seat?.onBehalfOf ?? [];
      const free = seat === undefined || (others.length > 0 && seat.via === name);
      if (free) voters.set(to.slackUserId, { via: name, onBehalfOf: [...others, person] });
    }
  }
}

function resolveSeat(from: string, seats: Seats, groups: GroupBook): { name: string; members: Found }[] {
  if (from === 'owners') return seats.owners.map((name) => ({ name, members: membersOf(name, groups) }));
  if (from === 'manager') {
    return [{ name: from, members: found(from, managerOf(seats.requester)) }];
  }
  return [{ name: from, members: membersOf(from, groups) }];
}

/** Whom a stage asks that asks the manager; null: nobody is known as such. */
export function managerOf(requester: Seats['requester']): GroupMembers | null {
  if (requester?.managerId) return { members: new Set([requester.managerId]) };
  return isUnavailable(requester?.manager) ? requester.manager : null;
}

const membersOf = (name: string, groups: GroupBook): Found => found(name, groups.get(name) ?? null);

function found(name: string, members: GroupMembers | null): Found {
  if (members === null)
    return { failure: name === 'manager' ? { kind: 'no_manager' } : { kind: 'no_group', group: name } };
  if ('members' in members) return members;
  const { unavailable, lasting = false } = members;
  return { failure: { kind: 'unanswered', group: name, detail: unavailable, lasting } };
}

/** The first of the groups that this person is in; null: in none. Groups that could not be looked up are told apart. */
export function membership(
  user: SlackUserId,
  names: readonly string[],
  groups: GroupBook,
): { via: string | null; unavailable: LookupFailure[] } {
  const unavailable: LookupFailure[] = [];
  for (const name of names) {
    const members = membersOf(name, groups);
    if ('failure' in members) unavailable.push(members.failure);
    else if (members.members.has(user)) return { via: name, unavailable };
  }
  return { via: null, unavailable };
}

/** The group facts of one person, as an evaluation reads them. */
export function groupFacts(user: SlackUserId, groups: GroupBook): Record<string, Known<boolean>> {
  return Object.fromEntries(
    [...groups].map(([name, members]) => [name, 'unavailable' in members ? members : members.members.has(user)]),
  );
}
