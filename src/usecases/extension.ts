import type { Grant } from '../domain/grant.ts';
import type { GrantId } from '../domain/ids.ts';
import type { Person } from '../domain/person.ts';
import type { Role } from '../domain/policy/types.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import type { Reads } from './ports.ts';

/** Whether more time may be asked for on this grant at all, whatever the policy then says to the ask. */
export async function checkExtension(
  reads: Pick<Reads, 'grant'>,
  person: Pick<Person, 'slackUserId'>,
  role: Role,
  grantId: GrantId,
): Promise<{ ok: true; grant: Grant } | { ok: false; refusal: Refusal }> {
  const grant = await reads.grant(grantId);
  if (!grant) return refused({ code: 'grant_not_found' });
  if (grant.holder.slackUserId !== person.slackUserId) return refused({ code: 'not_the_requester' });
  if (grant.status !== 'active') return refused({ code: 'grant_not_live', grantId, status: grant.status });
  const { max } = role.extensions;
  return grant.extensions < max ? { ok: true, grant } : refused({ code: 'extensions_used_up', max });
}

/** A grant does not count against itself: limits and separation of duties look at what the person holds beside it. */
export function withoutGrant(reads: Pick<Reads, 'historyOf'>, grantId: GrantId): Pick<Reads, 'historyOf'> {
  return { historyOf: (person, since) => reads.historyOf(person, since, grantId) };
}
