import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AccessRequest } from '../../src/domain/request.ts';
import type { Target } from '../../src/sandbox/target.ts';
import { interactive, textOf } from '../../src/sandbox/workspace/elements.ts';
import type { Fault } from '../../src/sandbox/workspace/faults.ts';
import { text } from '../../src/sandbox/workspace/json.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import { insistOn, labelOf, labels, waitUntil } from '../support/insist.ts';
import { startSharedTarget } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';

const TIME_LIMIT_MS = 300_000;
/** Slack gets this long instead of the bot's own limits, so that a server that never answers costs little. */
const SLACK_LIMITS = { interactiveMs: 1_000, backgroundMs: 1_000 };
const NEVER_MS = 3_600_000;

/** What Slack's own refusals are that mean the same wherever a screen meets them: it cannot be shown. Call by call another one of them. */
const REFUSALS = ['channel_not_found', 'is_archived', 'user_not_found', 'message_not_found'];
/** What people wait for; the other suite walks through cards, threads and direct messages. */
const SCREENS = ['views.open', 'views.update', 'views.publish', 'response_url'];
const LOOKUPS = ['users.info', 'usergroups.list', 'usergroups.users.list'];
/** Slack answers a lookup with it for somebody who has left. */
const LEFT = 'user_not_found';

interface Trouble {
  /** What Slack answers instead, once. */
  readonly fault: (method: string, call: number) => Fault;
  /** Where it means something of its own. */
  readonly at: readonly string[];
}
const everywhere = (fault: Fault): Trouble => ({ fault: () => fault, at: [...SCREENS, ...LOOKUPS] });
const TROUBLES: Readonly<Record<string, Trouble>> = {
  'HTTP 429': everywhere({ status: 429, retryAfterSeconds: 1 }),
  'HTTP 500': everywhere({ status: 500 }),
  'a server that never answers': everywhere({ hangMs: NEVER_MS, reset: true }),
  'a connection that breaks before the call': everywhere({ reset: true }),
  'a connection that breaks after the call': everywhere({ afterEffect: true }),
  'a refusal by Slack': {
    fault: (method, call) => {
      const codes = LOOKUPS.includes(method) ? REFUSALS.filter((code) => code !== LEFT) : REFUSALS;
      return { error: codes[call % codes.length] ?? '' };
    },
    at: [...SCREENS, ...LOOKUPS],
  },
  'a form that is not there any more': { fault: () => ({ error: 'not_found' }), at: ['views.update'] },
  'somebody else changed it': { fault: () => ({ error: 'hash_conflict' }), at: ['views.update', 'views.publish'] },
  'a trigger that has expired': { fault: () => ({ error: 'expired_trigger_id' }), at: ['views.open'] },
};
/** How many errors the lookups meet. */
const EVERYWHERE = Object.values(TROUBLES).filter(({ at }) => at.includes('users.info')).length;

/** With them Slack says that the person has closed the form, who then knows that it is gone. */
const CLOSED = ['not_found', 'hash_conflict'];

let target: Target;
let closed = false;
let world: World;
beforeAll(async () => {
  target = await startSharedTarget();
}, 90_000);
afterAll(() => target.stop());

describe('Slack fails once at any call of forms, lists and the Home: nobody is left without an answer', () => {
  /** How often the story makes each call, in the world that all errors share; null: there is none, or one that a failure has left behind. */
  let counts: ReadonlyMap<string, number> | null = null;
  const endWorld = async (): Promise<void> => {
    counts = null;
    await world?.stop();
  };
  afterAll(endWorld);

  async function countedCalls(): Promise<ReadonlyMap<string, number>> {
    if (counts !== null) return counts;
    world = await startWorld({ target, slackTimeLimits: SLACK_LIMITS });
    closed = false;
    counts = await countCalls(() => walk('no fault'));
    return counts;
  }

  async function meet(name: string, { fault, at }: Trouble, index: number): Promise<void> {
    for (const [method, count] of [...(await countedCalls())].filter(([each]) => at.includes(each))) {
      const lookup = LOOKUPS.includes(method);
      const before = world.workspace.faultsMet([method]);
      // Lookups are many and alike: each error meets some of them, and all errors together each.
      const step = lookup ? EVERYWHERE : 1;
      let tried = 0;
      for (let after = lookup ? index % count : 0; after < count; after += step) {
        tried += 1;
        const wrong = fault(method, after);
        closed = CLOSED.includes(wrong.error ?? '');
        world.workspace.clearFaults();
        world.workspace.failNext(method, { ...wrong, after });
        await walk(`${name} at call ${after + 1} of ${method}`);
      }
      // How often a call is made depends on what comes at the same time, and on how fast the machine is.
      const met = world.workspace.faultsMet([method]) - before;
      if (!lookup) expect({ method, met: met >= tried / 2 ? 'half' : met }).toEqual({ method, met: 'half' });
    }
    expect(world.workspace.violations).toEqual([]);
  }

  for (const [index, [name, trouble]] of Object.entries(TROUBLES).entries()) {
    it(
      name,
      async () => {
        try {
          await meet(name, trouble, index);
        } catch (error) {
          await endWorld().catch(() => undefined);
          throw error;
        }
      },
      TIME_LIMIT_MS,
    );
  }
});

describe('An answer to a form that comes later than Slack waits for it', () => {
  afterEach(() => world.stop());
  const asks = async (): Promise<void> => {
    const dev = world.workspace.user('dev');
    await dev.command('/elevate', { channel: 'access' });
    await until('the form', () => hasField('dev', 'role'));
    await chooseRole('orders-db/admin');
    await until('its fields', () => hasField('dev', 'ticket'));
    world.workspace.failNext('usergroups.list', { hangMs: 2_500 });
    await dev.submit('modal', { duration: '1h', ticket: 'INC-42', reason: 'fixing stuck orders' });
    expect(textOf(dev.modal()?.blocks ?? [])).toContain('One moment');
  };
  const heard = (): boolean => world.workspace.dms('dev').some(({ text }) => text.includes('Asked for'));

  it(
    'comes into the form',
    async () => {
      world = await startWorld({ target });
      await asks();
      const shown = () => textOf(world.workspace.modal('dev')?.blocks ?? []);
      await until('the answer', () => shown().includes('Asked for `orders-db/admin`'));
      expect(heard()).toBe(false);
    },
    TIME_LIMIT_MS,
  );

  it.each([
    ['which Slack does not change', { status: 500 }],
    ['which somebody has closed', { error: 'not_found' }],
  ] as const)(
    'comes by direct message in the place of a form %s',
    async (_, fault) => {
      world = await startWorld({ target });
      world.workspace.failNext('views.update', { ...fault, after: 1 });
      await asks();
      await until('the answer', heard);
      expect(world.workspace.violations).toEqual([]);
    },
    TIME_LIMIT_MS,
  );
});

async function countCalls(story: () => Promise<void>): Promise<Map<string, number>> {
  const before = world.workspace.calls.length;
  await story();
  const counts = new Map<string, number>(SCREENS.map((method) => [method, 0]));
  for (const { method } of world.workspace.calls.slice(before)) {
    if ([...SCREENS, ...LOOKUPS].includes(method)) counts.set(method, (counts.get(method) ?? 0) + 1);
  }
  expect(counts.get('views.open')).toBeGreaterThan(1);
  expect(counts.get('views.update')).toBeGreaterThan(1);
  expect(counts.get('views.publish')).toBeGreaterThan(0);
  return counts.set('response_url', 1);
}

async function walk(what: string): Promise<void> {
  try {
    await story();
  } catch (error) {
    throw new Error(
      `${what}: ${error instanceof Error ? error.message : String(error)}\n${shown('dba')}\n${world.logTail()}`,
    );
  }
}

/** The form is opened, filled in and sent; an approver denies in a form; the Home and the list tell of it. */
async function story(): Promise<void> {
  const { workspace, app } = world;
  const reads = app.ports.store.reads(world.workspaceId);
  const dev = workspace.user('dev');
  const dba = workspace.user('dba');
  const before = (await reads.recentRequestsOf(world.person('dev'), 1))[0]?.id;
  const newest = async (): Promise<AccessRequest | undefined> => {
    const [found] = await reads.recentRequestsOf(world.person('dev'), 1);
    return found && found.id !== before ? found : undefined;
  };

  const openForm = () =>
    insist(
      'dev',
      async () => {
        if (dev.modal()) await dev.closeModal({ all: true });
        await dev.command('/elevate', { channel: 'access' });
      },
      () => hasField('dev', 'role'),
    );
  await openForm();
  await insist(
    'dev',
    async () => {
      if (!(await hasField('dev', 'role'))) {
        // The bot found nothing that it could offer, and closed it with why.
        await openForm();
      }
      const met = workspace.faultsMet(['views.update']);
      const told = toldToTryAgain('dev').length;
      try {
        await chooseRole('orders-db/admin');
      } catch (error) {
        // Or closes it just now.
        if (await hasField('dev', 'role')) throw error;
        return;
      }
      await until('what came of the choice', async () => {
        const failed = workspace.faultsMet(['views.update']) > met || toldToTryAgain('dev').length > told;
        return failed || (await hasField('dev', 'ticket'));
      });
      // Who does not see the role's fields presses Ask, and has them then.
      if (!(await hasField('dev', 'ticket'))) await dev.submit('modal', {});
    },
    () => hasField('dev', 'ticket'),
  );
  const asked = await insist(
    'dev',
    // What was typed stands there still, however often it did not work.
    () => dev.submit('modal', { duration: '1h', ticket: 'INC-42', reason: 'fixing stuck orders' }),
    newest,
  );
  const card = await until('a card with its buttons', async () => {
    const found = await cardOf(asked);
    return found && labels(found).includes('Deny…') && found;
  });
  const openDenial = () =>
    insist(
      'dba',
      async () => {
        if (dba.modal()) await dba.closeModal({ all: true });
        await dba.click((await cardOf(asked)) ?? card, (element) => labelOf(element) === 'Deny…');
      },
      () => hasField('dba', 'reason'),
    );
  await openDenial();
  await insist(
    'dba',
    async () => {
      // A refusal takes the form's place, and it is opened anew.
      if (!(await hasField('dba', 'reason'))) await openDenial();
      await dba.submit('modal', { reason: 'Ask in the morning' });
    },
    async () => ((await newest())?.status === 'denied' ? true : undefined),
  );
  await until('the card to say so', async () => {
    const found = await cardOf(asked);
    return found && textOf(found.blocks).includes('Denied') && labels(found).length === 0;
  });
  const shows = (): number => textOf(workspace.home('dev')?.blocks ?? []).split('denied').length;
  const shown = shows();
  await dev.openHome();
  await until('the Home to show it', () => shows() > 1 && (shown === 1 || shows() >= Math.min(shown, 5)));
  await insist(
    'dev',
    () => dev.command('/elevate status', { channel: 'access' }),
    async () => (workspace.ephemerals('dev').at(-1)?.text.startsWith('You have') ? true : undefined),
  );
  const kinds = (await reads.eventsOf(asked.id)).map((event) => event.kind);
  expect(kinds.filter((kind) => kind !== 'decision.refused')).toEqual([
    'request.submitted',
    'decision.denied',
    'request.denied',
  ]);
  for (const each of [dev, dba]) if (each.modal()) await each.closeModal({ all: true });
}

async function chooseRole(role: string): Promise<void> {
  const dev = world.workspace.user('dev');
  const shown = dev.modal();
  const placed = interactive(shown?.blocks ?? []).find(({ element }) => element.type === 'external_select');
  await until('the search to offer it', async () => {
    const found = await dev.suggest('modal', (element) => element.type === 'external_select', role);
    return found.some((option) => text(option.value) === role);
  });
  await dev.changeInput('modal', text(placed?.block.block_id), text(placed?.element.action_id), role);
}

/** Whether a modal with that field is open. */
async function hasField(who: string, field: string): Promise<true | undefined> {
  const fields = interactive(world.workspace.modal(who)?.blocks ?? []);
  return fields.some(({ block, element }) => [text(block.block_id), text(element.action_id)].includes(field))
    ? true
    : undefined;
}

async function cardOf(asked: AccessRequest): Promise<Message | undefined> {
  const card = await world.app.ports.store.reads(world.workspaceId).card(asked.id, 'decision');
  return card?.ref ? world.workspace.message({ channel: card.ref.channelId, ts: card.ref.ts }) : undefined;
}

/** What somebody was told that means: it did not work, for a reason that passes by itself here. Each thing that was said has a name of its own. */
const AGAIN = /did not work|do the same once more|try again|try once more|could not look/i;
function toldToTryAgain(who: string): string[] {
  const { workspace } = world;
  const said = [...workspace.ephemerals(who), ...workspace.dms(who)].filter((message) => AGAIN.test(message.text));
  const modal = workspace.modal(who);
  const shown = [textOf(modal?.blocks ?? []), ...Object.values(modal?.errors ?? {})].filter((words) =>
    AGAIN.test(words),
  );
  return [...said.map(({ channel, ts }) => `${channel}/${ts}`), ...shown.map(() => `${modal?.id}/${modal?.hash}`)];
}

/** Whoever it did not work for is told to do it again, or has lost the form. */
const insist = <T>(who: string, act: () => Promise<unknown>, worked: () => Promise<T | undefined>): Promise<T> => {
  const hears = () => {
    const told = new Set(toldToTryAgain(who));
    const met = world.workspace.faultsMet(['views.update']);
    const lost = (): boolean => closed && world.workspace.faultsMet(['views.update']) > met;
    return () => lost() || toldToTryAgain(who).some((each) => !told.has(each));
  };
  return insistOn(world, who, { act, worked, hears });
};
const until = <T>(what: string, ask: () => T | Promise<T>) => waitUntil(world, what, ask);

/** What somebody sees last, for the error of a walk. */
function shown(who: string): string {
  const { workspace } = world;
  const modal = workspace.modal(who);
  const said = [...workspace.ephemerals(who), ...workspace.dms(who)].slice(-3).map((message) => message.text);
  return `${who} has the form ${modal?.id}/${modal?.hash}: ${textOf(modal?.blocks ?? [])} ${JSON.stringify(modal?.errors)}, and heard:\n${said.join('\n')}`;
}
