import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { textOf } from '../../src/sandbox/workspace/elements.ts';
import { object, text } from '../../src/sandbox/workspace/json.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import { withClient } from '../../src/store/with-client.ts';
import { POLICY } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';

const TIME_LIMIT_MS = 120_000;
let world: World | undefined;
const folders: string[] = [];
afterEach(async () => {
  await world?.stop();
  world = undefined;
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
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
/** The target shows an access before it is noted as live, and only what is noted has its end. */
const live = (w: World, count: number) =>
  w.workspace.waitFor(
    () =>
      w.workspace.messages('access-prod').filter((message) => textOf(message.blocks).includes('*Live*')).length ===
      count,
    { what: `${count} live`, timeoutMs: 30_000 },
  );
const modalSays = (w: World, who: string, words: string) =>
  w.workspace.waitFor(() => textOf(w.workspace.modal(who)?.blocks ?? []).includes(words), {
    what: `the modal of ${who} to say "${words}"`,
    timeoutMs: 15_000,
  });
/** Behind a click, where nobody else sees it: in the channel, or by direct message. */
const toldOnly = (w: World, who: string, words: string) =>
  w.workspace.waitFor(
    () => [...w.workspace.ephemerals(who), ...w.workspace.dms(who)].some((message) => message.text.includes(words)),
    { what: `"${words}" told to ${who}`, timeoutMs: 30_000 },
  );

/** The suite's policy with a role for whoever asks. */
async function forEverybody(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'elevate-policy-'));
  folders.push(folder);
  const path = join(folder, 'policy.yaml');
  const role = `  orders-db/all:
    title: Orders DB for all
    entitlement: { role: orders_read }
    subject: requester.email.split("@")[0]
    duration: { default: 30m, max: 2h }
    rules: [{ name: all, then: approve }]
`;
  await writeFile(path, (await readFile(POLICY, 'utf8')) + role);
  return path;
}

it(
  'a failing revocation is resolved from its alert, and its proof is behind a button in the thread',
  async () => {
    const w = await startWorld();
    world = w;
    const { workspace, target } = w;
    await workspace.user('dev').command('/elevate orders-db/read 20m looking at a bug', { channel: 'access' });
    await live(w, 1);
    await target.be('is unreachable');
    w.advance(20 * 60);
    const alert = await said(w, 'security', 'Access was not removed');

    const failed = await said(w, 'access-prod', 'Taking it away failed', true);
    await workspace.user('dev2').click(failed, labelled('Proof'));
    await modalSays(w, 'dev2', 'OVERDUE by');

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
    await modalSays(w, 'dev2', 'closed it WITHOUT PROOF, with the reason: the network to it was cut for good');

    // It was there all the time: the watch finds it and takes it away.
    await target.be('is reachable again');
    w.advance(15 * 60);
    await workspace.waitFor(async () => !(await target.holds('dev')), { what: 'the end of it', timeoutMs: 30_000 });
    await said(w, 'access-prod', 'was closed without proof, and is still there on the target');
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
    const settled = await said(w, 'security', 'Nothing here waits for anybody');
    expect(textOf(settled.blocks)).toMatch(/theo.*said by.*Accepted/s);
    const metrics = await (await fetch(`${w.app.url}/metrics`)).text();
    expect(metrics).toMatch(/^elevate_overdue_grants 0$/m);
    expect(metrics).toMatch(/^elevate_grants\{status="active"\} 1$/m);
    expect(metrics).toMatch(/^elevate_open_drift 0$/m);
    expect(metrics).toMatch(/^elevate_queue_ready 1$/m);
    expect(workspace.violations).toEqual([]);
  },
  TIME_LIMIT_MS,
);

/** By whom the audit has it, each time. */
async function actorsOf(w: World, kind: string): Promise<string[]> {
  return withClient(w.databaseUrl, async (client) => {
    const { rows } = await client.query<{ actor: string }>(
      'SELECT actor::text AS actor FROM audit_events WHERE kind = $1 ORDER BY sequence',
      [kind],
    );
    return rows.map(({ actor }) => actor);
  });
}

it(
  'five that fail on one target are tried again, and closed, by the two buttons of their one message',
  async () => {
    const w = await startWorld({ policy: await forEverybody() });
    world = w;
    const { workspace, target } = w;
    const holders = ['dev', 'dev2', 'sre', 'security', 'dba2'];
    for (const who of holders) {
      await workspace.user(who).command('/elevate orders-db/all 20m looking at a bug', { channel: 'access' });
      await workspace.waitFor(() => target.holds(who), { what: `the access of ${who}`, timeoutMs: 30_000 });
    }
    await live(w, holders.length);
    await target.be('is unreachable');
    w.advance(21 * 60);
    const alarm = await said(w, 'security', '5 grants on orders-pg were not removed');

    await workspace.user('dev').click(alarm, labelled('Retry all now'));
    // A holder may have only their own taken away.
    await toldOnly(w, 'dev', '1 grant: tried now.');
    const byDev = expect.stringContaining(w.person('dev'));
    expect(await actorsOf(w, 'grant.retry_requested')).toEqual([byDev]);
    await workspace.user('dba').click(alarm, labelled('Retry all now'));
    await toldOnly(w, 'dba', '5 grants: tried now.');
    const byDba = expect.stringContaining(w.person('dba'));
    expect(await actorsOf(w, 'grant.retry_requested')).toEqual([byDev, ...Array(5).fill(byDba)]);

    await workspace.user('dba').click(alarm, labelled('Mark all resolved…'));
    await modalSays(w, 'dba', 'Elevate asks the target first about each of 5 grants');
    await workspace.user('dba').submit('modal', { reason: 'the network to it was cut for good' });
    await modalSays(w, 'dba', '5 grants closed. The target could not be asked, so that is on your word');
    await said(w, 'security', '5 grants were closed on somebody’s word');
    expect(await actorsOf(w, 'grant.resolved_unverified')).toEqual(Array(5).fill(byDba));

    // They were there all the time.
    await target.be('is reachable again');
    w.advance(15 * 60);
    for (const who of holders) {
      await workspace.waitFor(async () => !(await target.holds(who)), { what: `the end of ${who}`, timeoutMs: 30_000 });
    }
    w.advance(60);
    await said(w, 'security', 'Nothing on this target waits to be taken away');
    // The buttons that somebody still has on the screen.
    await workspace.user('dba').click(alarm, labelled('Retry all now'));
    await toldOnly(w, 'dba', 'Nothing here waits to be taken away any more');
    await workspace.user('security').click(alarm, labelled('Retry now'));
    await toldOnly(w, 'security', 'Nothing here waits to be taken away any more');
    expect(workspace.violations).toEqual([]);
  },
  TIME_LIMIT_MS,
);
