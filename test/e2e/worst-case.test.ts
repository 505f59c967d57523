import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { shortKey } from '../../src/domain/policy/short-key.ts';
import { interactive, textOf } from '../../src/sandbox/workspace/elements.ts';
import { type Json, object, text } from '../../src/sandbox/workspace/json.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import { withClient } from '../../src/store/with-client.ts';
import { liveMarkup } from '../support/live-markup.ts';
import { startWorld, type World } from '../support/world.ts';
import { longHostile } from '../support/worst-case.ts';
import { INSTRUCTIONS, NARROWER_ROLE, RECORDED_ROLE, ROLE, WORST_SEED, worstPolicy } from '../support/worst-policy.ts';

const TIME_LIMIT_MS = 180_000;
const PATIENCE_MS = 30_000;
const LONGEST = 3_000;
/** The last of 3,000 characters is the first half of an emoji: whoever cuts there cuts it in two. */
const TOO_LONG = `${'a'.repeat(LONGEST - 1)}${'🔥'.repeat(10)}`;

let world: World;
let folder: string;
/** What is live in anything that somebody saw. */
const live = new Set<string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elevate-worst-'));
  const policy = join(folder, 'policy.yaml');
  await writeFile(policy, worstPolicy());
  world = await startWorld({ policy, seed: WORST_SEED, remembersPeople: true });
  world.workspace.onChange((change) => {
    if (change.type !== 'modal' && change.type !== 'home') return;
    for (const shown of [world.workspace.modal(change.user), world.workspace.home(change.user)]) look(shown?.view);
  });
}, TIME_LIMIT_MS);
// The stage's end throws what Slack would not have taken, the total size of a message included.
afterAll(async () => {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

it(
  'a hundred approvers, a thousand roles and 3,000 characters of anything, through every form, message and list',
  async () => {
    const asked = longHostile(LONGEST, 'Asked: ');
    const denied = longHostile(LONGEST, 'Denied: ');
    await refusedAsTooLong();
    await asks(asked);
    const first = await cardWith('Asked: ');
    expect(whole(first)).toContain(asked);
    await changes(first);
    await denies(first, denied);
    await wholeOn(first, asked, denied);

    const again = longHostile(LONGEST, 'Again: ');
    await asks(again);
    const second = await cardWith('Again: ');
    await approves(second);
    await told('dev', 'You now have');
    expect(whole(dm('dev', 'You now have'))).toContain(INSTRUCTIONS);
    await homes();
    await asksForMore();
    await lists();
    await revokes(second, again);
    await breaksGlass();

    for (const { args } of world.workspace.calls) look(Object.values(args).map(parsed));
    for (const persona of ['dev', 'dba', 'security', 'sre']) look(world.workspace.ephemerals(persona));
    expect([...live]).toEqual([]);
    expect(world.workspace.violations.map(({ method, rule, message }) => `${method}: ${rule}: ${message}`)).toEqual([]);
  },
  TIME_LIMIT_MS,
);

async function refusedAsTooLong(): Promise<void> {
  const dev = world.workspace.user('dev');
  await openForm();
  const fields = { duration: '1h', ticket: 'INC-42', reason: TOO_LONG };
  // Slack's own client first; then a client that sends it all the same.
  expect((await dev.submit('modal', fields)).errors.reason).toContain('no more than 3000');
  expect((await dev.submit('modal', fields, { force: true })).errors.reason).toContain('Keep it to 3000 characters');
  await dev.closeModal({ all: true });
  await dev.command(`/elevate ${ROLE} 1h ${TOO_LONG} INC-42`, { channel: 'access' });
  await answered('dev', 'Keep it to 3000 characters');
  // What the policy refuses is kept with its reason, as much of it as fits.
  await dev.command(`/elevate ${ROLE} 31d ${TOO_LONG} INC-42`, { channel: 'access' });
  await answered('dev', '29 days');
  expect(world.cards()).toEqual([]);
  await eventually('the refusal to be kept', async () => {
    const { rows } = await withClient(world.databaseUrl, (client) => client.query('SELECT reason FROM requests'));
    if (rows.length > 0) expect(rows).toEqual([{ reason: 'a'.repeat(LONGEST - 1) }]);
    return rows.length > 0;
  });
}

/** The form of ROLE, chosen in the search among a thousand. */
async function openForm(): Promise<void> {
  const dev = world.workspace.user('dev');
  await dev.command('/elevate', { channel: 'access' });
  await field('dev', 'role');
  const search = (typed: string): Promise<Json[]> => dev.suggest('modal', isSearch, typed);
  await eventually('a hundred of the roles', async () => {
    const offered = await search('');
    look(offered);
    return offered.length === 100;
  });
  await eventually('the one that was searched for', async () =>
    (await search(ROLE)).some(({ value }) => value === shortKey(ROLE)),
  );
  const menu = interactive(dev.modal()?.blocks ?? []).find(({ element }) => isSearch(element));
  await dev.changeInput('modal', text(menu?.block.block_id), text(menu?.element.action_id), shortKey(ROLE));
  await field('dev', 'ticket');
}

async function asks(reason: string): Promise<void> {
  await openForm();
  await submit('dev', { duration: '2h', ticket: 'INC-42', reason });
  await told('dev', '100 people can approve it, and the card mentions 8 of them');
}

async function changes(card: Message): Promise<void> {
  await press('dba', 'Change…', card);
  await field('dba', 'narrower');
  await submit('dba', { narrower: shortKey(NARROWER_ROLE), duration: '1h' });
  await eventually('the change on the card', () => textOf(cardOf(card).blocks).includes(NARROWER_ROLE));
}

async function denies(card: Message, reason: string): Promise<void> {
  await press('dba', 'Deny…', card);
  await field('dba', 'reason');
  await submit('dba', { reason });
  await told('dev', 'was denied by');
  await eventually('the line in the thread', () => thread(card).includes('denied it: Denied: '));
}

async function approves(card: Message): Promise<void> {
  await press('approver97', 'Approve', card);
  await eventually(
    'the approval on the card',
    () => textOf(cardOf(card).blocks).includes('*Approved*') || textOf(cardOf(card).blocks).includes('*Live*'),
  );
}

async function homes(): Promise<void> {
  for (const persona of ['dev', 'dba', 'security']) await world.workspace.user(persona).openHome();
  await eventually('what the requester has', () => home('dev').includes(ROLE));
  await eventually('what the admin sees', () => home('security').includes('All live and scheduled access'));
  await eventually('the Home of the approver', () => home('dba').includes('/elevate'));
}

async function asksForMore(): Promise<void> {
  const more = longHostile(LONGEST, 'More: ');
  await press('dev', 'Extend…', 'home');
  await field('dev', 'duration');
  await submit('dev', { duration: '1h', reason: more });
  const card = await cardWith('More: ');
  expect(whole(card)).toContain(more);
  await approves(card);
  await told('dev', '1 hour more of');
}

async function lists(): Promise<void> {
  const { workspace } = world;
  // Something waits, for one and by the other.
  await workspace.user('sre').command(`/elevate ${RECORDED_ROLE} 1h ${typed(LONGEST, 'Waits: ')} INC-7`, {
    channel: 'access',
  });
  await answered('sre', 'Asked for');
  for (const [persona, line, answer] of [
    ['dev', `who ${ROLE}`, 'is held by'],
    ['dev', 'status', 'You have 1 role'],
    ['dba', 'status', '1 request waits for you'],
    ['sre', 'pending', 'You wait for 1 approval'],
    ['dba', 'pending', '1 request waits for you'],
    ['dev', `why ${ROLE}`, ROLE],
    ['dev', `why ${NARROWER_ROLE} 2h`, NARROWER_ROLE],
  ] as const) {
    await workspace.user(persona).command(`/elevate ${line}`, { channel: 'access' });
    await answered(persona, answer);
  }
}

async function revokes(card: Message, asked: string): Promise<void> {
  const why = longHostile(LONGEST, 'Revoked: ');
  await revoke('dev', why);
  await told('dev', 'has ended');
  await wholeOn(card, asked, why);
}

/** Slack makes a link of what looks like one in a line that is typed, and a line has single spaces. */
const typed = (length: number, start: string): string =>
  `${start}${longHostile(2 * LONGEST)
    .replaceAll(/<https\S*/g, '')
    .replaceAll(/\s+/g, ' ')}`
    .slice(0, length)
    .trim();

async function revoke(holder: string, why: string): Promise<void> {
  await world.workspace.user('security').command(`/elevate revoke @${holder}`, { channel: 'access' });
  await field('security', 'reason');
  await submit('security', { reason: why });
}

async function breaksGlass(): Promise<void> {
  const why = typed(LONGEST, 'Down: ');
  const ended = longHostile(LONGEST, 'Revoked: ');
  const found = longHostile(LONGEST, 'Found: ');
  await world.workspace.user('sre').command(`/elevate break-glass ${RECORDED_ROLE} ${why}`, { channel: 'access' });
  const card = await cardWith('Down: ');
  expect(whole(card)).toContain(why);
  await told('dba', 'used break-glass');
  const alert = await eventually('the alert', () =>
    world.workspace.messages('security').find((each) => whole(each).includes('Down: ')),
  );
  expect(whole(alert)).toContain(why);
  await told('sre', 'You now have');
  await revoke('sre', ended);
  await told('sre', 'has ended');
  await press('dba2', 'Review…', card);
  await field('dba2', 'verdict');
  expect(decode(textOf(world.workspace.modal('dba2')?.blocks ?? []).replaceAll('\n', ''))).toContain(why);
  await submit('dba2', { verdict: 'justified', reason: found });
  await wholeOn(card, why, ended, found);
  await eventually('the record', () => {
    const head = world.workspace.messages('access-audit').find((each) => whole(each).includes('Down: '));
    return head && thread(head).includes('reviewed the use of break-glass');
  });
}

const eventually = <T>(what: string, ask: () => T | Promise<T>) =>
  world.workspace.waitFor(ask, { what, timeoutMs: PATIENCE_MS }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${world.logTail()}`);
  });
/** Blocks and views go to Slack as JSON in a text. */
const parsed = (value: unknown): unknown =>
  typeof value === 'string' && /^[[{]/.test(value) ? JSON.parse(value) : value;
const look = (sent: unknown): void => {
  for (const each of liveMarkup(sent)) live.add(each);
};

const decode = (words: string): string =>
  words.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
/** What a reader of the message can read in it, a text that stands in several sections in one piece. */
const whole = (message: Message): string => decode(textOf(message.blocks).replaceAll('\n', ''));
const wholeOn = (card: Message, ...texts: string[]): Promise<unknown> =>
  eventually('every text whole on the card', () => {
    const missing = texts.filter((each) => !whole(cardOf(card)).includes(each)).map((each) => each.slice(0, 9));
    if (missing.length > 0) throw new Error(`${missing.join(', ')} is not, in:\n${textOf(cardOf(card).blocks)}`);
    return true;
  });
const cardOf = (card: Message): Message => world.workspace.message(card) ?? card;
const cardWith = (words: string): Promise<Message> =>
  eventually(`a card with ${words}`, () => world.cards().find((each) => whole(each).includes(words)));
const thread = (card: Message): string =>
  world.workspace
    .thread(card)
    .map((each) => decode(each.text))
    .join('\n');
const home = (who: string): string => textOf(world.workspace.home(who)?.blocks ?? []);
const dm = (who: string, words: string): Message => {
  const found = world.workspace.dms(who).findLast((each) => each.text.includes(words));
  if (!found)
    throw new Error(
      `${who} was told:\n${world.workspace
        .dms(who)
        .map((each) => each.text)
        .join('\n')}`,
    );
  return found;
};
const told = (who: string, words: string): Promise<Message> =>
  eventually(`${who} to hear '${words}'`, () => dm(who, words));

/** In private, or in the form that was opened while it was looked up. */
const answered = (who: string, words: string): Promise<unknown> =>
  eventually(`${who} to be answered '${words}'`, () => {
    const said = world.workspace.ephemerals(who).map((each) => `${each.text}\n${textOf(each.blocks)}`);
    const all = [...said, textOf(world.workspace.modal(who)?.blocks ?? [])];
    if (all.some((each) => each.includes(words))) return true;
    throw new Error(`They were answered:\n${all.join('\n')}`);
  });

const isSearch = (element: Json): boolean => element.type === 'external_select';
const field = (who: string, name: string): Promise<unknown> =>
  eventually(`the field ${name} of ${who}`, () => {
    const placed = interactive(world.workspace.modal(who)?.blocks ?? []);
    return placed.some(({ block, element }) => block.block_id === name || element.action_id === name);
  });

async function submit(who: string, values: Record<string, string>): Promise<void> {
  const answer = await world.workspace.user(who).submit('modal', values);
  expect({ errors: answer.errors, late: answer.late, error: answer.error }).toEqual({
    errors: {},
    late: false,
    error: undefined,
  });
}

async function press(who: string, label: string, on: Message | 'home'): Promise<void> {
  const labelled = (element: Json): boolean => text(object(element.text).text) === label;
  await eventually(`a button ${label}`, () => {
    const blocks = on === 'home' ? world.workspace.home(who)?.blocks : cardOf(on).blocks;
    return interactive(blocks ?? []).some(({ element }) => labelled(element));
  });
  await world.workspace.user(who).click(on === 'home' ? on : cardOf(on), labelled);
}
