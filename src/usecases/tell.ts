import type { Effect, NoticeName } from '../domain/effect.ts';
import { transitionGrant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
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
  await ports.messenger.notify(effect.to, effect.notice, view);
  return done;
}

/** Slack may have been away for long: 'you have access' must not arrive after it has ended. */
function stillTrue(notice: NoticeName, { request, grant }: Pick<RequestView, 'request' | 'grant'>): boolean {
  switch (notice) {
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

/** The end is near: the thread and the holder are told, once. */
export async function announceExpiry(
  ports: Pick<Ports, 'store'>,
  input: { readonly workspace: WorkspaceId; readonly grantId: GrantId },
): Promise<Performed> {
  await stepGrant(ports, input, (state, now) => transitionGrant(state, { type: 'announce_expiry' }, now));
  return done;
}
