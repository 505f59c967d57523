import type { Message } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { Order } from './order.ts';
import type { ShownRun, ShownTip } from './snapshot.ts';
import type { Deed, Seen, Tip } from './tips.ts';

/** The guided strip: looks at what really happened whenever a screen is drawn, and never takes a tick back. */
export function createGuide(tips: readonly Tip[], workspace: Workspace, order: Order, runs: () => readonly ShownRun[]) {
  const deeds: Deed[] = [];
  const done = new Set<string>();
  const byBot = (message: Message): boolean => message.user === workspace.install.botUserId;

  function look(): void {
    if (done.size === tips.length) return;
    const channels = workspace.channels().filter((channel) => channel.userId === undefined);
    const seen: Seen = {
      deeds,
      placeOf: order.placeOf,
      runs: runs(),
      posts: channels
        .flatMap((channel) => workspace.messages(channel.id))
        .filter(byBot)
        .sort((a, b) => order.placeOf(a) - order.placeOf(b)),
      privately: (key) => [...workspace.ephemerals(key), ...workspace.dms(key)].filter(byBot),
    };
    for (const tip of tips) {
      if (!done.has(tip.key) && tip.done(seen)) done.add(tip.key);
    }
  }

  return {
    note(deed: Omit<Deed, 'after'>, keep: number): void {
      deeds.push({ ...deed, after: order.now() });
      if (deeds.length > keep) deeds.shift();
    },
    shown(): ShownTip[] {
      look();
      return tips.map(({ key, title, text, go }) => ({ key, title, text, done: done.has(key), go: go ?? null }));
    },
  };
}
