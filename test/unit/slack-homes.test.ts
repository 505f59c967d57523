import { describe, expect, it } from '@jest/globals';
import { slackUserId, workspaceId } from '../../src/domain/ids.ts';
import type { Actor } from '../../src/slack/desk.ts';
import { createHomes } from '../../src/slack/home/homes.ts';
import type { RequestView } from '../../src/usecases/ports.ts';
import { aRequest, dba, dev, T0 } from '../support/domain.ts';

const actor = (user: string): Actor => ({ workspace: workspaceId('T0TEAM'), user: slackUserId(user) });
const view: RequestView = {
  request: aRequest({ stages: [] }),
  grant: null,
  approvers: [dba.slackUserId],
  deciders: [],
  voters: null,
  extensionSeconds: null,
  now: T0,
};
/** Lets everything that is ready run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Homes that were opened', () => {
  it('follow what concerns them, and admins follow everything', async () => {
    const drawn: string[] = [];
    const homes = createHomes(
      async ({ user }) => {
        drawn.push(user);
        return user === 'U0ADMIN';
      },
      () => undefined,
    );
    await Promise.all([dev.slackUserId, dba.slackUserId, 'U0ADMIN', 'U0OTHER'].map((user) => homes.show(actor(user))));
    drawn.length = 0;
    homes.changed(view);
    await settled();
    expect(drawn.sort()).toEqual(['U0ADMIN', dba.slackUserId, dev.slackUserId].sort());
  });

  it('are not drawn for whoever never opened one', async () => {
    let drawn = 0;
    const homes = createHomes(
      async () => {
        drawn += 1;
        return false;
      },
      () => undefined,
    );
    homes.changed(view);
    await settled();
    expect(drawn).toBe(0);
  });

  it('are drawn one at a time: what changes meanwhile comes after it, once', async () => {
    let state = 0;
    let running = 0;
    const published: number[] = [];
    const homes = createHomes(
      async () => {
        running += 1;
        expect(running).toBe(1);
        const seen = state;
        await settled();
        published.push(seen);
        running -= 1;
        return false;
      },
      () => undefined,
    );
    const first = homes.show(actor(dev.slackUserId));
    for (state = 1; state < 5; state += 1) homes.changed(view);
    await first;
    expect(published).toEqual([0, 5]);
  });

  it('are drawn again at the next change after a failure', async () => {
    const errors: unknown[] = [];
    let fails = false;
    let drawn = 0;
    const homes = createHomes(
      async () => {
        if (fails) throw new Error('Slack is away');
        drawn += 1;
        return false;
      },
      (error) => errors.push(error),
    );
    await homes.show(actor(dev.slackUserId));
    fails = true;
    homes.changed(view);
    await settled();
    fails = false;
    homes.changed(view);
    await settled();
    expect([errors.length, drawn]).toEqual([1, 2]);
  });
});
