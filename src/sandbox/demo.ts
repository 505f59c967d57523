import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type App, startApp } from '../app.ts';
import { roleKey } from '../domain/ids.ts';
import { createLogger, createScrubber } from '../logging.ts';
import { startEmbedded } from '../store/embedded.ts';
import { withClient } from '../store/with-client.ts';
import { createTeardown, type Teardown } from '../teardown.ts';
import { createDemoClock, demoLevers } from './demo-world.ts';
import type { PolicyText } from './server/policy-page.ts';
import type { RuleRef } from './server/snapshot.ts';
import { type Page, type PageOptions, startPage } from './server/start-page.ts';
import { storyTips } from './server/tips.ts';
import { LOGINS, startTarget } from './target.ts';
import { QUERY, runQuery, TERMINAL_TITLE } from './terminal.ts';
import { startWorkspace } from './workspace/workspace.ts';

/** Everything of the demo lies here and may be deleted while it does not run. An argument names another folder. */
const [ARGUMENT] = process.argv.slice(2);
const FOLDER = ARGUMENT ?? join('data', 'demo');
const POLICY_FOLDER = 'policies';
const USUAL_PORT = 4000;
const LOOPBACK = '127.0.0.1';

const HELP = `Usage: npm run demo [-- FOLDER]

A small Slack in your browser, a guarded database, and the bot between them. It prints its address (port ${USUAL_PORT}, or any free one)
and keeps its data in FOLDER (${join('data', 'demo')} unless given), which is emptied at each start. Ctrl+C ends it.

The command line looks into the running demo with DATA_DIR=${join('data', 'demo', 'elevate')}:
  DATA_DIR=${join('data', 'demo', 'elevate')} npm run -s elevate -- grant show GRANT
`;
if (ARGUMENT?.startsWith('-')) {
  const asked = ARGUMENT === '--help' || ARGUMENT === '-h';
  (asked ? process.stdout : process.stderr).write(asked ? HELP : `There is no option ${ARGUMENT}.\n\n${HELP}`);
  process.exit(asked ? 0 : 2);
}

const teardown = createTeardown();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(0));

try {
  const page = await start(teardown);
  process.stdout.write(
    `\n  Elevate's demo: ${page.url}\n\n  A small Slack, a guarded database and the bot between them, on this machine only.\n  Open the address and follow the strip at the top. Ctrl+C ends it.\n\n`,
  );
} catch (error) {
  process.stderr.write(`The demo did not start: ${error instanceof Error ? error.message : String(error)}\n`);
  await end(1);
}

async function end(code: number): Promise<never> {
  await teardown.run().catch((error: unknown) => process.stderr.write(`Stopping failed: ${String(error)}\n`));
  process.exit(code);
}

async function start(stops: Teardown): Promise<Page> {
  const people = Object.values(LOGINS);
  const target = await startTarget({ directory: join(FOLDER, 'target'), people, fresh: true });
  stops.add(() => target.stop());
  // The example policy refers to it; nothing but this process sees it.
  process.env.ORDERS_DB_URL = target.botUrl;
  const databaseUrl = await emptyDatabase(stops);
  const workspace = await startWorkspace();
  stops.add(() => workspace.stop());
  const scrubber = createScrubber();
  const time = createDemoClock();
  const { signingSecret, botToken, apiUrl } = workspace;
  const app = await startApp(
    {
      slack: { mode: 'http', signingSecret, botToken, apiUrl },
      databaseUrl,
      redisUrl: null,
      policyPath: POLICY_FOLDER,
      port: 0,
      logLevel: 'warn',
      dataDir: FOLDER,
    },
    {
      log: createLogger({ level: 'warn', scrubber }),
      scrubber,
      clock: time.clock,
      rememberPeopleMs: 0,
      host: LOOPBACK,
    },
  );
  stops.add(() => app.stop());
  workspace.deliverTo(`${app.url}/slack/events`);
  const page = await startPageSomewhere({
    workspace,
    port: USUAL_PORT,
    personas: ['dev', 'dba', 'dba2', 'security', 'manager', 'sre', 'guest'],
    terminal: {
      title: TERMINAL_TITLE,
      statement: QUERY,
      run: (persona) => runQuery(target, LOGINS[persona] ?? persona),
    },
    policy: (rule) => policyText(app, rule),
    world: {
      ...demoLevers(workspace, target),
      advance(seconds) {
        time.advance(seconds);
        app.wake();
      },
    },
    tips: storyTips({
      requester: 'dev',
      approver: 'dba',
      requesterName: 'Dana',
      approverName: 'Bo',
      askIn: 'access',
      cardsIn: 'access-prod',
      line: '/elevate orders-db/fix 2m fixing stuck orders INC-42',
      ownLine: '/elevate orders-db/fix 2m fixing stuck orders INC-43',
      lasts: '2 minutes',
    }),
  });
  stops.add(() => page.stop());
  return page;
}

/** The usual port, so that the address is the same each time, or any free one. */
async function startPageSomewhere(options: PageOptions): Promise<Page> {
  try {
    return await startPage(options);
  } catch (error) {
    const taken = typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE';
    if (!taken) throw error;
    return startPage({ ...options, port: 0 });
  }
}

/**
 * The bot's database, empty: the local workspace is made anew at every start, so what an earlier demo remembers is of nobody.
 * The target is emptied as well (`fresh`), so nothing that an earlier demo granted stays behind.
 */
async function emptyDatabase(stops: Teardown): Promise<string> {
  const embedded = await startEmbedded({ directory: join(FOLDER, 'elevate') });
  stops.add(() => embedded.stop());
  const url = new URL(embedded.url);
  const name = pg.escapeIdentifier(url.pathname.slice(1));
  url.pathname = '/postgres';
  await withClient(url.href, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${name}`);
  });
  return embedded.url;
}

/** The file of the rule that a card names, as it is on the disk now, and the rule's line as it was loaded. */
async function policyText(app: App, rule: RuleRef | undefined): Promise<PolicyText> {
  const policy = app.ports.policies.current();
  const role = rule === undefined ? undefined : policy.roles.get(roleKey(rule.role));
  const location = role?.rules.find((each) => each.name === rule?.name)?.location ?? role?.location;
  const path = location?.path ?? join(POLICY_FOLDER, 'elevate.yaml');
  const text = await readFile(path, 'utf8');
  return { path, text, ...(location ? { line: location.line } : {}) };
}
