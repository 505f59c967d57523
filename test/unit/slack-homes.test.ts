import { describe, expect, it } from '@jest/globals';
import { type RequestId, slackUserId, workspaceId } from '../../src/domain/ids.ts';
import type { Actor } from '../../src/slack/desk.ts';
import { createHomes, type Drawn } from '../../src/slack/home/homes.ts';
import type { HomePages } from '../../src/usecases/home-of.ts';
import type { RequestView } from '../../src/usecases/ports.ts';
import { aRequest, dba, dev, T0 } from '../support/domain.ts';

const actor = (user: string): Actor => ({ workspace: workspaceId('T0TEAM'), user: slackUserId(user) });
const view: RequestView = {
  request: aRequest(),
  grant: null,
  approvers: [dba.slackUserId],
  deciders: [],
  voters: null,
  extensionSeconds: null,
  unsure: false,
  now: T0,
};
const drawn = (seesAll = false, ...shows: RequestId[]): Drawn => ({
  hash: 'h',
  latest: 7,
  seesAll,
  shows: new Set(shows),
});
const never = (error: unknown): never => {
  throw error;
};
/** Lets everything that is ready run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Homes that were opened', () => {
  it('follow what concerns them or stands on them, and admins follow everything', async () => {
    const seen: string[] = [];
    const homes = createHomes({
      draw: async ({ user }) => {
        seen.push(user);
        return drawn(user === 'U0ADMIN', ...(user === 'U0ONCE' ? [view.request.id] : []));
      },
      onError: never,
    });
    const people = [dev.slackUserId, dba.slackUserId, 'U0ADMIN', 'U0ONCE', 'U0OTHER'];
    await Promise.all(people.map((user) => homes.show(actor(user))));
    seen.length = 0;
    homes.changed(view);
    await settled();
    expect(seen.sort()).toEqual(['U0ADMIN', dba.slackUserId, dev.slackUserId, 'U0ONCE'].sort());
    seen.length = 0;
    homes.watchChanged();
    await settled();
    expect(seen).toEqual(['U0ADMIN']);
  });

  it('are left alone by a change that they show already, also while they are being drawn', async () => {
    let drawings = 0;
    const homes = createHomes({
      draw: async () => {
        drawings += 1;
        return drawn();
      },
      onError: never,
    });
    const showing = homes.show(actor(dev.slackUserId));
    homes.changed(view, 7);
    await showing;
    homes.changed(view, 6);
    homes.changed(view, 7);
    await settled();
    expect(drawings).toBe(1);
    homes.changed(view, 8);
    await settled();
    expect(drawings).toBe(2);
    homes.changed(view);
    await settled();
    expect(drawings).toBe(3);
  });

  it('are not drawn for whoever never opened one', async () => {
    const homes = createHomes({ draw: () => never(new Error('It was drawn')), onError: never });
    homes.changed(view);
    homes.watchChanged();
    await settled();
  });

  it('are drawn again for what changes just as a drawing ends', async () => {
    let state = 0;
    let published = -1;
    const homes = createHomes({
      draw: async () => {
        published = state;
        return drawn(true);
      },
      onError: never,
    });
    for (let ticks = 0; ticks < 20; ticks += 1) {
      void homes.show(actor('U0ADMIN'));
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      state += 1;
      homes.changed(view);
      await settled();
      expect({ ticks, published }).toEqual({ ticks, published: state });
    }
  });

  it('are drawn one at a time: what changes meanwhile comes after it, once', async () => {
    let state = 0;
    let running = 0;
    const published: number[] = [];
    const homes = createHomes({
      draw: async () => {
        running += 1;
        expect(running).toBe(1);
        const seen = state;
        await settled();
        published.push(seen);
        running -= 1;
        return drawn();
      },
      onError: never,
    });
    const first = homes.show(actor(dev.slackUserId));
    for (state = 1; state < 5; state += 1) homes.changed(view);
    await first;
    expect(published).toEqual([0, 5]);
  });

  it('keep the pages that were turned to', async () => {
    const pages: HomePages[] = [];
    const homes = createHomes({
      draw: async (_, shown) => {
        pages.push(shown);
        return drawn();
      },
      onError: never,
    });
    await homes.show(actor(dev.slackUserId));
    await homes.turn(actor(dev.slackUserId), 'past', 2);
    homes.changed(view);
    await settled();
    expect(pages).toEqual([{}, { past: 2 }, { past: 2 }]);
  });

  it('of two processes: the one that was overtaken reads again, so that the newest state stands', async () => {
    let state = 'old';
    let shown = { hash: '', state: '' };
    let count = 0;
    const slack = (hold: Promise<void>) => async (_: Actor, __: HomePages, hash: string | null) => {
      const seen = state;
      await hold;
      if (hash !== null && hash !== shown.hash) return 'overtaken' as const;
      count += 1;
      shown = { hash: String(count), state: seen };
      return { ...drawn(), hash: shown.hash };
    };
    let release = (): void => undefined;
    const gate = { hold: Promise.resolve() };
    const slow = createHomes({ draw: (...given) => slack(gate.hold)(...given), onError: never });
    const fast = createHomes({ draw: slack(Promise.resolve()), onError: never });
    await slow.show(actor(dev.slackUserId));
    gate.hold = new Promise((resolve) => {
      release = resolve;
    });
    // The slow one reads the old state, and is overtaken by the one that reads the new.
    slow.changed(view);
    await settled();
    state = 'new';
    await fast.show(actor(dev.slackUserId));
    expect(shown.state).toBe('new');
    release();
    await settled();
    await settled();
    expect(shown.state).toBe('new');
  });

  it('are tried again after a failure, a few times, and at the next change', async () => {
    const errors: unknown[] = [];
    const waiting: (() => void)[] = [];
    let fails = false;
    let count = 0;
    const homes = createHomes({
      draw: async () => {
        if (fails) throw new Error('Slack is away');
        count += 1;
        return drawn();
      },
      onError: (error) => errors.push(error),
      later: (work) => waiting.push(work),
    });
    await homes.show(actor(dev.slackUserId));
    fails = true;
    homes.changed(view);
    await settled();
    expect([errors.length, count, waiting.length]).toEqual([1, 1, 1]);
    fails = false;
    waiting.pop()?.();
    await settled();
    expect([errors.length, count]).toEqual([1, 2]);
    fails = true;
    homes.changed(view);
    await settled();
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      next();
      await settled();
    }
    expect(errors).toHaveLength(5);
    fails = false;
    homes.changed(view);
    await settled();
    expect(count).toBe(3);
  });
});
