import { schedule } from '../domain/effect.ts';
import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { endDeactivated } from './end-all.ts';
import { asOutage } from './outage.ts';
import { done, type Performed, type Ports } from './ports.ts';

/** Between two rounds over everybody who has access or waits for it. */
const ROUND_EVERY_SECONDS = 10 * 60;
/** People of one turn, and the pause before the next: Slack answers about 100 questions a minute for a person (Slack: "users.info"). */
const PEOPLE_PAGE = 50;
const PAGE_EVERY_SECONDS = 60;

/**
 * Asks Slack about everybody who has access or waits for it, page by page and again and again: an event that tells of a deactivation can be lost.
 * Whoever Slack does not answer for keeps what they have until it does.
 */
export async function checkPeople(
  ports: Pick<Ports, 'store' | 'directory'>,
  workspace: WorkspaceId,
  after: SlackUserId | null,
): Promise<Performed> {
  const holders = await ports.store.reads(workspace).holders(after, PEOPLE_PAGE);
  for (const user of holders) {
    if (await isDeactivated(ports, workspace, user)) await endDeactivated(ports, { workspace, user });
  }
  const last = holders.length < PEOPLE_PAGE ? null : (holders.at(-1) ?? null);
  const inSeconds = last === null ? ROUND_EVERY_SECONDS : PAGE_EVERY_SECONDS;
  await ports.store.transaction(workspace, (tx) =>
    tx.save({
      effects: [
        schedule(
          { kind: 'check_people', workspaceId: workspace, after: last },
          new Date(tx.now.getTime() + inSeconds * 1000),
        ),
      ],
    }),
  );
  return done;
}

async function isDeactivated(
  ports: Pick<Ports, 'directory'>,
  workspace: WorkspaceId,
  user: SlackUserId,
): Promise<boolean> {
  try {
    return (await ports.directory.person(workspace, user))?.standing === 'deactivated';
  } catch (error) {
    // One account that cannot be read must not hide the others; a Slack that is away is asked again for all of them.
    if (asOutage(error).kind !== 'permanent') throw error;
    return false;
  }
}
