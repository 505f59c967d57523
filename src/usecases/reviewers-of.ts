import type { AccessRequest } from '../domain/request.ts';
import { type GroupBook, lookUpGroups, managerOf } from './electorate.ts';
import { policyOf } from './policy-of.ts';
import type { GroupMembers, Ports } from './ports.ts';

/** The groups whose members may review, and who is in them now. Admins always may. */
export async function reviewersOf(
  ports: Pick<Ports, 'directory' | 'policies'>,
  request: AccessRequest,
): Promise<{ readonly groups: GroupBook; readonly names: readonly string[] }> {
  const [asked, current] = [await policyOf(ports, request), ports.policies.current()];
  const own = request.breakGlass?.reviewers ?? [];
  const [groups, admins, requester] = await Promise.all([
    lookUpGroups(ports, request.workspaceId, asked, own),
    lookUpGroups(ports, request.workspaceId, current, current.admins),
    own.includes('manager') ? ports.directory.person(request.workspaceId, request.requester.slackUserId) : null,
  ]);
  const manager = managerOf(requester);
  const asGroup: readonly (readonly [string, GroupMembers])[] = manager === null ? [] : [['manager', manager]];
  return { groups: new Map([...admins, ...groups, ...asGroup]), names: [...own, ...current.admins] };
}
