import { afterEach, expect, it } from '@jest/globals';
import { textOf } from '../../src/sandbox/workspace/elements.ts';
import { startWorld, type World } from '../support/world.ts';

const TIME_LIMIT_MS = 180_000;
const PATIENCE_MS = 30_000;

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

it(
  'a Home follows what other processes do than the one through which it was opened',
  async () => {
    const w = await startWorld({ remembersPeople: true });
    world = w;
    const { workspace } = w;
    const second = await w.another();
    workspace.deliverTo(`${second.url}/slack/events`);
    await workspace.user('security').openHome();
    const shows = (words: string) =>
      workspace.waitFor(() => textOf(workspace.home('security')?.blocks ?? []).includes(words), {
        what: `the Home to show "${words}"`,
        timeoutMs: PATIENCE_MS,
      });
    await shows('*All live and scheduled access* · 0');
    workspace.deliverTo(`${w.app.url}/slack/events`);

    const say = (who: string, line: string) => workspace.user(who).command(line, { channel: 'access' });
    const asks = [
      ['dev', '/elevate orders-db/read 1h looking at a bug'],
      ['dev2', '/elevate orders-db/read 1h looking at a bug'],
      ['sre', '/elevate orders-db/report 1h weekly numbers'],
    ] as const;
    // Which process draws a card, and with it the Homes that it knows, is up to chance: six times it is not always the second.
    for (const [index, [who, line]] of asks.entries()) {
      await say(who, line);
      await shows(`*All live and scheduled access* · ${index + 1}`);
      await shows(`<@${w.person(who)}>`);
    }
    for (const [index, [who]] of asks.entries()) {
      await say(who, '/elevate done');
      await shows(`*All live and scheduled access* · ${asks.length - index - 1}`);
    }
    expect(workspace.violations).toEqual([]);
  },
  TIME_LIMIT_MS,
);
