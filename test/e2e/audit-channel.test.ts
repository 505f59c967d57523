import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Target } from '../../src/sandbox/target.ts';
import { textOf } from '../../src/sandbox/workspace/elements.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import type { Workspace } from '../../src/sandbox/workspace/workspace.ts';
import { startBot } from '../support/bot-process.ts';
import { labelOf } from '../support/insist.ts';
import { type Stage, startSharedTarget, startStage } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';

const TIME_LIMIT_MS = 180_000;
const PATIENCE_MS = 60_000;
/** Where the timelines stand. */
const AUDIT = 'access-audit';
/** How many roles there are that nobody has to be asked for. */
const ROLES = 8;

const POLICY = `
apiVersion: elevate/v1
defaults: { channel: "#access" }
channels: { audit: "#${AUDIT}" }
groups:
  dba: { slack_usergroup: dba }
  developers: { slack_usergroup: developers }
connectors:
  orders-pg: { type: postgres, url: "\${ORDERS_DB_URL}" }
resources:
  orders-db: { connector: orders-pg, environment: production, owners: [dba] }
role_templates:
  - name: one of many
    each: { number: [${Array.from({ length: ROLES }, (_, index) => `"${index}"`)}] }
    roles:
      "orders-db/read-<number>":
        entitlement: { role: orders_read }
        subject: requester.email.split("@")[0]
        rules: [{ name: developers, when: '"developers" in requester.groups', then: approve }]
roles:
  orders-db/admin:
    entitlement: { role: orders_admin }
    subject: requester.email.split("@")[0]
    rules: [{ name: developers, when: '"developers" in requester.groups', then: { require: [{ from: [dba] }] } }]
`;

let target: Target;
let folder: string;
let policy: string;
beforeAll(async () => {
  target = await startSharedTarget();
  folder = await mkdtemp(join(tmpdir(), 'elevate-audit-'));
  policy = join(folder, 'policy.yaml');
  await writeFile(policy, POLICY);
}, 90_000);
afterAll(async () => {
  await target.stop();
  await rm(folder, { recursive: true, force: true });
});

let world: World | undefined;
let stage: Stage | undefined;
afterEach(async () => {
  await world?.stop();
  await stage?.teardown.run();
  world = undefined;
  stage = undefined;
});

describe('many requests at once in one audit channel', () => {
  it(
    'each has one head, and under it all of its lines and no others, though Slack says again and again to slow down',
    async () => {
      const { workspace } = await open();
      const channel = workspace.channel(AUDIT).id;
      for (const after of [0, 3, 9, 20]) {
        workspace.failNext('chat.postMessage', { status: 429, retryAfterSeconds: 1, channel, after });
      }
      await askAll(workspace);
      const heads = await whole(workspace, ROLES * 2);
      expect(heads).toHaveLength(ROLES * 2);
      expect(heads.filter(saysAgain)).toEqual([]);
      const lines = heads.flatMap((head) => linesUnder(workspace, head));
      expect(lines.filter((line) => line.includes('Slack did not tell'))).toEqual([]);
      // Every line is told once, and each request's are together under its own head.
      expect(new Set(lines.map((line) => line.split(' · ')[2])).size).toBe(ROLES * 2);
      expect(new Set(lines).size).toBe(lines.length);
    },
    TIME_LIMIT_MS,
  );

  it(
    'no line is lost where Slack loses its answers; a head or a line that may stand there twice says so',
    async () => {
      const { workspace } = await open();
      const channel = workspace.channel(AUDIT).id;
      // Some of them meet a head, most of them a line.
      for (const after of [0, 1, 5, 6, 7, 12]) {
        workspace.failNext('chat.postMessage', { afterEffect: true, channel, after });
      }
      await askAll(workspace);
      const heads = await whole(workspace, ROLES * 2);
      expect(workspace.faultsMet(['chat.postMessage'])).toBe(6);
      for (const head of heads) {
        const told = linesUnder(workspace, head);
        const twice = told.filter((line, index) => numberOf(line) === numberOf(told[index - 1]));
        expect(twice.filter((line) => !line.includes('Slack did not tell whether this line arrived'))).toEqual([]);
      }
      const all = headsIn(workspace);
      // Of two heads of one request, the later one is kept up to date and says that there may be another.
      expect(all.length - heads.length).toBe(heads.filter(saysAgain).length);
      expect(all.length + all.flatMap((head) => linesUnder(workspace, head)).length).toBe(6 + shouldStand(heads));
    },
    TIME_LIMIT_MS,
  );
});

describe('an audit channel that takes nothing', () => {
  it(
    'holds up neither the card nor the access nor its end, and gets all of it when it is back',
    async () => {
      const { workspace, target: orders, advance } = await open();
      const channel = workspace.channel(AUDIT).id;
      const fault = { error: 'is_archived', channel, times: Number.POSITIVE_INFINITY };
      workspace.failNext('chat.postMessage', fault);
      workspace.failNext('chat.update', fault);
      await workspace.user('dev').command('/elevate orders-db/admin 1h moving a table', { channel: 'access' });
      const card = () => workspace.messages('access').find((each) => textOf(each.blocks).includes('moving a table'));
      const says = (words: string) =>
        workspace.waitFor(() => textOf(card()?.blocks ?? []).includes(words), { what: words, timeoutMs: PATIENCE_MS });
      await says('May decide now');
      await workspace.user('dba').click(card() ?? fail(), (element) => labelOf(element) === 'Approve');
      await workspace.waitFor(() => orders.holds('dev'), { what: 'the access', timeoutMs: PATIENCE_MS });
      await says('*Live*');
      advance(3_601);
      await workspace.waitFor(async () => !(await orders.holds('dev')), { what: 'the end', timeoutMs: PATIENCE_MS });
      await says('*Ended*');
      expect(headsIn(workspace)).toEqual([]);
      // Without a security channel it is told where the cards are.
      await workspace.waitFor(
        () => workspace.messages('access').some((each) => each.text.includes('cannot be kept in #access-audit')),
        { what: 'the news of it', timeoutMs: PATIENCE_MS },
      );
      workspace.clearFaults();
      advance(600);
      await workspace.waitFor(
        () => headsIn(workspace).some((each) => linesUnder(workspace, each).at(-1)?.includes('read back as gone')),
        { what: 'the line about the end', timeoutMs: PATIENCE_MS },
      );
      const [head, ...others] = await whole(workspace, 1);
      expect(others).toEqual([]);
      expect(textOf(head?.blocks ?? [])).toContain('*Ended*');
      expect(head && saysAgain(head)).toBe(false);
    },
    TIME_LIMIT_MS,
  );
});

describe('an audit channel that is archived after requests were made', () => {
  const SECURED = POLICY.replace('channels: {', 'channels: { security: "#security",');
  const OTHER = 'data-help';

  /** Two requests whose timelines have begun; then their channel is archived, and both are approved. */
  async function archived(): Promise<World & { heal(): void; file: string }> {
    const file = join(folder, `${Date.now()}.yaml`);
    await writeFile(file, SECURED);
    world = await startWorld({ target, policy: file });
    const { workspace } = world;
    for (const who of ['dev', 'dev2']) {
      await workspace.user(who).command('/elevate orders-db/admin 1h moving a table', { channel: 'access' });
    }
    await workspace.waitFor(() => headsIn(workspace).length === 2, { what: 'two timelines', timeoutMs: PATIENCE_MS });
    const waiting = () => workspace.messages('access').filter((card) => textOf(card.blocks).includes('May decide now'));
    await workspace.waitFor(() => waiting().length === 2, { what: 'two cards', timeoutMs: PATIENCE_MS });
    const channel = workspace.channel(AUDIT).id;
    const fault = { error: 'is_archived', channel, times: Number.POSITIVE_INFINITY };
    workspace.failNext('chat.postMessage', fault);
    workspace.failNext('chat.update', fault);
    for (const card of waiting()) {
      await workspace.user('dba').click(card, (element) => labelOf(element) === 'Approve');
    }
    const live = () => workspace.messages('access').filter((card) => textOf(card.blocks).includes('*Live*'));
    await workspace.waitFor(() => live().length === 2, { what: 'both to have it', timeoutMs: PATIENCE_MS });
    return { ...world, heal: () => workspace.clearFaults(), file };
  }
  const alarms = ({ workspace }: World): string[] => workspace.messages('security').map(({ text: said }) => said);
  const told = (w: World, words: string) =>
    w.workspace.waitFor(
      () => {
        const said = alarms(w);
        if (said.some((each) => each.includes(words))) return true;
        throw new Error(`Told was:\n${said.join('\n')}`);
      },
      { what: `'${words}' in the security channel`, timeoutMs: PATIENCE_MS },
    );
  const wholeIn = (w: World, channel: string) =>
    w.workspace.waitFor(
      () => {
        const heads = w.workspace.messages(channel);
        const ends = heads.map((head) => linesUnder(w.workspace, head));
        if (heads.length === 2 && ends.every((lines) => lines.at(-1)?.includes('read back on the target')))
          return heads;
        throw new Error(`There is:\n${ends.map((lines) => lines.join('\n')).join('\n\n')}`);
      },
      { what: `two whole timelines in #${channel}`, timeoutMs: PATIENCE_MS },
    );

  it(
    'is told once in the security channel with what to do, and gets all of it when it is back, which is told too',
    async () => {
      const w = await archived();
      await told(w, 'timelines of requests cannot be kept in #access-audit');
      await told(w, 'unarchive it, or name another one in the policy');
      // Every other try fails as well, and says nothing more.
      for (let minutes = 0; minutes < 20; minutes += 5) w.advance(5 * 60);
      expect(alarms(w)).toHaveLength(1);
      w.heal();
      w.advance(10 * 60);
      await wholeIn(w, AUDIT);
      await told(w, 'kept in #access-audit again');
      expect(alarms(w)).toHaveLength(1);
    },
    TIME_LIMIT_MS,
  );

  it(
    'stands whole in the channel that the policy names instead, and both messages say why',
    async () => {
      const w = await archived();
      await told(w, 'timelines of requests cannot be kept in #access-audit');
      await writeFile(w.file, SECURED.replace(`audit: "#${AUDIT}"`, `audit: "#${OTHER}"`));
      await w.app.reloadPolicy();
      w.advance(10 * 60);
      const heads = await wholeIn(w, OTHER);
      for (const head of heads) {
        expect(textOf(head.blocks)).toContain('#access-audit, which could not be reached, so it stands in #data-help');
        expect(linesUnder(w.workspace, head).map(numberOf)).toEqual([1, 2, 3, 4, 5]);
      }
      await told(w, 'or in another channel of the policy');
      expect(alarms(w)).toHaveLength(1);
    },
    TIME_LIMIT_MS,
  );
});

describe('the channel of the cards that is archived after a request was made', () => {
  it(
    'is told in the security channel as well; people decide on their Home, and the card catches up',
    async () => {
      const file = join(folder, 'cards.yaml');
      await writeFile(file, POLICY.replace('channels: {', 'channels: { security: "#security",'));
      world = await startWorld({ target, policy: file });
      const { workspace, target: orders } = world;
      const until = (what: string, there: () => boolean | Promise<boolean>) =>
        workspace.waitFor(there, { what, timeoutMs: PATIENCE_MS });
      await workspace.user('dev').command('/elevate orders-db/admin 1h moving a table', { channel: 'access' });
      const card = () => textOf(workspace.messages('access').at(-1)?.blocks ?? []);
      await until('the card', () => card().includes('May decide now'));
      const fault = { error: 'is_archived', channel: workspace.channel('access').id, times: Number.POSITIVE_INFINITY };
      workspace.failNext('chat.postMessage', fault);
      workspace.failNext('chat.update', fault);
      await workspace.user('dba').openHome();
      const approve = (element: unknown): boolean => labelOf(element) === 'Approve';
      await until('Approve on the Home', () => textOf(workspace.home('dba')?.blocks ?? []).includes('Approve'));
      await workspace.user('dba').click('home', approve);
      await until('the access', () => orders.holds('dev'));
      const security = () => workspace.messages('security').map(({ text: said }) => said);
      await until('the news', () =>
        security().some((said) => said.includes('cards of requests cannot be shown in #access')),
      );
      expect(card()).toContain('May decide now');
      workspace.clearFaults();
      world.advance(600);
      await until('the card to be live', () => card().includes('*Live*'));
      await until('the end of the news', () => security().some((said) => said.includes('shown in #access again')));
      expect(security()).toHaveLength(1);
    },
    TIME_LIMIT_MS,
  );
});

describe('a process that is killed between a post and its note', () => {
  it.each([
    ['the head', 0],
    ['a line', 2],
  ])(
    'after %s: nothing is lost, and what may stand there twice says so',
    async (what, after) => {
      const scene = await startStage(target);
      stage = scene;
      const { workspace } = scene;
      const bot = await startBot(scene, { POLICY_PATH: policy });
      const channel = workspace.channel(AUDIT).id;
      workspace.failNext('chat.postMessage', { afterEffect: true, channel, after });
      await workspace.user('dev').command('/elevate orders-db/read-0 1h looking', { channel: 'access' });
      await workspace.waitFor(() => workspace.faultsMet(['chat.postMessage']) === 1, {
        what: 'the post that is not heard of',
        timeoutMs: PATIENCE_MS,
      });
      await bot.kill();
      await startBot(scene, { POLICY_PATH: policy });
      const [head] = await whole(workspace, 1);
      expect(head && saysAgain(head)).toBe(what === 'the head');
      const twice = head ? linesUnder(workspace, head).filter((line) => line.includes('Slack did not tell')) : [];
      expect(twice).toHaveLength(what === 'the head' ? 0 : 1);
      expect(headsIn(workspace)).toHaveLength(what === 'the head' ? 2 : 1);
    },
    TIME_LIMIT_MS,
  );
});

async function open(): Promise<World> {
  world = await startWorld({ target, policy });
  return world;
}

/** Everything there is to ask for, by two people, at once. */
const askAll = (workspace: Workspace) =>
  Promise.all(
    ['dev', 'dev2'].flatMap((person) =>
      Array.from({ length: ROLES }, (_, index) =>
        workspace.user(person).command(`/elevate orders-db/read-${index} 1h looking at it`, { channel: 'access' }),
      ),
    ),
  );

/** The heads that are kept up to date, once there are so many, and under each the numbers from 1 to its newest line without a gap. */
async function whole(workspace: Workspace, count: number): Promise<Message[]> {
  return workspace.waitFor(
    () => {
      const kept = headsIn(workspace).filter((head) => {
        const told = linesUnder(workspace, head);
        const numbers = [...new Set(told.map(numberOf))];
        const last = told.at(-1) ?? '';
        const settled = ['read back on the target', 'read back as gone'].some((words) => last.includes(words));
        return settled && numbers.every((number, index) => number === index + 1);
      });
      if (kept.length === count) return kept;
      throw new Error(`There are ${kept.length} of ${headsIn(workspace).length}`);
    },
    { what: `${count} whole timelines`, timeoutMs: PATIENCE_MS },
  );
}

/** What stands in the channel when everything is told once: a head and its lines for each. */
const shouldStand = (heads: readonly Message[]): number => heads.length * (1 + LINES_OF_EACH);
/** Asked, approved, being set up, granted. */
const LINES_OF_EACH = 4;

const headsIn = (workspace: Workspace): Message[] => workspace.messages(AUDIT);
const linesUnder = (workspace: Workspace, head: Message): string[] => workspace.thread(head).map((line) => line.text);
const numberOf = (line: string | undefined): number => Number(line?.split(' · ')[0]);
const saysAgain = (head: Message): boolean => textOf(head.blocks).includes('An earlier message of this timeline');
const fail = (): never => {
  throw new Error('There is no card');
};
