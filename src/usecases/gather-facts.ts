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
  reads: Pick<Reads, 'historyOf'>,
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

async function gatherHistory(
  reads: Pick<Reads, 'historyOf'>,
  now: Date,
  policy: Policy,
  person: Person,
): Promise<HistoryFacts> {
  const today = startOfDay(now, policy.timezone);
  const { open, grantsSince, lastEndedAt } = await reads.historyOf(person.slackUserId, today);
  return {
    activeGrants: [...open.values()].reduce((sum, held) => sum + held, 0),
    activeRoles: [...open.keys()].sort(),
    grantsToday: grantsSince,
    minutesSinceLast: lastEndedAt ? Math.floor((now.getTime() - lastEndedAt.getTime()) / 60_000) : null,
  };
}
