import { afterEach, expect, it } from '@jest/globals';
import { textOf } from '../../src/sandbox/workspace/elements.ts';
import { object, text } from '../../src/sandbox/workspace/json.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import { startWorld, type World } from '../support/world.ts';

const TIME_LIMIT_MS = 120_000;
let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const labelled =
  (label: string) =>
  (element: Record<string, unknown>): boolean =>
    text(object(element.text).text) === label;

/** A message of the channel, or a line of a thread in it, that says so; with `inThread`, only such a line: the card comes first. */
async function said(w: World, channel: string, words: string, inThread = false): Promise<Message> {
  return w.workspace.waitFor(
    () => {
      const all = w.workspace.messages(channel).flatMap((message) => [message, ...w.workspace.thread(message)]);
      return all.findLast(
        (message) =>
          (!inThread || message.threadTs !== undefined) && `${message.text}\n${textOf(message.blocks)}`.includes(words),
      );
    },
    { what: `"${words}" in #${channel}`, timeoutMs: 30_000 },
  );
}
const modalSays = (w: World, who: string, words: string) =>
  w.workspace.waitFor(() => textOf(w.workspace.modal(who)?.blocks ?? []).includes(words), {
    what: `the modal of ${who} to say "${words}"`,
    timeoutMs: 15_000,
  });

it(
  'a failing revocation is resolved from its alert, and its proof is behind a button in the thread',
  async () => {
    const w = await startWorld();
    world = w;
    const { workspace, target } = w;
    await workspace.user('dev').command('/elevate orders-db/read 20m looking at a bug', { channel: 'access' });
    await workspace.waitFor(() => target.holds('dev'), { what: 'the access', timeoutMs: 30_000 });
    await target.be('is unreachable');
    w.advance(20 * 60);
    const alert = await said(w, 'security', 'Access was not removed');

    await workspace.user('dev').click(alert, labelled('Mark resolved…'));
    await modalSays(w, 'dev', 'Elevate asks the target first');
    await workspace.user('dev').submit('modal', { reason: 'it is fine' });
    await modalSays(w, 'dev', 'Somebody else in charge has to');

    await workspace.user('dba').click(alert, labelled('Mark resolved…'));
    await modalSays(w, 'dba', 'Elevate asks the target first');
    await workspace.user('dba').submit('modal', { reason: 'the network to it was cut for good' });
    await modalSays(w, 'dba', 'Closed on your word');
    await said(w, 'security', 'Closed without proof');
    const line = await said(w, 'access-prod', 'closed it without proof', true);

    await workspace.user('dev2').click(line, labelled('Proof'));
    await modalSays(w, 'dev2', 'closed without proof: the network to it was cut for good');

    // It was there all the time: the watch finds it and takes it away.
    await target.be('is reachable again');
    w.advance(15 * 60);
    await workspace.waitFor(async () => !(await target.holds('dev')), { what: 'the end of it', timeoutMs: 30_000 });
    await said(w, 'access-prod', 'is there again on the target');
    expect(workspace.violations).toEqual([]);
  },
  TIME_LIMIT_MS,
);

it(
  'an unknown holder is shown with buttons, and accepted in a form',
  async () => {
    const w = await startWorld();
    world = w;
    const { workspace, target } = w;
    await workspace.user('dev').command('/elevate orders-db/read 20m looking at a bug', { channel: 'access' });
    await workspace.waitFor(() => target.holds('dev'), { what: 'the access', timeoutMs: 30_000 });
    await target.sql('GRANT orders_admin TO theo');
    w.advance(60);
    const card = await said(w, 'security', 'Unknown holder');
    await workspace.user('dba').click(card, labelled('Accept…'));
    await modalSays(w, 'dba', 'Unknown holder');
    await workspace.user('dba').submit('modal');
    await said(w, 'security', 'Nothing here waits for anybody');
    const metrics = await (await fetch(`${w.app.url}/metrics`)).text();
    expect(metrics).toMatch(/^elevate_overdue_grants 0$/m);
    expect(metrics).toMatch(/^elevate_grants\{status="active"\} 1$/m);
    expect(metrics).toMatch(/^elevate_open_drift 0$/m);
    expect(metrics).toMatch(/^elevate_queue_ready 1$/m);
    expect(workspace.violations).toEqual([]);
  },
  TIME_LIMIT_MS,
);
