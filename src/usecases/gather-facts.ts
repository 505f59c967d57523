import type { Person } from '../domain/person.ts';
import type { Facts, HistoryFacts, RequestFacts } from '../domain/policy/facts.ts';
import { startOfDay, timeFacts } from '../domain/policy/time.ts';
import type { Policy } from '../domain/policy/types.ts';
import { type GroupBook, groupFacts } from './electorate.ts';
import type { Reads } from './ports.ts';

/**
 * Everything an evaluation reads, at one moment. `reads` is the transaction that holds the person's
 * lock, so that history is true; groups and provided facts were looked up before it.
 */
export async function gatherFacts(
  reads: Reads,
  now: Date,
  policy: Policy,
  person: Person,
  request: RequestFacts,
  groups: GroupBook,
  provided: Facts['provided'],
): Promise<Facts> {
  return {
    at: now.toISOString(),
    requester: {
      id: person.slackUserId,
      email: person.email,
      name: person.name,
      groups: groupFacts(person.slackUserId, groups),
      manager: person.manager ?? { unavailable: 'the policy does not say where managers are read', lasting: true },
      timezone: person.timezone,
    },
    request,
    time: timeFacts(now, policy.timezone, policy.businessHours),
    history: await gatherHistory(reads, now, policy, person),
    provided,
  };
}

async function gatherHistory(reads: Reads, now: Date, policy: Policy, person: Person): Promise<HistoryFacts> {
  const [open, past] = await Promise.all([
    reads.openGrantsOf(person.slackUserId),
    reads.historyOf(person.slackUserId, startOfDay(now, policy.timezone)),
  ]);
  return {
    activeGrants: open.length,
    activeRoles: [...new Set(open.map((grant) => grant.roleKey))].sort(),
    grantsToday: past.grantsSince,
    minutesSinceLast: past.lastEndedAt ? Math.floor((now.getTime() - past.lastEndedAt.getTime()) / 60_000) : null,
  };
}
