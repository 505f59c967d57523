import type { Grant } from '../domain/grant.ts';
import type { RequestId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import type { AccessRequest } from '../domain/request.ts';
import { lookUpGroups, membership } from './electorate.ts';
import { HOME_ALL_LIMIT, RECENT_LIMIT, RECENT_LOOKED_AT } from './limits.ts';
import type { Ports } from './ports.ts';
import { statusOf } from './status-of.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies'>;
interface Asker {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
}

type Status = Extract<Awaited<ReturnType<typeof statusOf>>, { ok: true }>;

export interface HomeFacts extends Status {
  /** What the person asked for before and could ask for again: the newest of each role that is neither pending nor live. */
  readonly recent: readonly AccessRequest[];
  /** All open access, what should be gone first; null: only admins see it. */
  readonly everything: { readonly grants: readonly Grant[]; readonly total: number } | null;
}

/** What somebody's Home shows. */
export async function homeOf(ports: Needs, input: Asker): Promise<HomeFacts | { ok: false; refusal: Refusal }> {
  const status = await statusOf(ports, input);
  if (!status.ok) return status;
  const reads = ports.store.reads(input.workspace);
  const policy = ports.policies.current();
  const [past, admins] = await Promise.all([
    reads.recentRequestsOf(input.user, RECENT_LOOKED_AT),
    lookUpGroups(ports, input.workspace, policy, policy.admins),
  ]);
  const isAdmin = membership(input.user, policy.admins, admins).via !== null;
  return {
    ...status,
    recent: askableAgain(past, status),
    everything: isAdmin ? await reads.openGrants(HOME_ALL_LIMIT) : null,
  };
}

function askableAgain(past: readonly AccessRequest[], { pending, grants }: Status): readonly AccessRequest[] {
  const seen = new Set<string>([...pending.map(({ role }) => role.key), ...grants.map(({ roleKey }) => roleKey)]);
  const recent: AccessRequest[] = [];
  for (const request of past) {
    if (seen.has(request.role.key) || request.extension !== null || request.breakGlass !== null) continue;
    seen.add(request.role.key);
    recent.push(request);
  }
  return recent.slice(0, RECENT_LIMIT);
}

/** One's own earlier request, to ask for the same again. */
export async function findOwnRequest(
  ports: Pick<Ports, 'store'>,
  input: Asker & { readonly requestId: RequestId },
): Promise<{ ok: true; request: AccessRequest } | { ok: false; refusal: Refusal }> {
  const request = await ports.store.reads(input.workspace).request(input.requestId);
  if (!request) return refused({ code: 'request_not_found' });
  return request.requester.slackUserId === input.user ? { ok: true, request } : refused({ code: 'not_the_requester' });
}
