import type { Grant } from '../domain/grant.ts';
import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { worthTelling } from '../domain/policy/lookup.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { disallowedGrants } from './disallowed-grants.ts';
import { lookUpGroups, membership } from './electorate.ts';
import { revokeGrants } from './end-grant.ts';
import { identify } from './identify.ts';
import type { Ports } from './ports.ts';

/** An admin ends every live grant that the policy in force would no longer give, as it is now and not as it was announced. */
export async function revokeDisallowed(
  ports: Pick<Ports, 'store' | 'directory' | 'policies'>,
  /** `reason`: what the holders and the audit are told about why. */
  input: { readonly workspace: WorkspaceId; readonly user: SlackUserId; readonly reason: string },
): Promise<
  | { readonly ok: true; readonly revoked: readonly Grant[]; readonly refusals: readonly Refusal[] }
  | { readonly ok: false; readonly refusal: Refusal }
> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const policy = ports.policies.current();
  const groups = await lookUpGroups(ports, input.workspace, policy, policy.admins);
  const { via, unavailable } = membership(input.user, policy.admins, groups);
  if (via === null) {
    return refused({ code: 'may_not_revoke', owners: policy.admins, unavailable: worthTelling(unavailable) });
  }
  const grants = await disallowedGrants(ports, input.workspace, policy);
  if (grants.length === 0) return refused({ code: 'nothing_to_revoke' });
  return revokeGrants(ports, { ...input, grantIds: grants.map(({ grant }) => grant.id) });
}
