import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'puppeteer-core';
import { openBrowser } from '../support/browser.ts';
import { createUser, type User } from '../support/browser-user.ts';
import { type DemoProcess, startDemo } from '../support/demo-process.ts';

const TIME_LIMIT_MS = 180_000;
const DESKTOP = { width: 1400, height: 900 };
const PHONE = { width: 390, height: 844 };
/** `npm run screenshots` says where the README's pictures go. */
const PICTURES = process.env.ELEVATE_PICTURES;

let browser: Browser;
let folder: string;
let demo: DemoProcess | undefined;
beforeAll(async () => {
  browser = await openBrowser();
  folder = await mkdtemp(join(tmpdir(), 'elevate-demo-'));
  await chmod(folder, 0o711);
}, TIME_LIMIT_MS);
afterAll(async () => {
  await browser?.close();
  await demo?.end('SIGTERM');
  await rm(folder, { recursive: true, force: true });
}, TIME_LIMIT_MS);

async function openPage(url: string, viewport = DESKTOP): Promise<User> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.setViewport(viewport);
  await page.goto(`${url}#/dev/access`);
  await page.waitForSelector('.personas');
  return createUser(page, url);
}

async function picture(user: User, name: string): Promise<void> {
  if (PICTURES === undefined) return user.shot(`demo-${name}`);
  await mkdir(PICTURES, { recursive: true });
  await user.page.screenshot({ path: `${join(PICTURES, name)}.png` });
}

/** What the newest answer in the terminal begins with. */
const lastAnswer = (user: User): Promise<string> =>
  // biome-ignore lint/performance/useDomNodeTextContent: the words as they are laid out
  user.page.$eval('.terminal-output', (log) => (log instanceof HTMLElement ? log.innerText : ''));

async function terminalSays(user: User, words: string): Promise<void> {
  const endsAt = Date.now() + 40_000;
  for (;;) {
    await user.press('Run');
    const said = await lastAnswer(user);
    if (said.slice(Math.max(said.lastIndexOf('ERROR'), said.lastIndexOf('rows)')) - 20).includes(words)) return;
    if (Date.now() > endsAt) throw new Error(`The terminal never came to say '${words}':\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

describe('the demo', () => {
  it(
    'plays the whole story on the real bot and a real database: denied, asked, approved, rows, denied again',
    async () => {
      demo = await startDemo(folder);
      const user = await openPage(demo.url);
      await terminalSays(user, 'permission denied');
      await user.say('/elevate orders-db/fix 12s fixing stuck orders INC-42');
      await user.goTo('dba', 'access-prod');
      await user.sees('fixing stuck orders');
      await picture(user, 'card');
      await user.press('Approve Fix stuck orders for Dana Reyes');
      await user.sees('Live');
      await picture(user, 'approved');
      await terminalSays(user, 'rows)');
      await terminalSays(user, 'permission denied');
      await user.sees('Ended');
      await user.openThread();
      await user.sees('Ended, and read back as gone');
      await picture(user, 'thread');
    },
    TIME_LIMIT_MS,
  );

  it(
    'opens the form, and works on a phone',
    async () => {
      if (!demo) throw new Error('The demo is not running');
      const user = await openPage(demo.url);
      // On a slow machine the answer to the first line came as a form, which is still open.
      if ((await user.page.$('dialog[open]')) !== null) await user.press('Close');
      await user.say('/elevate');
      await user.sees('What do you need?');
      await user.isAccessible();
      await user.page.type('dialog [role=combobox]', 'administrator');
      await user.page.waitForSelector('dialog [role=option]');
      await user.page.click('dialog [role=option]');
      await user.sees('What is it for?');
      await user.page.type('dialog [data-action=ticket]', 'INC-42');
      await user.page.type('dialog [data-action=reason]', 'Orders 1001 and 1003 are stuck since the last release.');
      await picture(user, 'form');
      await user.isAccessible();
      await user.press('Close');
      await user.say('/elevate orders-db/fix 1h fixing stuck orders INC-42');
      await user.goTo('dba', 'home');
      await user.sees('fixing stuck orders');
      await picture(user, 'home');
      const phone = await openPage(demo.url, PHONE);
      await phone.page.waitForSelector('#composer', { visible: true });
      await picture(phone, 'phone');
    },
    TIME_LIMIT_MS,
  );

  it(
    'puts the clock forward, breaks the target and mends it, and asks about a message',
    async () => {
      if (!demo) throw new Error('The demo is not running');
      const user = await openPage(demo.url);
      if ((await user.page.$('dialog[open]')) !== null) await user.press('Close');
      await user.say('/elevate orders-db/read 30m looking at stuck orders');
      await terminalSays(user, 'rows)');
      await user.press('Time and trouble');
      await user.isAccessible();
      await user.press('Take it down');
      await user.sees('now');
      await user.press('Put the clock forward by 1 hour');
      await user.sees('1 h ahead of this machine');
      await user.press('Close');
      await user.goTo('security', 'security');
      await user.sees('Access was not removed.');
      // While it is down the button stays; once it is back, Elevate may be quicker with its own next try than whoever presses.
      await user.press('Try now to take away Read the orders');
      await user.sees('It is tried now');
      await user.press('Time and trouble');
      await user.press('Bring it back');
      await user.sees('Take it down');
      await user.press('Close');
      await user.pressUntil('Try now to take away Read the orders', 'Gone.');
      await terminalSays(user, 'permission denied');
      await user.goTo('dev', 'data-help');
      await user.say('The orders of Ada Park are stuck again');
      await user.press('Request access for this');
      await user.sees('Approvers see the link.');
      await user.press('Close');
    },
    TIME_LIMIT_MS,
  );

  it(
    'gives and takes access by hand on the target, which is shown and decided',
    async () => {
      if (!demo) throw new Error('The demo is not running');
      const user = await openPage(demo.url);
      if ((await user.page.$('dialog[open]')) !== null) await user.press('Close');
      await user.say('/elevate orders-db/read 1h looking at stuck orders');
      await terminalSays(user, 'rows)');
      // What is taken by hand is told apart from what is on its way only once it is noted as live.
      await user.goTo('dev', 'access-prod');
      await user.sees('Live since');
      await user.press('Time and trouble');
      await user.press('Take it away by hand');
      await user.sees('on the target itself · done');
      await user.press('Give it by hand');
      await user.sees('Take it back by hand');
      await user.isAccessible();
      await user.press('Put the clock forward by 15 minutes');
      await user.press('Close');
      await terminalSays(user, 'permission denied');
      await user.goTo('security', 'security');
      await user.sees('Removed by hand: dana');
      await user.sees('Unknown holder: theo');
      await picture(user, 'drift');
      await user.press('End the grant: dana on orders-pg');
      await user.sees('On orders-pg it is gone already.');
      await user.press('End it');
      await user.press('Accept: theo on orders-pg');
      await user.sees('Who answers for it?');
      await user.press('Save');
      await user.sees('What stays for now on orders-pg');
      await user.goTo('dev', 'access-prod');
      await user.sees('Sam Okafor revoked it');
      await user.press('Time and trouble');
      await user.press('Take it back by hand');
      await user.sees('Give it by hand');
      await user.press('Take it away by hand');
      await user.sees('has nothing on the target now: let it be approved first.');
      await user.press('Close');
    },
    TIME_LIMIT_MS,
  );

  it(
    'deactivates an account, and all that it has goes at once',
    async () => {
      if (!demo) throw new Error('The demo is not running');
      const user = await openPage(demo.url);
      if ((await user.page.$('dialog[open]')) !== null) await user.press('Close');
      await user.say('/elevate orders-db/read 1h looking at stuck orders');
      await terminalSays(user, 'rows)');
      await user.press('Time and trouble');
      await user.press('Deactivate it');
      await user.sees('Bring it back');
      await user.press('Close');
      await terminalSays(user, 'permission denied');
      await user.goTo('dba', 'access-prod');
      await user.sees('the account was deactivated');
      await user.press('Time and trouble');
      await user.press('Bring it back');
      await user.sees('Deactivate it');
      await user.press('Close');
    },
    TIME_LIMIT_MS,
  );

  it(
    'starts again after a SIGKILL, with nothing left of the one before',
    async () => {
      await demo?.end('SIGKILL');
      demo = await startDemo(folder);
      const user = await openPage(demo.url);
      await terminalSays(user, 'permission denied');
      expect(await user.page.$('.message')).toBeNull();
    },
    TIME_LIMIT_MS,
  );
});
