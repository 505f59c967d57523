import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Target } from '../../src/sandbox/target.ts';
import { interactive, textOf } from '../../src/sandbox/workspace/elements.ts';
import { type Json, object, text } from '../../src/sandbox/workspace/json.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import { startSharedTarget } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';

/**
 * What no honest screen offers: a button of another installation, or of a database that was since restored; one in somebody else's
 * messages; one that names another thing than it stands on; a menu's choice that was not in it; a moment that passes while Slack is asked.
 * Slack signs all of it.
 */
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

async function open(options: Parameters<typeof startWorld>[0] = {}): Promise<World> {
  world = await startWorld({ target, ...options });
  return world;
}

const labelled =
  (label: string) =>
  (element: Json): boolean =>
    text(object(element.text).text) === label;
const has = (message: Message, label: string): boolean =>
  interactive(message.blocks).some(({ element }) => labelled(label)(element));

/** The newest of these messages with that button, once there is one. */
const withButton = (w: World, label: string, messages: () => readonly Message[]): Promise<Message> =>
  w.workspace.waitFor(() => messages().findLast((message) => has(message, label)), {
    what: `a button '${label}'`,
    timeoutMs: PATIENCE_MS,
  });
const told = (w: World, who: string, words: string, times = 1): Promise<unknown> =>
  w.workspace.waitFor(
    () => {
      const seen = [...w.workspace.ephemerals(who), ...w.workspace.dms(who)].map((message) => message.text);
      seen.push(textOf(w.workspace.modal(who)?.blocks ?? []));
      if (seen.filter((each) => each.includes(words)).length >= times) return true;
      throw new Error(`Told was:\n${seen.join('\n')}`);
    },
    { what: `'${words}' told to ${who}`, timeoutMs: PATIENCE_MS },
  );
/** On the target it stands before it is noted as live, and only what is noted has its end. */
const live = (w: World): Promise<unknown> =>
  w.workspace.waitFor(() => textOf(w.cards().at(-1)?.blocks ?? []).includes('*Live*'), {
    what: 'the newest card to be live',
    timeoutMs: PATIENCE_MS,
  });

/** The message about somebody to whom an administrator gave access on the target. */
async function foundOnTarget(w: World, button: string): Promise<Message> {
  await w.workspace.user('dev').command('/elevate orders-db/read 2h looking at a bug', { channel: 'access' });
  await live(w);
  await w.target.sql('GRANT orders_admin TO theo');
  w.advance(60);
  return withButton(w, button, () => w.workspace.messages('security'));
}

/** The same message, with each of these texts in its buttons made into another. */
function forged<T extends { readonly blocks: readonly Json[] }>(
  message: T,
  changes: readonly [string | RegExp, string][],
): T {
  const blocks = changes.reduce((all, [from, to]) => all.replaceAll(from, to), JSON.stringify(message.blocks));
  return { ...message, blocks: JSON.parse(blocks) };
}
/** Ids that nobody knows here. */
const ELSEWHERE: readonly [RegExp, string][] = [
  [/(req|grt)_[0-9a-z]+/g, '$1_elsewhere'],
  [/drf_[0-9a-f]+/g, 'drf_0123456789abcdef'],
];

describe('a button of another installation, or older than a restored database', () => {
  it(
    'says that what it is about is not known here, and changes nothing',
    async () => {
      const w = await open();
      const { workspace } = w;
      await workspace.user('dev').command('/elevate orders-db/admin 1h moving a table INC-7', { channel: 'access' });
      const card = await withButton(w, 'Approve', w.cards);
      for (const button of ['Approve', 'Deny…', 'Change…']) {
        await workspace.user('dba').click(forged(card, ELSEWHERE), labelled(button));
      }
      await told(w, 'dba', 'That request is not known here. It may belong to another installation of Elevate.', 2);

      await workspace.user('sre').command('/elevate orders-db/report 30m looking at a bug', { channel: 'access' });
      await live(w);
      w.advance(28 * 60);
      const notice = await withButton(w, 'Extend by 30 minutes', () => workspace.dms('sre'));
      for (const button of ['Extend by 30 minutes', 'I’m done']) {
        await workspace.user('sre').click(forged(notice, ELSEWHERE), labelled(button));
      }
      await told(w, 'sre', 'That access is not known here. It may belong to another installation of Elevate.', 2);
      expect(await w.target.holds('sre')).toBe(true);
      expect(await w.auditKinds()).not.toContain('grant.ended');
    },
    TIME_LIMIT_MS,
  );

  it(
    'says so of what was found on a target as well',
    async () => {
      const w = await open();
      const drift = await foundOnTarget(w, 'Accept…');
      await w.workspace.user('dba').click(forged(drift, ELSEWHERE), labelled('Accept…'));
      await told(w, 'dba', 'That is not known here any more. The newest message in the channel shows what there is.');
    },
    TIME_LIMIT_MS,
  );
});

describe('a button with another hand on it, or another thing in it', () => {
  it(
    'ends, starts or extends nobody else’s access',
    async () => {
      const w = await open();
      const { workspace } = w;
      await workspace.user('sre').command('/elevate orders-db/report 30m looking at a bug', { channel: 'access' });
      await live(w);
      w.advance(28 * 60);
      const notice = await withButton(w, 'Extend by 30 minutes', () => workspace.dms('sre'));
      for (const button of ['Extend by 30 minutes', 'I’m done']) {
        await workspace.user('dev2').click(notice, labelled(button));
      }
      await told(w, 'dev2', 'Only the person whose access this is can do that.', 2);
      expect(await w.target.holds('sre')).toBe(true);
    },
    TIME_LIMIT_MS,
  );

  it(
    'reviews nothing where break-glass was not used',
    async () => {
      const w = await open();
      const { workspace } = w;
      await workspace
        .user('sre')
        .command('/elevate break-glass orders-db/admin the shop is down', { channel: 'access' });
      const glass = await withButton(w, 'Review…', w.cards);
      await workspace.user('dev').command('/elevate orders-db/admin 1h moving a table INC-7', { channel: 'access' });
      const card = await withButton(w, 'Approve', w.cards);
      const [other] = JSON.stringify(card.blocks).match(/req_[0-9a-z]+/) ?? [];
      await workspace.user('dba').click(forged(glass, [[/req_[0-9a-z]+/g, other ?? '']]), labelled('Review…'));
      await told(w, 'dba', 'There is nothing to review here: break-glass was not used');
    },
    TIME_LIMIT_MS,
  );

  it(
    'takes nothing away that somebody else gave on the target',
    async () => {
      const w = await open();
      const { workspace } = w;
      const card = await foundOnTarget(w, 'Ignore until…');
      expect(interactive(card.blocks).map(({ element }) => text(object(element.text).text))).toEqual([
        'Accept…',
        'Ignore until…',
      ]);
      await workspace.user('dba').click(forged(card, [['open_drift_ignore', 'drift_revoke']]), 'drift_revoke');
      await told(
        w,
        'dba',
        'gave it on the target, not Elevate, and Elevate never takes away what others gave. Ask them',
      );
      expect(await w.target.holds('dev2')).toBe(true);
    },
    TIME_LIMIT_MS,
  );

  it(
    'gives no role that the form did not offer',
    async () => {
      const w = await open();
      const { workspace } = w;
      await workspace.user('dev').command('/elevate orders-db/owner 30m moving a table', { channel: 'access' });
      const card = await withButton(w, 'Change…', w.cards);
      await workspace.user('dba').click(card, labelled('Change…'));
      await told(w, 'dba', 'Which role?');
      const wider = { text: { type: 'plain_text', text: 'Orders DB administrator' }, value: 'orders-db/admin' };
      const answer = await workspace
        .user('dba')
        .submit('modal', { narrower: { selected_option: wider }, duration: '15m' });
      expect(answer.errors).toEqual({
        narrower: 'The policy does not let an approver give orders-db/admin instead. Choose a role from the list.',
      });
    },
    TIME_LIMIT_MS,
  );
});

describe('a start that passes while Slack is asked who is in a group', () => {
  it(
    'is refused, saying what to write',
    async () => {
      const w = await open({ slackTimeLimits: { interactiveMs: TIME_LIMIT_MS, backgroundMs: TIME_LIMIT_MS } });
      const { workspace } = w;
      const dev = workspace.user('dev');
      await dev.command('/elevate', { channel: 'access' });
      const fields = () => interactive(dev.modal()?.blocks ?? []);
      const form = (what: string, shown: () => boolean) =>
        workspace.waitFor(shown, { what: `the form with ${what}`, timeoutMs: PATIENCE_MS });
      const menu = (element: Json): boolean => element.type === 'external_select';
      await form('its search', () => fields().some(({ element }) => menu(element)));
      await dev.suggest('modal', menu, 'read');
      await dev.changeInput('modal', 'role', 'role', 'orders-db/read');
      await form('the fields of the role', () => fields().some(({ block }) => block.block_id === 'start'));
      const soon = new Date((await w.app.ports.store.now()).getTime() + 2 * 3_600_000);
      const start = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'short' }).format(soon);
      await dev.submit('modal', { start, reason: 'looking at a bug' });
      await told(w, 'dev', 'Starts');

      let goOn = (): void => undefined;
      const until = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      workspace.failNext('usergroups.list', { until, times: 100 });
      // Slack has its answer after two seconds; what came of it follows.
      await dev.submit('modal');
      await workspace.waitFor(() => workspace.faultsMet(['usergroups.list']) > 0, {
        what: 'Slack to be asked',
        timeoutMs: PATIENCE_MS,
      });
      w.advance(3 * 3_600);
      workspace.clearFaults();
      goOn();
      await told(w, 'dev', 'That start is past by now. Write a later one, or leave it empty to begin at once.');
    },
    TIME_LIMIT_MS,
  );
});
