import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startBot } from '../support/bot-process.ts';
import { elevate } from '../support/cli.ts';
import { POLICY, type Stage, startStage } from '../support/stage.ts';

const TIME_LIMIT_MS = 150_000;
const WAIT = { timeoutMs: 30_000 };

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.teardown.run();
  stage = undefined;
});

describe('SIGHUP to the running bot', () => {
  it(
    'puts a policy that checks in force and refuses one that does not, and it serves on',
    async () => {
      const scene = await startStage();
      stage = scene;
      const { workspace } = scene;
      const file = join(scene.folder, 'policy.yaml');
      const text = await readFile(POLICY, 'utf8');
      await writeFile(file, text);
      const bot = await startBot(scene, { POLICY_PATH: file });
      const log = async (): Promise<string> =>
        (await elevate(['policy', 'log'], { DATABASE_URL: scene.databaseUrl })).out;
      // On a slow machine a private answer comes in the form that was opened while it was looked up.
      const told = (persona: string): string =>
        JSON.stringify([workspace.ephemerals(persona), workspace.modal(persona)?.blocks]);

      // The same content again: only the signal can have been what made it look.
      bot.signal('SIGHUP');
      await workspace.waitFor(() => bot.log().includes('read again and means the same'), WAIT);

      await writeFile(file, text.replace('max: 2h', 'max: 3h'));
      bot.signal('SIGHUP');
      await workspace.waitFor(async () => (await log()).split('\n').length === 2, WAIT);
      expect(await log()).toMatch(/^\S+ {2}[0-9a-f]{12} {2}by \S+ \(signal\)/);
      await workspace.user('dev').command('/elevate orders-db/read 3h looking at orders', { channel: 'access' });
      await workspace.waitFor(() => scene.target.holds('dev'), WAIT);

      await writeFile(file, text.replace('"developers" in', '"develpers" in'));
      bot.signal('SIGHUP');
      await workspace.waitFor(() => bot.log().includes('refused and the old one stays in force'), WAIT);
      expect(await log()).toMatch(
        /^\S+ {2}refused +by \S+ \(signal\)\n {4}.*policy\.yaml:\d+:\d+: error unknown_group/,
      );
      await workspace.waitFor(
        () => workspace.messages('security').some((message) => /does not check/.test(JSON.stringify(message.blocks))),
        WAIT,
      );
      await workspace.user('dev2').command('/elevate orders-db/read 4h looking at orders', { channel: 'access' });
      await workspace.waitFor(
        () => /3 hours at most/.test(told('dev2')) || Promise.reject(new Error(told('dev2'))),
        WAIT,
      );
      expect(await bot.terminate()).toBe(0);
    },
    TIME_LIMIT_MS,
  );
});
