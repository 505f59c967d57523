import type { ShownWorld } from './snapshot.ts';

/** What happens around the bot and is nobody's doing in Slack: time, and things that go wrong. */
export interface World {
  /** Puts the bot's clock forward; what is due by then happens at once. */
  advance(seconds: number): void;
  readonly levers: readonly Lever[];
}

/** Something that can be done to the world, and most of the time undone. */
export interface Lever {
  readonly key: string;
  /** What has happened when it is pulled, as a sentence: 'The target is down'. */
  readonly about: string;
  /** What the button says, by whether it has happened. */
  readonly verb: { readonly off: string; readonly on: string };
  isOn(): boolean | Promise<boolean>;
  pull(): Promise<void>;
}

/** Keeps how far the clock was put forward and since when, so that the page can date what happened in between. */
export function createWorld(world: World) {
  const moves: { readonly fromMs: number; readonly aheadMs: number }[] = [];
  const on = new Map<string, boolean>();

  async function look(): Promise<void> {
    for (const lever of world.levers) on.set(lever.key, await lever.isOn());
  }

  return {
    look,
    advance(seconds: number): void {
      moves.push({ fromMs: Date.now(), aheadMs: (moves.at(-1)?.aheadMs ?? 0) + seconds * 1000 });
      world.advance(seconds);
    },
    /** Throws with a sentence when there is no such lever, or it does not move. */
    async pull(key: string): Promise<void> {
      const lever = world.levers.find((each) => each.key === key);
      if (!lever) throw new Error(`Nothing here is called '${key}'.`);
      await lever.pull();
      await look();
    },
    shown: (): ShownWorld => ({
      moves: [...moves],
      levers: world.levers.map(({ key, about, verb }) => {
        const isOn = on.get(key) ?? false;
        return { key, about, isOn, verb: isOn ? verb.on : verb.off };
      }),
    }),
  };
}
