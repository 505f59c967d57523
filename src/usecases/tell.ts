import type { Effect, NoticeName } from '../domain/effect.ts';
import { type Grant, transitionGrant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import type { AccessRequest } from '../domain/request.ts';
import { notifyAndKeep } from './notices.ts';
import { done, type Performed, type Ports, type RequestView } from './ports.ts';
import { viewOf } from './render-card.ts';
import { stepGrant } from './step-grant.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'messenger'>;

/** A direct message about one step, unless it is no longer true. */
export async function notifyPerson(
  ports: Needs,
  workspace: WorkspaceId,
  effect: Extract<Effect, { kind: 'notify_person' }>,
): Promise<Performed> {
  const view = await viewOf(ports, workspace, effect.requestId);
  if (!view || !stillTrue(effect.notice, view)) return done;
  const { requestId, to, notice } = effect;
  await notifyAndKeep(ports, { workspace, requestId, to }, notice, view, () => viewOf(ports, workspace, requestId));
  return done;
}

/** Slack may have been away for long: 'you have access' must not arrive after it has ended. */
function stillTrue(notice: NoticeName, { request, grant }: Pick<RequestView, 'request' | 'grant'>): boolean {
  switch (notice) {
    case 'request_approved':
      return approvalIsNews(request, grant);
    case 'request_submitted':
    case 'request_escalated':
      return request.status === 'pending';
    case 'review_overdue':
      return request.breakGlass?.review?.status === 'due';
    case 'access_live':
    case 'access_ending':
      return grant?.status === 'active';
    case 'access_removed':
      return grant?.status === 'active' && grant.drift !== null;
    case 'access_reappeared':
    case 'revocation_failing':
      return grant?.status === 'revoking';
    default:
      return true;
  }
}

/** Whoever asked hears at once that nobody has to be asked, and hears again when it is live: this would be told late, and for nothing. */
function approvalIsNews({ extension, stages }: AccessRequest, grant: Grant | null): boolean {
  if (extension || !grant) return true;
  return grant.status === 'scheduled' || (grant.status === 'provisioning' && stages.length > 0);
}

/** The end is near: the thread and the holder are told, once. */
export async function announceExpiry(
  ports: Pick<Ports, 'store'>,
  input: { readonly workspace: WorkspaceId; readonly grantId: GrantId },
): Promise<Performed> {
  await stepGrant(ports, input, (state, now) => transitionGrant(state, { type: 'announce_expiry' }, now));
  return done;
}
