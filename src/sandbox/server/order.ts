import type { Message } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';

export type Order = ReturnType<typeof createOrder>;

/**
 * In which order messages arrived. Their ts doesn't say: the emulator's has whole seconds, and what only one person sees comes
 * from elsewhere with a finer one.
 */
export function createOrder(workspace: Workspace) {
  const places = new Map<string, number>();
  const keyOf = (message: Pick<Message, 'channel' | 'ts' | 'onlyFor'>): string =>
    `${message.channel}/${message.ts}/${message.onlyFor ?? ''}`;

  function placeOf(message: Pick<Message, 'channel' | 'ts' | 'onlyFor'>): number {
    const key = keyOf(message);
    const place = places.get(key) ?? places.size + 1;
    places.set(key, place);
    return place;
  }

  const stop = workspace.onChange((change) => {
    if (change.type === 'message') placeOf({ channel: change.channel, ts: change.ts, onlyFor: undefined });
    else if (change.type === 'ephemeral') for (const message of workspace.ephemerals(change.user)) placeOf(message);
  });

  return {
    /** From 1; greater is later. */
    placeOf,
    /** The place of whatever came last. */
    now: (): number => places.size,
    stop,
  };
}
