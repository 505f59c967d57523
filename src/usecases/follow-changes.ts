import type { WorkspaceId } from '../domain/ids.ts';
import { FOLLOWED_REQUESTS } from './limits.ts';
import { lookingUpOnce } from './looking-up-once.ts';
import type { Ports, RequestView } from './ports.ts';
import { viewOf } from './render-card.ts';

export interface Changes {
  /** The number of the latest audit event. */
  readonly latest: number;
  /** The requests that changed since, as they are now, with the number of the latest event of each; null: more than are worth telling one by one. */
  readonly views: readonly { readonly view: RequestView; readonly event: number }[] | null;
}

/** What changed since an audit event, whichever process changed it. `since` null: only where the audit stands now. */
export async function changesSince(
  ports: Pick<Ports, 'store' | 'directory' | 'policies'>,
  { workspace, since }: { readonly workspace: WorkspaceId; readonly since: number | null },
): Promise<Changes> {
  const reads = ports.store.reads(workspace);
  const { latest, requests } = await reads.changedSince(since, FOLLOWED_REQUESTS + 1);
  if (since === null || requests.length > FOLLOWED_REQUESTS) return { latest, views: null };
  const once = lookingUpOnce(ports);
  const views = await Promise.all(
    requests.map(async ({ id, event }) => {
      const view = await viewOf(once, workspace, id);
      return view && { view, event };
    }),
  );
  return { latest, views: views.filter((each) => each !== null) };
}
