import { unusedEndOf } from '../domain/grant.ts';
import type { RequestId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { asOutage } from './outage.ts';
import type { CardRef, NoticeKind, OpenNotice, Ports, RequestView } from './ports.ts';

type Needs = Pick<Ports, 'store' | 'messenger'>;

/**
 * What can be pressed on a message about a request, or what it says that can stop being true, as a short text that changes when that does;
 * null: neither, so it may stand as it is for ever.
 */
export function offers(notice: NoticeKind, { request, grant }: Pick<RequestView, 'request' | 'grant'>): string | null {
  switch (notice) {
    case 'request_submitted':
    case 'request_edited':
      return request.status === 'pending' ? 'pending' : null;
    case 'request_approved':
      return grant?.status === 'scheduled' && grant.offeredSeconds === null ? 'scheduled' : null;
    case 'start_shorter':
      return grant?.status === 'scheduled' ? 'scheduled' : null;
    case 'access_live':
    case 'access_ending':
      return grant?.status === 'active' && grant.endsAt ? `until ${grant.endsAt.toISOString()}` : null;
    case 'access_unused':
      return grant?.status === 'active' && unusedEndOf(grant) ? 'unused' : null;
    case 'break_glass_used':
    case 'review_overdue':
    case 'break_glass_alert':
      return request.breakGlass?.review?.status === 'due' ? 'due' : null;
    default:
      return null;
  }
}

/** Remembers where a message stands whose buttons are taken away once they have nothing left to do. */
export async function keepNotice(ports: Needs, view: RequestView, notice: NoticeKind, ref: CardRef): Promise<void> {
  const shows = offers(notice, view);
  if (shows === null) return;
  const { id, workspaceId } = view.request;
  await ports.store.transaction(workspaceId, (tx) => tx.keepNotice({ requestId: id, workspaceId, ref, notice, shows }));
}

/**
 * Brings the messages about a request up to its present state, and forgets those that are over. `seen` is a state that was read just now; where
 * it does not fit, the state is read again behind the messages, so that an older one is never drawn over a newer one.
 */
export async function refreshNotices(
  ports: Needs,
  seen: RequestView,
  again: () => Promise<RequestView | null>,
): Promise<void> {
  const { id, workspaceId } = seen.request;
  const all = await ports.store.reads(workspaceId).openNotices(id);
  if (all.every((open) => offers(open.notice, seen) === open.shows)) return;
  const view = await again();
  if (!view) return;
  for (const open of all) {
    const shows = offers(open.notice, view);
    if (shows === open.shows) continue;
    // 'It ends soon' is over as well when it ends later.
    const next = open.notice === 'access_ending' ? null : shows;
    const kept = await redraw(ports, open, view, next !== null);
    await ports.store.transaction(workspaceId, (tx) =>
      kept && next !== null ? tx.keepNotice({ ...open, shows: next }) : tx.dropNotice(open.ref),
    );
  }
}

/** Returns whether the message is still there. What Slack refuses for good is not tried again. */
async function redraw(ports: Needs, open: OpenNotice, view: RequestView, isOpen: boolean): Promise<boolean> {
  try {
    return (await ports.messenger.updateNotice(open.ref, open.notice, view, isOpen)) === 'updated';
  } catch (error) {
    if (asOutage(error).kind !== 'permanent') throw error;
    return false;
  }
}

/** The direct message, kept up to date from then on: the state may have moved while it was on its way. */
export async function notifyAndKeep(
  ports: Needs,
  input: { readonly workspace: WorkspaceId; readonly requestId: RequestId; readonly to: SlackUserId },
  notice: Exclude<NoticeKind, 'break_glass_alert'>,
  view: RequestView,
  again: () => Promise<RequestView | null>,
): Promise<void> {
  const card = await ports.store.reads(input.workspace).card(input.requestId, 'decision');
  const ref = await ports.messenger.notify(input.to, notice, view, card?.ref ?? null);
  if (ref === null || offers(notice, view) === null) return;
  await keepNotice(ports, view, notice, ref);
  const now = await again();
  if (now) await refreshNotices(ports, now, again);
}
