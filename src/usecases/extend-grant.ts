import type { Grant } from '../domain/grant.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Role } from '../domain/policy/types.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import type { AccessRequest } from '../domain/request.ts';
import { checkExtension } from './extension.ts';
import { findRole } from './find-role.ts';
import { identify } from './identify.ts';
import type { Ports } from './ports.ts';
import { type SubmitResult, submitRequest } from './submit-request.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'ids' | 'messenger'>;
interface Asker {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
}

export interface ExtendInput extends Asker {
  readonly grantId: GrantId;
  /** null: as long as was asked for at first, or as the role allows now. */
  readonly durationSeconds: number | null;
  /** null or empty: the first request's reason. */
  readonly reason: string | null;
  /** How often the grant was extended when the person looked; null: they did not. A second press adds nothing. */
  readonly seenExtensions: number | null;
  /** What makes a second delivery the same submission. */
  readonly origin: string;
  readonly channel: string | null;
}

/**
 * Asks for more time on a live grant: a request of its own, which the policy decides anew. The old end stands until it is
 * approved.
 */
export async function extendGrant(ports: Needs, input: ExtendInput): Promise<SubmitResult> {
  const found = await findExtension(ports, input);
  if (!found.ok) return found;
  const { grant, request, proposedSeconds } = found.extension;
  if (input.seenExtensions !== null && input.seenExtensions !== grant.extensions) {
    return refused({ code: 'already_extended' });
  }
  return submitRequest(ports, {
    workspace: input.workspace,
    user: input.user,
    role: grant.roleKey,
    durationSeconds: input.durationSeconds ?? proposedSeconds,
    startsAt: null,
    endsBy: null,
    reason: input.reason?.trim() || request.reason,
    ticket: request.ticket,
    origin: input.origin,
    channel: input.channel,
    extend: grant.id,
    breakGlass: false,
  });
}

/** A grant that can be extended, with what a form about it needs. */
export interface ExtensionOffer {
  readonly grant: Grant;
  readonly request: AccessRequest;
  readonly proposedSeconds: number;
  readonly maxSeconds: number;
  readonly reasonMinLength: number;
}

export async function findExtension(
  ports: Pick<Ports, 'store' | 'directory' | 'policies'>,
  input: Asker & { readonly grantId: GrantId },
): Promise<{ ok: true; extension: ExtensionOffer } | { ok: false; refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const reads = ports.store.reads(input.workspace);
  const grant = await reads.grant(input.grantId);
  const request = grant ? await reads.request(grant.requestId) : null;
  if (!grant || !request) return refused({ code: 'grant_not_found' });
  const role = findRole(ports.policies.current(), grant.roleKey);
  if (!role.ok) return role;
  const may = await checkExtension(reads, who.person, role.role, grant.id);
  if (!may.ok) return may;
  return { ok: true, extension: offerOf(role.role, grant, request) };
}

const offerOf = (role: Role, grant: Grant, request: AccessRequest): ExtensionOffer => ({
  grant,
  request,
  proposedSeconds: proposedExtension(role, request),
  maxSeconds: role.duration.maxSeconds,
  reasonMinLength: role.reason.minLength,
});

/** What one click adds: as much as was asked for at first, as far as the role allows it now. */
const proposedExtension = (role: Role, request: AccessRequest): number =>
  Math.min(request.durationSeconds, role.duration.maxSeconds);

/** How much one click would add to a request's grant; null: it cannot be extended. For buttons: everything is checked again at the click. */
export function extensionSeconds(
  ports: Pick<Ports, 'policies'>,
  request: AccessRequest,
  grant: Grant | null,
): number | null {
  const role = ports.policies.current().roles.get(request.role.key);
  if (!role || grant?.status !== 'active' || grant.extensions >= role.extensions.max) return null;
  return proposedExtension(role, request);
}

/** Which of somebody's live grants they mean: the one of the role, or the only one there is. */
export async function findOwnGrant(
  ports: Pick<Ports, 'store' | 'directory'>,
  input: Asker & { readonly role: string | null; readonly command: 'extend' | 'done' },
): Promise<{ ok: true; grant: Grant } | { ok: false; refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const live = (await ports.store.reads(input.workspace).openGrantsOf(input.user)).filter(
    (grant) =>
      (grant.status === 'active' || (grant.status === 'scheduled' && input.command === 'done')) &&
      (input.role === null || grant.roleKey === input.role),
  );
  const [first, ...others] = live;
  if (!first) return refused({ code: 'no_live_access' });
  if (others.length === 0) return { ok: true, grant: first };
  return refused({ code: 'which_access', roles: live.map((grant) => grant.roleKey), command: input.command });
}
