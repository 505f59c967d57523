import type { Drift } from '../domain/drift.ts';
import type { Person } from '../domain/person.ts';
import type { Facts } from '../domain/policy/facts.ts';
import { subjectFor } from '../domain/policy/subject.ts';
import { timeFacts } from '../domain/policy/time.ts';
import type { Role } from '../domain/policy/types.ts';
import type { Ports } from './ports.ts';

/**
 * Whether drift is this person's own access: by the grants there were on it, or since a role on the same system would give it to them under
 * that name. A name that Elevate has no way to know of stays somebody's whom it does not know.
 */
export async function isHolderOf(
  ports: Pick<Ports, 'store' | 'policies'>,
  drift: Drift,
  person: Person,
  roles: readonly Role[],
): Promise<boolean> {
  const grants = await ports.store.reads(drift.workspaceId).grantsOn([drift.accessKey]);
  if (grants.some(({ holder }) => holder.slackUserId === person.slackUserId)) return true;
  const facts = factsOf(person, ports.policies.current(), await ports.store.now());
  return roles.some((role) => {
    const named = subjectFor(role, facts);
    return named.ok && named.subject.toLowerCase() === drift.subject.toLowerCase();
  });
}

const UNASKED = { unavailable: 'nothing was asked for' };

/** What a subject is worked out from. One that needs more than who somebody is cannot be. */
function factsOf(
  person: Person,
  policy: Pick<ReturnType<Ports['policies']['current']>, 'timezone' | 'businessHours'>,
  now: Date,
): Facts {
  const { slackUserId: id, email, name, timezone, manager = UNASKED } = person;
  return {
    at: now.toISOString(),
    requester: { id, email, name, groups: {}, manager, timezone },
    request: { durationSeconds: 0, ticket: null, reason: '', extension: false, breakGlass: false, channel: null },
    time: timeFacts(now, policy.timezone, policy.businessHours),
    history: UNASKED,
    provided: {},
  };
}
