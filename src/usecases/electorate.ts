import type { Seat, StageVoters } from '../domain/approval.ts';
import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Known } from '../domain/policy/facts.ts';
import type { Policy, Stage } from '../domain/policy/types.ts';
import type { GroupMembers, Ports } from './ports.ts';

/** Group name -> its members now. */
export type GroupBook = ReadonlyMap<string, GroupMembers>;

/** What stages and owners refer to of one request. */
export interface Seats {
  readonly stages: readonly Pick<Stage, 'approvals' | 'from' | 'selfAllowed'>[];
  readonly owners: readonly string[];
  readonly managerId: SlackUserId | null;
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

/** Who may decide in each stage now, and through which group. The first group that holds somebody is the one that is told. */
export function votersOf(seats: Seats, groups: GroupBook): StageVoters[] {
  return seats.stages.map((stage) => {
    const voters = new Map<SlackUserId, Seat>();
    const unavailable: string[] = [];
    for (const { name, members } of stage.from.flatMap((from) => resolveSeat(from, seats, groups))) {
      if ('unavailable' in members) unavailable.push(`${name}: ${members.unavailable}`);
      else for (const user of members.members) if (!voters.has(user)) voters.set(user, { via: name, onBehalfOf: [] });
    }
    return { voters, unavailable };
  });
}

function resolveSeat(from: string, seats: Seats, groups: GroupBook): { name: string; members: GroupMembers }[] {
  if (from === 'owners') return seats.owners.map((name) => ({ name, members: membersOf(name, groups) }));
  if (from === 'manager') {
    const members: GroupMembers = seats.managerId
      ? { members: new Set([seats.managerId]) }
      : { unavailable: 'the requester has no known manager' };
    return [{ name: from, members }];
  }
  return [{ name: from, members: membersOf(from, groups) }];
}

function membersOf(name: string, groups: GroupBook): GroupMembers {
  return groups.get(name) ?? { unavailable: `there is no group "${name}" in the policy` };
}

/** The first of the groups that this person is in; null: in none. Groups that could not be looked up are told apart. */
export function membership(
  user: SlackUserId,
  names: readonly string[],
  groups: GroupBook,
): { via: string | null; unavailable: string[] } {
  const unavailable: string[] = [];
  for (const name of names) {
    const members = membersOf(name, groups);
    if ('unavailable' in members) unavailable.push(`${name}: ${members.unavailable}`);
    else if (members.members.has(user)) return { via: name, unavailable };
  }
  return { via: null, unavailable };
}

/** The group facts of one person, as an evaluation reads them. */
export function groupFacts(user: SlackUserId, groups: GroupBook): Record<string, Known<boolean>> {
  return Object.fromEntries(
    [...groups].map(([name, members]) => [
      name,
      'unavailable' in members ? { unavailable: members.unavailable } : members.members.has(user),
    ]),
  );
}
