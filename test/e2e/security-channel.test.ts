import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Target } from '../../src/sandbox/target.ts';
import { textOf } from '../../src/sandbox/workspace/elements.ts';
import { POLICY, startSharedTarget } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';

/** An alarm is told somewhere, whatever becomes of the channel that it is for. */
const TIME_LIMIT_MS = 120_000;
const PATIENCE_MS = 30_000;

let target: Target;
beforeAll(async () => {
  target = await startSharedTarget();
}, TIME_LIMIT_MS);
afterAll(() => target.stop());

let world: World | undefined;
afterEach(async () => {
  expect(world?.workspace.violations ?? []).toEqual([]);
  await world?.stop();
  world = undefined;
});

describe('a changed policy that does not check', () => {
  it(
    'is told where cards go by default when the security channel is archived',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'elevate-policy-'));
      const file = join(folder, 'policy.yaml');
      const text = await readFile(POLICY, 'utf8');
      await writeFile(file, text);
      try {
        world = await startWorld({ target, policy: file });
        archive(world, 'security');
        await writeFile(file, text.replace('"developers" in', '"develpers" in'));
        await world.app.reloadPolicy();
        await said(world, 'access', 'was refused');
      } finally {
        await world?.stop();
        await rm(folder, { recursive: true, force: true });
      }
    },
    TIME_LIMIT_MS,
  );
});

describe('access that nobody granted', () => {
  it(
    'is shown where the cards are when the security channel is archived',
    async () => {
      world = await startWorld({ target });
      const w = world;
      await w.workspace.user('dev').command('/elevate orders-db/read 2h looking at a bug', { channel: 'access' });
      await said(w, 'access-prod', '*Live*');
      archive(w, 'security');
      await w.target.sql('GRANT orders_admin TO theo');
      w.advance(60);
      await said(w, 'access-prod', 'Unknown holder');
      await w.target.sql('REVOKE orders_admin FROM theo');
      w.advance(15 * 60);
      await said(w, 'access-prod', 'Nothing here waits for anybody');
    },
    TIME_LIMIT_MS,
  );

  it(
    'is shown anew there when the channel of its card is archived since',
    async () => {
      world = await startWorld({ target });
      const w = world;
      await w.workspace.user('dev').command('/elevate orders-db/read 2h looking at a bug', { channel: 'access' });
      await said(w, 'access-prod', '*Live*');
      await w.target.sql('GRANT orders_admin TO theo');
      w.advance(60);
      await said(w, 'security', 'Unknown holder');
      archive(w, 'security');
      await w.target.sql('GRANT orders_admin TO bo');
      w.advance(15 * 60);
      await said(w, 'access-prod', 'Unknown holder');
      expect(w.workspace.messages('access-prod')).toHaveLength(2);
    },
    TIME_LIMIT_MS,
  );
});

/** Somebody has access that nobody can take away when its time is over. */
async function held(): Promise<World> {
  world = await startWorld({ target });
  const { workspace, target: orders } = world;
  await workspace.user('dev').command('/elevate orders-db/read 20m looking at a bug', { channel: 'access' });
  // The target shows it before it is noted as live, and only what is noted has its end.
  await said(world, 'access-prod', '*Live*');
  await orders.be('is unreachable');
  return world;
}
function archive({ workspace }: World, name: string): void {
  const fault = { error: 'is_archived', channel: workspace.channel(name).id, times: Number.POSITIVE_INFINITY };
  workspace.failNext('chat.postMessage', fault);
  workspace.failNext('chat.update', fault);
}
const said = ({ workspace }: World, channel: string, words: string, meanwhile = (): void => undefined) =>
  workspace.waitFor(
    () => {
      meanwhile();
      return workspace
        .messages(channel)
        .flatMap((message) => [message, ...workspace.thread(message)])
        .some((message) => `${message.text}\n${textOf(message.blocks)}`.includes(words));
    },
    { what: `'${words}' in #${channel}`, timeoutMs: PATIENCE_MS },
  );

describe('the alarm of access that could not be removed', () => {
  it(
    'stands where the cards are when the security channel is archived',
    async () => {
      const w = await held();
      archive(w, 'security');
      w.advance(20 * 60);
      await said(w, 'access-prod', 'Access was not removed');
      expect(w.workspace.messages('security')).toEqual([]);
      await w.target.be('is reachable again');
      w.advance(5 * 60);
      await w.workspace.waitFor(async () => !(await w.target.holds('dev')), {
        what: 'the end',
        timeoutMs: PATIENCE_MS,
      });
    },
    TIME_LIMIT_MS,
  );

  it(
    'is told anew where the cards are when its channel is archived while it stands',
    async () => {
      const w = await held();
      w.advance(20 * 60);
      await said(w, 'security', 'Access was not removed');
      expect(w.workspace.messages('access-prod')).toHaveLength(1);
      archive(w, 'security');
      // It is told again every hour, as the clock goes; when the first hour begins only the bot knows.
      await said(w, 'access-prod', 'Access was not removed', () => w.advance(3_600));
    },
    TIME_LIMIT_MS,
  );
});
