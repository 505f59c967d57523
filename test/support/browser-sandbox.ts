import type { Browser, BrowserContext, Viewport } from 'puppeteer-core';
import { startPage } from '../../src/sandbox/server/start-page.ts';
import { storyTips } from '../../src/sandbox/server/tips.ts';
import { startWorkspace } from '../../src/sandbox/workspace/workspace.ts';
import { startBrowserBot } from './browser-bot.ts';
import { createUser, type User } from './browser-user.ts';

/** Far longer than anything on the page takes, and short of the test's own limit. */
const waitMs = 8000;

const policy = `version: 1
roles:
  orders-db/admin:
    title: Orders database admin
    risk: high
    max: 2h
    rules:
      - name: nobody at night
        when: request.hour < 6
        deny: Come back in the morning.
      - name: owners approve
        # The team that owns the database.
        require:
          - approvals: 1
            from: [dba]
  orders-db/read:
    title: Orders database reader
`;

export type Sandbox = Awaited<ReturnType<typeof openSandbox>>;

/** A workspace, the small bot and the page, and browser pages that remember what they asked for. */
export async function openSandbox(browser: Browser) {
  const workspace = await startWorkspace();
  const bot = await startBrowserBot(workspace);
  const rows = [
    { id: 1001, customer: 'Ada Park', total: '129.00', state: 'stuck' },
    { id: 1002, customer: 'Luis Roth', total: '48.50', state: 'paid' },
    { id: 1003, customer: 'Mina Osei', total: '310.20', state: 'stuck' },
  ];
  const page = await startPage({
    workspace,
    port: 0,
    terminal: {
      title: 'psql · orders',
      statement: 'SELECT * FROM orders;',
      run: async (key) =>
        bot.holds(workspace.user(key).id)
          ? { ok: true, text: '(3 rows)', rows }
          : { ok: false, text: 'ERROR:  permission denied for table orders' },
    },
    policy: async (rule) => {
      const at = policy.split('\n').findIndex((line) => line.includes(`name: ${rule?.name}`));
      return { path: 'policies/orders.yml', text: policy, ...(at < 0 ? {} : { line: at + 1 }) };
    },
    tips: storyTips({
      requester: 'dev',
      requesterName: 'Dana',
      approver: 'dba',
      approverName: 'Bo',
      askIn: 'access',
      cardsIn: 'access-prod',
      line: '/elevate orders-db/admin 1h fixing stuck orders INC-42',
      ownLine: '/elevate orders-db/admin 1h index rebuild INC-43',
      lasts: 'an hour',
    }),
  }).catch(async (error: unknown) => {
    await bot.stop();
    await workspace.stop();
    throw error;
  });
  const elsewhere: string[] = [];
  const complaints: string[] = [];
  const contexts: BrowserContext[] = [];

  return {
    url: page.url,
    workspace,
    bot,
    /** What the browser's consoles complained about. */
    complaints,
    /** What the pages asked of other machines: nothing, ever. */
    elsewhere,
    /** Opens the page in a browser profile of its own. */
    async open(viewport: Viewport, options: { readonly dark?: boolean; readonly at?: string } = {}): Promise<User> {
      const context = await browser.createBrowserContext();
      contexts.push(context);
      const opened = await context.newPage();
      opened.setDefaultTimeout(waitMs);
      await opened.setViewport(viewport);
      await opened.emulateMediaFeatures([
        { name: 'prefers-color-scheme', value: options.dark === true ? 'dark' : 'light' },
        { name: 'prefers-reduced-motion', value: 'reduce' },
      ]);
      opened.on('request', (request) => {
        if (!request.url().startsWith(page.url) && !request.url().startsWith('data:')) elsewhere.push(request.url());
      });
      opened.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warn') complaints.push(message.text());
      });
      opened.on('pageerror', (error) => complaints.push(String(error)));
      await opened.goto(`${page.url}${options.at ?? '#/dev/access'}`);
      await opened.waitForSelector('.personas');
      return createUser(opened, page.url);
    },
    async stop(): Promise<void> {
      for (const context of contexts) await context.close();
      await page.stop();
      await bot.stop();
      await workspace.stop();
    },
  };
}
