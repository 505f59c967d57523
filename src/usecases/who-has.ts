import type { Grant } from '../domain/grant.ts';
import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { worthTelling } from '../domain/policy/lookup.ts';
import type { Role } from '../domain/policy/types.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { lookUpGroups, membership } from './electorate.ts';
import { findRole } from './find-role.ts';
import { identify } from './identify.ts';
import { HOLDERS_LIMIT } from './limits.ts';
import { offerRole } from './offer-roles.ts';
import type { Ports } from './ports.ts';

/** Who has a role now. Told to whoever may ask for it, owns its resource, or administers. */
export async function whoHas(
  ports: Pick<Ports, 'store' | 'directory' | 'policies'>,
  input: { readonly workspace: WorkspaceId; readonly user: SlackUserId; readonly role: string },
): Promise<{ ok: true; role: Role; grants: readonly Grant[] } | { ok: false; refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const policy = ports.policies.current();
  const found = findRole(policy, input.role);
  if (!found.ok) return found;
  const { role } = found;
  const insiders = [...role.owners, ...policy.admins];
  const groups = await lookUpGroups(ports, input.workspace, policy, insiders);
  const { via, unavailable } = membership(input.user, insiders, groups);
  if (via === null) {
    const offered = await offerRole(ports, input);
    if (!offered.ok && offered.refusal.code === 'facts_unavailable') return offered;
    if (!offered.ok) return refused({ code: 'may_not_look', owners: insiders, unavailable: worthTelling(unavailable) });
  }
  const grants = await ports.store.reads(input.workspace).openGrantsOfRole(role.key, HOLDERS_LIMIT);
  return { ok: true, role, grants };
}
