import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Ports } from './ports.ts';

/** What a time of day means to somebody: their own zone, from the Slack profile, and the moment it is now. */
export async function clockOf(
  ports: Pick<Ports, 'store' | 'directory'>,
  { workspace, user }: { readonly workspace: WorkspaceId; readonly user: SlackUserId },
): Promise<{ readonly zone: string; readonly now: Date }> {
  const [person, now] = await Promise.all([ports.directory.person(workspace, user), ports.store.now()]);
  return { zone: known(person?.timezone), now };
}

/** Slack may know a zone that we do not. */
function known(zone: string | undefined): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone ?? 'UTC' }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
