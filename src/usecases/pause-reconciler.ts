import { schedule } from '../domain/effect.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { type Actor, bySystem } from '../domain/person.ts';
import { postInFirst, watchPlaces } from './first-channel.ts';
import { done, type Performed, type Ports } from './ports.ts';
import type { Pause, SecurityNotice } from './watch-ports.ts';

type Needs = Pick<Ports, 'store' | 'policies' | 'messenger'>;

/** How often the channel is told that the reconciler is paused. */
export const PAUSE_SHOUT_SECONDS = 60 * 60;

/**
 * The reconciler takes nothing away until it is resumed or the time is over, as while a backup is restored. Everything else goes on:
 * ends that are due happen. The channel hears of it now, and every hour.
 */
export async function pauseReconciler(
  ports: Pick<Ports, 'store'>,
  input: {
    readonly workspace: WorkspaceId;
    readonly by: string;
    readonly reason: string;
    readonly untilAt: Date | null;
  },
): Promise<Pause> {
  const { workspace, by: pausedBy, reason, untilAt } = input;
  return ports.store.transaction(workspace, async (tx) => {
    const pause: Pause = { workspaceId: workspace, pausedAt: tx.now, pausedBy, reason, untilAt };
    await tx.savePause(pause);
    await tx.save({
      events: [
        {
          kind: 'reconciler.paused',
          data: { reason: `${reason} (${pausedBy})`, until: untilAt?.toISOString() ?? null },
          at: tx.now,
          actor: OPERATOR,
          requestId: null,
          grantId: null,
        },
      ],
      effects: [schedule({ kind: 'announce_pause', workspaceId: workspace }, tx.now)],
    });
    return pause;
  });
}

/** false: it was not paused. */
export async function resumeReconciler(ports: Pick<Ports, 'store'>, workspace: WorkspaceId): Promise<boolean> {
  return ports.store.transaction(workspace, async (tx) => {
    const pause = await tx.pause();
    if (!pause) return false;
    await tx.savePause(null);
    await tx.save({
      events: [
        {
          kind: 'reconciler.resumed',
          data: { pausedSince: pause.pausedAt.toISOString() },
          at: tx.now,
          actor: OPERATOR,
          requestId: null,
          grantId: null,
        },
      ],
      effects: [
        schedule({ kind: 'announce_pause', workspaceId: workspace }, tx.now),
        schedule({ kind: 'reconcile', workspaceId: workspace }, tx.now),
      ],
    });
    return true;
  });
}

/** Shouts for as long as the pause lasts, ends it when its time is over, and says when it has ended. */
export async function announcePause(ports: Needs, workspace: WorkspaceId): Promise<Performed> {
  const now = await ports.store.now();
  const pause = await ports.store.reads(workspace).pause();
  const places = watchPlaces(ports);
  const say = async (notice: SecurityNotice): Promise<void> => {
    if (places.length > 0) await postInFirst(places, (channel) => ports.messenger.tellSecurity(channel, notice));
  };
  if (pause?.untilAt && now >= pause.untilAt) {
    await resumeReconciler(ports, workspace);
    return { done: false, retryInMs: 0, error: 'The pause is over, which is said next' };
  }
  if (!pause) {
    await say({ notice: 'reconciler_resumed' });
    return done;
  }
  await say({ notice: 'reconciler_paused', pause, now });
  const nextMs = Math.min(PAUSE_SHOUT_SECONDS * 1000, (pause.untilAt?.getTime() ?? Infinity) - now.getTime());
  return { done: false, retryInMs: nextMs, error: 'The reconciler is still paused' };
}

/** Whoever may run the command line of the server may pause; the audit has the name that they gave. */
const OPERATOR: Actor = bySystem('reconciler');
