import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AccessRequest } from '../../src/domain/request.ts';
import type { Target } from '../../src/sandbox/target.ts';
import { textOf } from '../../src/sandbox/workspace/elements.ts';
import type { Fault } from '../../src/sandbox/workspace/faults.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import { insistOn, labelOf, labels, waitUntil } from '../support/insist.ts';
import { startSharedTarget } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';

/** The story is walked once for each call that it makes, so one test takes a while. */
const TIME_LIMIT_MS = 300_000;
const HOUR = 3_600;

/** What Slack answers instead, once. A call that hangs and breaks is what a time limit looks like from here. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'HTTP 429': { status: 429, retryAfterSeconds: 1 },
  'HTTP 500': { status: 500 },
  'a connection that breaks before the call': { hangMs: 50, reset: true },
  'a connection that breaks after the call': { afterEffect: true },
  channel_not_found: { error: 'channel_not_found' },
  is_archived: { error: 'is_archived' },
  user_not_found: { error: 'user_not_found' },
  message_not_found: { error: 'message_not_found' },
};
/** Slack says with it that somebody has left, and who has left is not written to any more. */
const GONE: Readonly<Record<string, readonly string[]>> = {
  user_not_found: ['conversations.open', 'chat.postMessage'],
};
/** Methods whose answers never change. */
const ASKED_ONCE = ['conversations.list', 'conversations.open'];

/** What is told of one request, whatever Slack does. */
const STORY = [
  'request.submitted',
  'decision.approved',
  'request.approved',
  'grant.created',
  'grant.provisioning_started',
  'grant.activated',
  'grant.expiry_announced',
  'grant.revocation_started',
  'grant.sessions_ended',
  'grant.ended',
];
const LINES = 8;

let target: Target;
let world: World;
/** Whom Slack says not to know is no approver, and the card rightly mentions nobody. */
let strangers = false;
beforeAll(async () => {
  target = await startSharedTarget();
}, 90_000);
afterAll(() => target.stop());
afterEach(() => world.stop());

describe('Slack fails once at any call: nothing is lost, the state is right, and the card catches up', () => {
  for (const [index, [name, fault]] of Object.entries(FAULTS).entries()) {
    it(
      name,
      async () => {
        world = await startWorld({ target });
        strangers = fault.error === 'user_not_found';
        // What is remembered afterwards is asked only now.
        for (const method of ASKED_ONCE) world.workspace.failNext(method, fault);
        await walk(`${name} at ${ASKED_ONCE.join(' and ')}`, name in GONE);
        expect(failures(ASKED_ONCE)).toBe(ASKED_ONCE.length);
        for (const [method, count] of await countCalls(() => walk('no fault', false))) {
          const before = failures([method]);
          // Lookups are many and alike: each error meets a third of them, and all of them together meet each.
          const [first, step] = method.startsWith('chat.') ? [0, 1] : [index % 3, 3];
          const tried = Math.ceil((count - first) / step);
          for (let after = first; after < count; after += step) {
            world.workspace.clearFaults();
            world.workspace.failNext(method, { ...fault, after });
            const lost = (GONE[name] ?? []).includes(method);
            await walk(`${name} at call ${after + 1} of ${method}`, lost);
          }
          // How often people and groups are looked up depends on what comes at the same time.
          const met = failures([method]) - before;
          expect({ method, met: met >= tried / 2 ? 'half' : met }).toEqual({ method, met: 'half' });
        }
        expect(world.workspace.violations).toEqual([]);
      },
      TIME_LIMIT_MS,
    );
  }
});

/** How often Slack has failed, as the faults say it. */
const failures = (methods: readonly string[]): number => world.workspace.faultsMet(methods);

/** How often the story calls each method. */
async function countCalls(story: () => Promise<void>): Promise<Map<string, number>> {
  const before = world.workspace.calls.length;
  await story();
  const counts = new Map<string, number>();
  for (const { method } of world.workspace.calls.slice(before)) counts.set(method, (counts.get(method) ?? 0) + 1);
  return counts;
}

async function walk(what: string, tellsMayBeLost: boolean): Promise<void> {
  try {
    await story(tellsMayBeLost);
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}\n${world.logTail()}`);
  }
}

/** Asked, approved, live, ended. A person who is told that it did not work does the same again. */
async function story(tellsMayBeLost: boolean): Promise<void> {
  const { workspace, app } = world;
  const reads = app.ports.store.reads(world.workspaceId);
  const dev = world.person('dev');
  const heard = workspace.dms('dev').length;
  const before = (await reads.recentRequestsOf(dev, 1))[0]?.id;
  const newest = async (): Promise<AccessRequest | undefined> => {
    const [found] = await reads.recentRequestsOf(dev, 1);
    return found && found.id !== before ? found : undefined;
  };
  const hears = async (words: string): Promise<void> => {
    if (tellsMayBeLost) return;
    await until(`the requester to hear '${words}'`, () =>
      workspace
        .dms('dev')
        .slice(heard)
        .some((message) => [message, ...message.earlier].some(({ text }) => text.includes(words))),
    );
  };

  const asked = await insist(
    'dev',
    () =>
      workspace.user('dev').command('/elevate orders-db/admin 1h fixing stuck orders INC-42', { channel: 'access' }),
    newest,
  );
  const cardOf = async (): Promise<Message | undefined> => {
    const card = await reads.card(asked.id, 'decision');
    return card?.ref ? workspace.message({ channel: card.ref.channelId, ts: card.ref.ts }) : undefined;
  };
  const card = await until('a card with its buttons and its approvers', async () => {
    const found = await cardOf();
    return (
      found &&
      labels(found).includes('Approve') &&
      (strangers || textOf(found.blocks).includes(world.person('dba'))) &&
      found
    );
  });
  await hears('is in');
  await insist(
    'dba',
    async () => workspace.user('dba').click((await cardOf()) ?? card, (element) => labelOf(element) === 'Approve'),
    async () => ((await newest())?.status === 'approved' ? true : undefined),
  );
  await until('the access', async () => (await reads.grantOfRequest(asked.id))?.status === 'active');
  expect(await world.target.holds('dev')).toBe(true);
  await until('a card that says so', async () => textOf((await cardOf())?.blocks ?? []).includes('*Live*'));
  await hears('You now have');
  const live = await reads.grantOfRequest(asked.id);
  const now = await app.ports.store.now();
  world.advance(((live?.endsAt?.getTime() ?? 0) - now.getTime()) / 1000 - 60);
  await until('the announced end', async () => (await audit(asked)).includes('grant.expiry_announced'));
  await hears('ends soon');
  world.advance(HOUR / 30);
  await until('the end', async () => (await reads.grantOfRequest(asked.id))?.status === 'ended');
  expect(await world.target.holds('dev')).toBe(false);

  expect((await audit(asked)).filter((kind) => kind !== 'decision.refused')).toEqual(STORY);
  const last = await until('the card to catch up', async () => {
    const found = await cardOf();
    return found && textOf(found.blocks).includes('*Ended*') && labels(found).length === 0 && found;
  });
  await until('the whole thread', async () => {
    const numbers = workspace.thread(last).map((line) => Number(line.text.split(' ')[0]));
    // A line whose answer was lost may stand twice, and none may be missing or out of its turn.
    const once = numbers.filter((number, index) => number !== numbers[index - 1]);
    return JSON.stringify(once) === JSON.stringify(Array.from({ length: LINES }, (_, index) => index + 1));
  });
  // That it was approved is not told any more where that it is live was told first.
  await hears('has ended');
}

async function audit(request: AccessRequest): Promise<string[]> {
  const events = await world.app.ports.store.reads(world.workspaceId).eventsOf(request.id);
  return events.map((event) => event.kind);
}

/** Whoever it did not work for is told so by a message that only they see. */
const insist = <T>(who: string, act: () => Promise<unknown>, worked: () => Promise<T | undefined>): Promise<T> => {
  const heard = (): number => world.workspace.ephemerals(who).length;
  const hears = () =>
    (
      (before) => () =>
        heard() > before
    )(heard());
  return insistOn(world, who, { act, worked, hears });
};
const until = <T>(what: string, ask: () => T | Promise<T>) => waitUntil(world, what, ask);
