import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createTeardown } from '../../src/teardown.ts';
import type { Bench, Context } from './bench.ts';
import { startBot } from './bot.ts';
import { startChild } from './child.ts';
import { type Office, openOffice } from './office.ts';
import { requesters } from './requesters.ts';
import { type Line, openLine } from './send.ts';
import { quantile } from './stats.ts';

/** Each round is one command of everybody, to one app and then to the other. */
const ROUNDS = 24;
const WARM_UP_ROUNDS = 4;
const SETTLE_LIMIT_MS = 20_000;
/** What the bot looks up behind an open form must not reach into the other app's turn. */
const PAUSE_MS = 100;
const FORM = 'views.open';

const everybody = requesters.map(({ key }) => key);

interface Waits {
  readonly measured: readonly number[];
  readonly floor: readonly number[];
}

/** How long a command waits for its acknowledgement when fifty people type one at the same moment; the median of all. */
export const typical: Bench = {
  name: 'ack',
  unit: 'ms',
  goal: 1.5,
  run: async (context) => figuresOf(await measureOnce(context), 0.5),
};

/** The same commands, and the one in a hundred that waits longest. */
export const worst: Bench = {
  name: 'ack_p99',
  unit: 'ms',
  goal: 1.5,
  run: async (context) => figuresOf(await measureOnce(context), 0.99),
};

const figuresOf = ({ measured, floor }: Waits, share: number) => ({
  measured: quantile(measured, share),
  floor: quantile(floor, share),
});

let measuring: Promise<Waits> | undefined;
/** Both figures come from the same commands. */
const measureOnce = (context: Context): Promise<Waits> => {
  measuring ??= measure(context);
  return measuring;
};

async function measure(context: Context): Promise<Waits> {
  const teardown = createTeardown();
  try {
    const servers = await context.servers();
    const office = await openOffice();
    teardown.add(() => office.stop());
    const bot = await startBot(office, servers, { databaseUrl: await servers.newDatabase() });
    teardown.add(() => bot.stop());
    const botLine = openLine(bot.url);
    teardown.add(() => botLine.close());
    await round(office, botLine, 1);
    const bare = await startChild(join(import.meta.dirname, 'bare-bolt.mjs'), [], {
      SLACK_BOT_TOKEN: office.botToken,
      SLACK_SIGNING_SECRET: office.signingSecret,
      SLACK_API_URL: office.apiUrl,
      BENCH_VIEW: viewOf((await office.calls(FORM)).last),
    });
    teardown.add(() => bare.stop());
    const bareLine = openLine(bare.url);
    teardown.add(() => bareLine.close());
    return await compare(context, office, botLine, bareLine);
  } finally {
    await teardown.run();
  }
}

async function compare(context: Context, office: Office, bot: Line, bare: Line): Promise<Waits> {
  const measured: number[] = [];
  const floor: number[] = [];
  for (let index = -WARM_UP_ROUNDS; index < ROUNDS; index++) {
    const turns = [
      { line: bare, into: floor },
      { line: bot, into: measured },
    ];
    if (index % 2 === 0) turns.reverse();
    for (const { line, into } of turns) {
      const times = await round(office, line, everybody.length);
      if (index >= 0) into.push(...times);
    }
  }
  context.say(`ack: ${measured.length} commands to each app, ${everybody.length} at once`);
  return { measured, floor };
}

/** So many people type the command at the same moment. Resolves with how long each waited, when all their forms are open. */
async function round(office: Office, line: Line, people: number): Promise<number[]> {
  const { count: before } = await office.calls(FORM);
  const commands = await office.type(everybody.slice(0, people), '/elevate');
  const times = await Promise.all(commands.map((command) => line.send(command)));
  const giveUpAt = performance.now() + SETTLE_LIMIT_MS;
  while ((await office.calls(FORM)).count < before + times.length) {
    if (performance.now() > giveUpAt) throw new Error('Not every form was opened');
    await wait(20);
  }
  await wait(PAUSE_MS);
  return times;
}

/** The form that the bot opened, as the Web API got it: the other app opens the very same one. */
function viewOf(args: unknown): string {
  const view: unknown = typeof args === 'object' && args !== null ? Reflect.get(args, 'view') : undefined;
  if (view === undefined) throw new Error('The bot has opened no form');
  return typeof view === 'string' ? view : JSON.stringify(view);
}
