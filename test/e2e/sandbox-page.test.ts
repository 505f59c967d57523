import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser } from 'puppeteer-core';
import { openBrowser } from '../support/browser.ts';
import { openSandbox, type Sandbox } from '../support/browser-sandbox.ts';

const desktop = { width: 1440, height: 900 };
const phone = { width: 390, height: 844, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

describe('the sandbox page', () => {
  let browser: Browser;
  let sandbox: Sandbox;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
  });
  beforeEach(async () => {
    sandbox = await openSandbox(browser);
  });
  afterEach(async () => {
    const { complaints, elsewhere } = sandbox;
    await sandbox.stop();
    expect(complaints).toEqual([]);
    expect(elsewhere).toEqual([]);
  });

  it('tells the whole story by mouse, and the guide ticks off what really happened', async () => {
    const user = await sandbox.open(desktop);
    await user.sees('permission denied for table orders');
    await user.shot('story-1-denied');

    await user.press('Fill it in');
    await user.waitFor(
      () => document.querySelector<HTMLInputElement>('#composer')?.value.startsWith('/elevate ') === true,
    );
    await user.press('Send');
    await user.tick(1);
    await user.press('Be Bo');
    await user.sees('Dana Reyes asks for Orders database admin');
    await user.shot('story-2-card');
    await user.press('Approve orders-db/admin for Dana Reyes');
    await user.sees('Your name is kept with it.');
    await user.shot('story-3-confirm');
    await user.press('Not yet');
    expect(sandbox.bot.holds(sandbox.workspace.user('dev').id)).toBe(false);
    await user.press('Approve orders-db/admin for Dana Reyes');
    await user.press('Approve');
    await user.tick(2);

    await user.press('Run the query');
    await user.sees('(3 rows)');
    await user.tick(3);
    await user.sees('Your access is live.');
    await user.shot('story-4-rows');
    await user.press('I’m done');
    await user.tick(4);

    await user.press('Ask as Bo');
    await user.press('Send');
    await user.press('Approve orders-db/admin for Bo Lindqvist');
    await user.press('Approve');
    await user.sees('You asked for this yourself');
    await user.sees('Only visible to you');
    await user.tick(5);
    await user.sees('That is the whole story');
    await user.shot('story-5-own');
    await user.page.reload();
    await user.tick(5);
    await user.press('Hide the guide');
    await user.page.reload();
    await user.sees('Only visible to you');
    expect(await user.page.$('.guide')).toBeNull();
  });

  it('asks by keyboard alone: completion, search, errors at fields, Escape, and the focus where it belongs', async () => {
    const user = await sandbox.open(desktop);
    const { keyboard } = user.page;
    await user.page.focus('#composer');
    await keyboard.type('/el');
    await user.waitFor(() => document.querySelectorAll('.composer-popup [role=option]').length > 4);
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    expect(await user.page.$eval('#composer', (input) => (input as HTMLInputElement).value)).toBe('/elevate');
    await keyboard.press('Enter');

    await user.focused('role');
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await user.waitFor(() => document.querySelector('dialog')?.contains(document.activeElement) === true);
    await keyboard.down('Shift');
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await keyboard.up('Shift');
    await user.focused('role');

    await keyboard.type('shell');
    await user.waitFor(() => document.querySelectorAll('dialog [role=option]').length === 1);
    await keyboard.press('Escape');
    expect(await user.page.$('dialog [role=listbox]')).toBeNull();
    expect(await user.page.$('dialog')).not.toBeNull();
    await keyboard.press('ArrowDown');
    await user.waitFor(() => document.querySelectorAll('dialog [role=option]').length === 3);
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await user.sees('orders-db/read · production');
    await user.focused('role');

    await user.press('Ask');
    await user.sees('Please complete this required field.');
    await user.focused('reason');
    await keyboard.type('just because');
    await user.press('Ask');
    await user.sees('Say which problem you are working on.');
    await user.shot('keyboard-error');
    await user.focused('reason');
    await keyboard.down('Control');
    await keyboard.press('a');
    await keyboard.up('Control');
    await keyboard.type('Checking a refund');
    await user.press('Ask');
    await user.waitFor(() => document.querySelector('dialog') === null);
    await user.focused('composer');
    await sandbox.workspace.waitFor(() => sandbox.workspace.messages('access-prod').length === 1);

    await user.page.focus('[data-persona=dev]');
    await keyboard.press('ArrowRight');
    await user.waitFor(() => document.querySelector('[data-persona=dba]')?.getAttribute('aria-checked') === 'true');
    expect(await user.page.evaluate(() => document.activeElement?.getAttribute('data-persona'))).toBe('dba');
    await user.waitFor(() => document.title.startsWith('Bo Lindqvist'));
  });

  it('shows a modal its person left open, and closes it by Escape', async () => {
    const user = await sandbox.open(desktop);
    await user.say('/elevate');
    await user.focused('role');
    await user.goTo('dba', 'access');
    await user.waitFor(() => document.querySelector('dialog') === null);
    await user.goTo('dev', 'access');
    await user.sees('What do you need?');
    await user.page.keyboard.press('Escape');
    await user.waitFor(() => document.querySelector('dialog') === null);
    expect(sandbox.workspace.modal('dev')).toBeUndefined();
    await user.focused('composer');
    await user.page.keyboard.type('and on it goes');
    expect(await user.page.$eval('#composer', (input) => (input as HTMLInputElement).value)).toBe('and on it goes');
  });

  it('works on a phone: list, channel, card, form and terminal', async () => {
    const user = await sandbox.open(phone, { dark: true, at: '#/dev' });
    await user.sees('data-help');
    expect(await user.page.$('#composer')).toBeNull();
    await user.shot('phone-1-list');
    await user.follow('access');
    await user.say('/elevate');
    await user.focused('role');
    await user.page.tap('dialog [data-action=role]');
    await user.waitFor(() => document.querySelectorAll('dialog [role=option]').length === 3);
    await user.shot('phone-2-form');
    await user.page.tap('dialog [role=option]');
    await user.page.type('dialog [data-action=reason]', 'Fixing a stuck order');
    await user.press('Ask');
    await user.waitFor(() => document.querySelector('dialog') === null);
    await user.press('Back to the list');
    await user.follow('access-prod');
    await user.sees('Dana Reyes asks for Orders database admin');
    await user.shot('phone-3-card');
    await user.openThread();
    await user.sees('asked.');
    await user.shot('phone-4-thread');
    await user.press('Close the thread');
    await user.press('Show the terminal');
    await user.press('Run');
    await user.sees('permission denied for table orders');
    await user.shot('phone-5-terminal');
    const widest = await user.page.evaluate(() => document.documentElement.scrollWidth);
    expect(widest).toBe(phone.width);
  });

  it('marks what is new, for whom, until it is read', async () => {
    const user = await sandbox.open(desktop);
    await user.say('/elevate orders-db/admin stuck orders');
    await user.waitFor(
      () => document.querySelector('[data-persona=dba] .count')?.textContent?.startsWith('1') === true,
    );
    await user.waitFor(() => document.querySelector('[data-persona=security] .dot') !== null);
    expect(await user.page.$('[data-persona=guest] .dot')).toBeNull();
    await user.goTo('dba', 'access-prod');
    await user.sees('asks for Orders database admin');
    await user.goTo('dev', 'access');
    await user.waitFor(() => document.querySelector('[data-persona=dba] .count, [data-persona=dba] .dot') === null);
  });

  it('shows what people wrote as they wrote it, and references as names', async () => {
    const user = await sandbox.open(desktop);
    await user.say('/elevate orders-db/admin <!channel> *now* :fire: <b>&lt;');
    await user.goTo('dba', 'access-prod');
    await user.sees('<!channel> *now* :fire: <b>&lt;');
    await user.sees('@Dana Reyes');
    await user.sees('until today');
    await user.say('Hello @dba and <b>others</b>');
    await user.sees('<b>others</b>');
    await user.sees('@Bo Lindqvist');
  });

  it('says what Slack would have refused, as Slack says it', async () => {
    const user = await sandbox.open(desktop);
    await user.press('Slack’s rules nothing refused');
    await user.sees('nothing broke them');
    await user.press('Close');
    await user.say('/elevate broken');
    await user.press('1 refused by Slack’s rules');
    await user.sees('"error": "invalid_blocks"');
    await user.sees('json-pointer:/blocks/0');
    await user.shot('refusals');
  });

  it('leads from a card to the rule in the policy file', async () => {
    const user = await sandbox.open(desktop);
    await user.say('/elevate orders-db/admin stuck orders');
    await user.goTo('dba', 'access-prod');
    await user.sees('The rule in the policy file');
    const href = await user.page.$eval('a[href^="/policy"]', (link) => (link as HTMLAnchorElement).href);
    await user.page.goto(href);
    await user.sees('policies/orders.yml');
    const marked = await user.page.$$eval('li.marked', (lines) => lines.map((line) => line.textContent?.trim()));
    expect(marked[0]).toBe('- name: owners approve');
    expect(marked.at(-1)).toBe('from: [dba]');
    await user.shot('policy');
    await user.isAccessible();
  });

  it('shows the Home tab and its form', async () => {
    const user = await sandbox.open(desktop, { at: '#/dev/home' });
    await user.sees('You hold nothing.');
    await user.press('Ask for access');
    await user.focused('role');
    await user.press('Close');
    await user.press('Messages');
    await user.sees('Elevate writes to you here.');
  });

  it('comes back when the answers do', async () => {
    const user = await sandbox.open(desktop);
    await user.page.setOfflineMode(true);
    await user.say('/elevate help');
    await user.sees('The sandbox doesn’t answer');
    await user.page.setOfflineMode(false);
    await user.say('/elevate help');
    await user.sees('Elevate gives you access for a while.');
    sandbox.complaints.length = 0;
  });

  it.each([
    ['wide and light', desktop, false],
    ['narrow and dark', phone, true],
  ])('has no serious finding of axe, %s', async (_name, viewport, dark) => {
    const user = await sandbox.open(viewport, { dark });
    await user.sees('Type /elevate to begin');
    await user.isAccessible();
    await user.page.type('#composer', '/el');
    await user.isAccessible();
    await user.page.keyboard.press('Tab');
    await user.page.keyboard.press('Enter');
    await user.focused('role');
    await user.page.click('dialog [data-action=role]');
    await user.waitFor(() => document.querySelectorAll('dialog [role=option]').length === 3);
    await user.isAccessible();
    await user.page.keyboard.press('Escape');
    await user.press('Ask');
    await user.sees('Please complete this required field.');
    await user.isAccessible();
    await user.page.keyboard.press('Escape');
    await user.say('/elevate orders-db/admin stuck orders');
    await user.goTo('dba', 'access-prod');
    await user.sees('asks for Orders database admin');
    await user.isAccessible();
    await user.press('Approve orders-db/admin for Dana Reyes');
    await user.sees('Your name is kept with it.');
    await user.isAccessible();
    await user.press('Approve');
    await user.sees('approved by');
    await user.openThread();
    await user.isAccessible();
    await user.goTo('dev', 'home');
    await user.sees('Your access');
    await user.isAccessible();
    await user.goTo('dev', '');
    await user.isAccessible();
  });
});
