import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { startBot } from '../support/bot-process.ts';
import { labelOf } from '../support/insist.ts';
import { POLICY, type Stage, startStage } from '../support/stage.ts';
import { messagesOf } from '../support/watch-messages.ts';

const TIME_LIMIT_MS = 120_000;
const WAIT_MS = 30_000;

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.teardown.run();
  stage = undefined;
});

it.each([
  ['does not check', (file: string) => writeFile(file, 'apiVersion: elevate/v1\nrolez: {}\n'), 'rolez'],
  ['is not there', (file: string) => rm(file), 'There is no policy at'],
])(
  'a policy that %s after a stop keeps no access: what was in force stays so, it is told, and the next one that checks is taken',
  async (_, spoil, says) => {
    const scene = await startStage();
    stage = scene;
    const { workspace, target } = scene;
    const file = join(scene.folder, 'policy-in-force.yaml');
    await copyFile(POLICY, file);
    const bot = await startBot(scene, { POLICY_PATH: file });
    await workspace
      .user('dev')
      .command('/elevate orders-db/admin 4s fixing stuck orders INC-42', { channel: 'access' });
    const card = await workspace.waitFor(() => workspace.messages('access-prod').at(-1), {
      what: 'the card',
      timeoutMs: WAIT_MS,
    });
    await workspace.user('dba').click(card, (element) => labelOf(element) === 'Approve');
    await workspace.waitFor(() => target.holds('dev'), { what: 'the access', timeoutMs: WAIT_MS });
    await bot.kill();
    await spoil(file);

    const again = await startBot(scene, { POLICY_PATH: file });
    await workspace.waitFor(async () => (await scene.auditKinds()).at(-1) === 'grant.ended', {
      what: 'the end',
      timeoutMs: WAIT_MS,
    });
    expect(await target.holds('dev')).toBe(false);
    const refusal = await workspace.waitFor(
      () => messagesOf(workspace, 'security').find((message) => message.says.includes('the old one stays in force')),
      { what: 'the word about the policy', timeoutMs: WAIT_MS },
    );
    expect(refusal.says).toContain(says);
    expect(again.log()).toContain('so the one that was in force before stays');
    expect((await fetch(`${again.url}/readyz`)).status).toBe(200);

    await writeFile(file, (await readFile(POLICY, 'utf8')).replace('timezone: UTC', 'timezone: Europe/Berlin'));
    const loaded = () => (/"msg":"A new policy is in force"/.test(again.log()) ? true : null);
    await workspace.waitFor(loaded, { what: 'the policy that checks', timeoutMs: WAIT_MS });
  },
  TIME_LIMIT_MS,
);
